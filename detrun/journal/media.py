"""Where a journal's bytes are read from: a file, or memory. Knows nothing of what they mean."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from detrun.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path


# A journal has many small blocks, and a call of the system costs as much as reading one of them.
_AHEAD = 128 * 1024


class Medium(Protocol):
    """Bytes that may become more."""

    name: str

    def size(self) -> int:
        """How many there are by now."""

    def read(self, offset: int, count: int) -> bytes:
        """So many from there on, or as many as there are."""


class File:
    """A file that only grows, opened for reading only. Who reads on from where it was is given what was read ahead."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        # What was read last, and where it begins.
        self._window, self._begin = b"", 0
        try:
            # Not to wait, if somebody gives us a pipe: of that nothing can be read from its middle.
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise JournalError(f"expected a journal, found no file {path}") from error
        except OSError as error:
            raise JournalError(f"the journal {path} cannot be opened: {(error.strerror or '').lower()}") from error

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def read(self, offset: int, count: int) -> bytes:
        place = offset - self._begin
        end = place + count
        if place < 0 or end > len(self._window):
            follows = 0 <= place <= len(self._window) + _AHEAD
            self._window, self._begin = self._read(offset, count + _AHEAD if follows else count), offset
            place, end = 0, count
        return self._window[place:end]

    def _read(self, offset: int, count: int) -> bytes:
        try:
            return os.pread(self._descriptor, count, offset)
        except OSError as error:
            raise JournalError(f"the journal {self.name} cannot be read: {(error.strerror or '').lower()}") from error

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)


class Memory:
    """Bytes that somebody has."""

    name = "memory"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def size(self) -> int:
        return len(self._data)

    def read(self, offset: int, count: int) -> bytes:
        return self._data[offset : offset + count]
