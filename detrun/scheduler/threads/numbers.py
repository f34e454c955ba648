"""Futures of pools and threads: inside a run they are numbered, and hash by number instead of by address.

`concurrent.futures` and programs keep them in sets, and walk those.
"""

from __future__ import annotations

import builtins
import threading
from concurrent.futures import Future, _base
from typing import Any

from detrun.scheduler.active import ACTIVE

_by_address = object.__hash__


def catch() -> None:
    """Have them hash by number; once per process. Outside a run they hash as ever."""
    for cls in (Future, threading.Thread):
        setattr(cls, "__hash__", _hash)  # noqa: B010  # types forbid to assign it
    # What `_base` sorts futures by before it locks them all.
    vars(_base)["id"] = _id


def _hash(self: Any) -> int:
    try:
        return int(self._number)
    except AttributeError:
        engine = ACTIVE.engine
        # Kept in either case: what was hashed outside is found again inside.
        self._number = number = _by_address(self) if engine is None else next(engine.baton.numbers)
        return number


def _id(thing: Any, /) -> int:
    return builtins.id(thing) if ACTIVE.engine is None else hash(thing)
