"""The lines that `linecache` shows of an application's files: those that the generation in place was loaded from.

Tracebacks, `inspect` and `pdb` ask `linecache` by the path of a file, which two generations share. So what it has for
such a path is no list of lines but asks, each time, whose they are: those of the generation that is in place, or else
of the latest that has the file and is still there.
"""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

from detrun.runtime.modules.table import IN_PLACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detrun.runtime.modules.source import Source

    Pinned = dict[str, Source]

# Who has a file, the latest last.
_holders: dict[str, list[Pinned]] = {}
_LINES = 2


class _Entry(tuple[Any, ...]):
    """An entry of `linecache` that is asked for its lines anew each time. Without a time, it is never out of date."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        return _lines(self[-1]) if index == _LINES else super().__getitem__(index)


def pin(pinned: Pinned, source: Source) -> None:
    """Show the lines of this file as whoever has these sources was loaded from."""
    file = source.file
    if file not in pinned:
        _holders.setdefault(file, []).append(pinned)
    pinned[file] = source
    if type(linecache.cache.get(file)) is not _Entry:
        linecache.cache[file] = _Entry((len(source.data), None, [], file))


def unpin(pinned: Pinned) -> None:
    """Whoever has these sources is gone: where nobody has a file, the disk is shown again."""
    for file in pinned:
        holders = [holder for holder in _holders[file] if holder is not pinned]
        if holders:
            _holders[file] = holders
        else:
            del _holders[file]
            linecache.cache.pop(file, None)
    pinned.clear()


def pinned_files() -> Iterable[str]:
    """The files whose lines are shown from a generation's sources."""
    return _holders.keys()


def _lines(file: str) -> list[str]:
    table = IN_PLACE.table
    source = None if table is None else table.pinned.get(file)
    if source is None and file in _holders:
        source = _holders[file][-1][file]
    return [] if source is None else source.lines()
