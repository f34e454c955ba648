"""What is in a directory, in an order that does not depend on its past: `glob`, `os.walk` and `pathlib` ask here."""

from __future__ import annotations

import os
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Scan:
    """As what `os.scandir` gives, but in this order: an iterator that can be closed, and closes itself as a context."""

    def __init__(self, entries: list[os.DirEntry[Any]]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[os.DirEntry[Any]]:
        return self

    def __next__(self) -> os.DirEntry[Any]:
        return next(self._entries)

    def __enter__(self) -> Scan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give nothing any more."""
        self._entries = iter(())


def catch() -> None:
    """Put a dispatcher at both."""
    swap.builtin(os.listdir, _sorted)
    swap.builtin(os.scandir, _scanned)


def _sorted(real: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def listdir(path: Any = None) -> list[Any]:
        return real(path) if ACTIVE.engine is None else sorted(real(path))

    return listdir


def _scanned(real: Callable[..., Any]) -> Callable[..., Any]:
    def scandir(path: Any = None) -> Any:
        if ACTIVE.engine is None:
            return real(path)
        with real(path) as entries:
            return Scan(sorted(entries, key=attrgetter("name")))

    return scandir
