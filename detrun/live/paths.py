"""Paths of Unix sockets, as asyncio's servers look at them and remove them: at replay nobody's socket is touched."""

from __future__ import annotations

import os
from asyncio import unix_events
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from detrun.journal.entries import InputKind
from detrun.live.encoding import decoded, encoded
from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable


class _System:
    """What `os` is for asyncio's part that is about Unix: the same, but for what is asked of paths in a live run."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def stat(self, path: Any) -> Any:
        """What a server wants to know of the path that it binds."""
        mode, inode = _asked(_mode_and_inode, path)
        return SimpleNamespace(st_mode=mode, st_ino=inode)

    def remove(self, path: Any) -> None:
        """Make room for a new socket, or leave none behind."""
        _asked(os.remove, path)

    unlink = remove


def catch() -> None:
    """Have asyncio ask here. Outside a live run it is answered as ever."""
    vars(unix_events)["os"] = _SYSTEM


def _asked(question: Callable[[Any], Any], path: Any) -> Any:
    engine: Any = ACTIVE.engine
    edge = getattr(engine, "edge", None)
    if edge is None:
        return question(path)
    return decoded(edge.ask(InputKind.SOCKET, engine.network.origin, lambda: encoded(question(path))))


def _mode_and_inode(path: Any) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_mode, found.st_ino


_SYSTEM = _System()
