"""Pipes of a live run: what is behind a line that is no socket, and the file object that a program has of it."""

from __future__ import annotations

import errno
import io
import os
from typing import TYPE_CHECKING, Any

from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from detrun.live.descriptors import Descriptors

_read, _write, _close = swap.twin(os.read), swap.twin(os.write), swap.twin(os.close)
_set_blocking = swap.twin(os.set_blocking)


class Pipe:
    """A descriptor of the system's, with those methods of a socket by which the edge reads, sends and closes.

    It is nothing until it is opened, and never is at replay.
    """

    def __init__(self) -> None:
        self._fd = -1
        # A child that is given a descriptor expects that it waits: so it is only changed once the run itself uses it.
        self._waits = True

    def become(self, fd: int) -> None:
        """Stand for this descriptor."""
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def recv(self, size: int) -> bytes:
        self._prepare()
        data: bytes = _read(self._fd, size)
        return data

    def send(self, data: bytes) -> int:
        self._prepare()
        return int(_write(self._fd, data))

    def settimeout(self, _: float | None) -> None:
        """It never waits: who cannot go on is told."""

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd != -1:
            _close(fd)

    def __del__(self) -> None:
        self.close()

    def _prepare(self) -> None:
        if self._waits:
            if self._fd == -1:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            _set_blocking(self._fd, False)  # noqa: FBT003  # as `os` has it
            self._waits = False


class PipeFile(io.RawIOBase):
    """What `open` gives for a descriptor of a run, below buffers and text."""

    def __init__(self, system: Descriptors, fd: int, mode: str, *, closefd: bool) -> None:
        self.name, self.mode, self.closefd = fd, mode, closefd
        self._system = system
        self._fd = fd

    def fileno(self) -> int:
        self._check_open()
        return self._fd

    def isatty(self) -> bool:
        return bool(self._system.isatty(self.fileno()))

    def readable(self) -> bool:
        return "r" in self.mode or "+" in self.mode

    def writable(self) -> bool:
        return "r" not in self.mode or "+" in self.mode

    def readinto(self, buffer: Any) -> int | None:
        with memoryview(buffer) as whole, whole.cast("B") as view:
            try:
                data = self._system.read(self.fileno(), len(view))
            except BlockingIOError:
                return None
            view[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int | None:
        try:
            return self._system.write(self.fileno(), data)
        except BlockingIOError:
            return None

    def close(self) -> None:
        if not self.closed:
            super().close()
            if self.closefd:
                self._system.drop(self._fd)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")


class Adopted:
    """A file of the process whose descriptor is the run's: asyncio's transports of pipes read and write that."""

    def __init__(self, system: Descriptors, pipe: Any, fd: int) -> None:
        self._system = system
        self._pipe = pipe
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        self._system.drop(self._fd)
        self._pipe.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipe, name)


def opened(  # noqa: PLR0917  # as `open` has them
    system: Descriptors,
    fd: int,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,  # noqa: FBT001, FBT002
) -> Any:
    """A file object for a descriptor of the run, as `open` makes it."""
    raw = PipeFile(system, fd, mode.replace("b", "").replace("t", ""), closefd=closefd)
    if buffering == 0:
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    made: Any = io.BufferedReader(raw, size) if raw.readable() else io.BufferedWriter(raw, size)
    if raw.readable() and raw.writable():
        made = io.BufferedRWPair(raw, raw, size)
    if "b" in mode:
        return made
    text = io.TextIOWrapper(made, encoding, errors, newline, line_buffering=buffering == 1)
    text.mode = mode  # type: ignore[misc]
    return text
