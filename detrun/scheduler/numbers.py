"""What hashes by number inside a run instead of by address: futures of pools, threads, connections, queues, locks.

asyncio, libraries and programs keep these in sets, and walk those: to wait, to close, to tell everybody.
"""

from __future__ import annotations

import asyncio
import builtins
import threading
from asyncio import selector_events
from concurrent.futures import Future, _base
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_by_address = object.__hash__
_CLASSES = (
    *(Future, threading.Thread),
    *(asyncio.Queue, asyncio.Event, asyncio.Lock, asyncio.Condition, asyncio.Semaphore),
    *(asyncio.StreamReader, asyncio.StreamWriter, asyncio.BaseProtocol, vars(selector_events)["_SelectorTransport"]),
)
# By module, once that is imported; what is derived from these is numbered too.
_LATER = {
    "aiohttp.client_ws": "ClientWebSocketResponse",
    "aiohttp.web_response": "StreamResponse",
    "starlette.requests": "HTTPConnection",
    "websockets.asyncio.connection": "Connection",
}


def catch() -> None:
    """Have them hash by number; once per process. Outside a run they hash as ever."""
    for cls in _CLASSES:
        _number(cls)
    # What `_base` sorts futures by before it locks them all.
    vars(_base)["id"] = _id


def later() -> dict[str, Callable[[ModuleType], None]]:
    """What has to be done to modules once they are imported."""
    return {name: lambda module: _number(vars(module)[_LATER[module.__name__]]) for name in _LATER}


def _number(cls: Any) -> None:
    setattr(cls, "__hash__", _hash)  # noqa: B010  # types forbid to assign it


def _hash(self: Any) -> int:
    try:
        return int(self._detrun_number)
    except AttributeError:
        engine = ACTIVE.engine
        number = _by_address(self) if engine is None else next(engine.baton.numbers)
    try:
        # Kept in either case: what was hashed outside is found again inside.
        self._detrun_number = number
    except AttributeError:  # a class with nothing but slots
        return _by_address(self)
    return number


def _id(thing: Any, /) -> int:
    return builtins.id(thing) if ACTIVE.engine is None else hash(thing)
