"""Reading a directory: all files of an application as they stood at one moment, though editors go on saving.

No file is read half, and no file is read before and another after a save: what changed while it was read is read
again, until a whole look at the directory finds nothing that is not as it was read. Times of files are for noticing
that and for nothing else.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from detrun.errors import UsageError
from detrun.scheduler.active import aside

if TYPE_CHECKING:
    from collections.abc import Iterator

IGNORED = frozenset({"__pycache__", "node_modules", "venv"})
"""Folders that no application's own files are in, beside those that are hidden."""

LARGEST = 1024 * 1024
"""Data of more bytes is left out of a snapshot."""

MOST_BYTES = 64 * 1024 * 1024
MOST_FILES = 20_000
_READINGS = 20
# Times of files are as coarse as this at worst, in nanoseconds: two changes within it may look like one.
_COARSE = 100_000_000
# Why a file or folder is none: it was removed, or a link leads nowhere or in a circle.
_NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
# What tells one state of a file from another: size, both times, and which file it is.
_Stamp = tuple[int, int, int, int]


class Taken(NamedTuple):
    """What a directory contains: files by their path in it, sorted, and the sizes of those that were left out."""

    files: dict[str, bytes]
    left_out: dict[str, int]


def ignored(name: str) -> bool:
    """Whether a file or folder of this name is none of the application's: hidden ones have secrets and caches."""
    return name.startswith(".") or name in IGNORED or name.endswith(".pyc")


def is_source(path: str) -> bool:
    """Whether a file is a module, and no data beside one."""
    return path.endswith(".py")


def take(directory: str) -> Taken:
    """Read an application's directory."""
    if not os.path.isdir(directory):
        raise UsageError(f"expected a directory with an application, got none: {directory}")
    with aside():
        return _Reading(directory).take()


class _Reading:
    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._data: dict[str, bytes] = {}
        self._stamps: dict[str, _Stamp] = {}

    def take(self) -> Taken:
        began, seen = time.time_ns(), self._look()
        for _ in range(_READINGS):
            self._read(seen)
            seen, before = self._look(), seen
            if seen == before == self._stamps and self._reads_same_again(began - _COARSE):
                return self._taken(seen)
        # Data that somebody goes on writing, a database or a log, is as good as it was when it was read last.
        moving = sorted(path for path in {*seen, *self._stamps} if seen.get(path) != self._stamps.get(path))
        if sources := [path for path in moving if is_source(path)]:
            raise UsageError(f"expected sources that stand still, got one that does not: {sources[0]!r}")
        return self._taken({path: stamp for path, stamp in seen.items() if path in self._stamps})

    def _look(self) -> dict[str, _Stamp]:
        seen = dict(sorted(_walk(self.directory, "")))
        if len(seen) > MOST_FILES:
            raise UsageError(f"expected at most {MOST_FILES:,} files, got {len(seen):,}: {self.directory}")
        if (size := sum(stamp[0] for stamp in seen.values() if stamp[0] <= LARGEST)) > MOST_BYTES:
            raise UsageError(f"expected at most {MOST_BYTES:,} bytes of files, got {size:,}: {self.directory}")
        return seen

    def _read(self, seen: dict[str, _Stamp]) -> None:
        for path in [path for path in self._stamps if path not in seen]:
            del self._stamps[path]
            self._data.pop(path, None)
        for path, stamp in seen.items():
            if self._stamps.get(path) == stamp:
                continue
            if stamp[0] > LARGEST and is_source(path):
                raise UsageError(f"expected a source of at most {LARGEST:,} bytes, got {stamp[0]:,}: {path}")
            try:
                self._data[path] = b"" if stamp[0] > LARGEST else self._bytes(path)
            except FileNotFoundError:
                continue  # an editor's temporary file: the next look does not find it
            self._stamps[path] = stamp

    def _reads_same_again(self, since: int) -> bool:
        """Whether files that changed after that are still what was read: their times do not tell."""
        same = True
        for path, stamp in list(self._stamps.items()):
            if stamp[0] <= LARGEST and max(stamp[1], stamp[2]) > since:
                try:
                    data = self._bytes(path)
                except FileNotFoundError:
                    return False
                same = same and data == self._data[path]
                self._data[path] = data
        return same

    def _bytes(self, path: str) -> bytes:
        try:
            with open(os.path.join(self.directory, path), "rb") as file:
                return file.read()
        except PermissionError as error:
            raise UsageError(f"expected a file that can be read, got {error.strerror!r}: {path}") from error

    def _taken(self, seen: dict[str, _Stamp]) -> Taken:
        left_out = {path: stamp[0] for path, stamp in seen.items() if stamp[0] > LARGEST}
        return Taken({path: self._data[path] for path in seen if path not in left_out}, left_out)


def _walk(directory: str, folder: str) -> Iterator[tuple[str, _Stamp]]:
    try:
        with os.scandir(os.path.join(directory, folder)) as entries:
            found = [entry for entry in entries if not ignored(entry.name)]
    except OSError as error:
        return _pass_over(error, folder or directory)
    for entry in found:
        path = f"{folder}{entry.name}"
        try:
            # Folders that are links are not gone into: they may lead in a circle.
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(directory, f"{path}/")
            elif stat.S_ISREG((status := os.stat(entry.path)).st_mode):
                yield path, _stamp(status)
        except OSError as error:
            _pass_over(error, path)


def _pass_over(error: OSError, path: str) -> None:
    """Go on without what is not there, any more or at all; raise for what is there and cannot be read."""
    if error.errno not in _NOWHERE:
        raise UsageError(f"expected what can be read, got {error.strerror!r}: {path}") from error


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
