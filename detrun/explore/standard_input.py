"""Standard input for many runs of one process, and of those that it forks: each reads it from its beginning.

What a run has read is kept for the others, and nobody reads further than some run does: it need not have an end.
"""

from __future__ import annotations

import fcntl
import io
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer


def share() -> None:
    """From now on let each run of this process read standard input anew, unless somebody types it."""
    real = sys.stdin
    try:
        number = real.fileno()
    except (AttributeError, OSError, ValueError):
        return  # there is none, or none that could be read again
    if not (isinstance(real, _Shared) or os.isatty(number)):
        sys.stdin = _Shared(real, number)


class _Shared:
    """Stands for `sys.stdin`: that of the run that asks."""

    def __init__(self, real: Any, number: int) -> None:
        self._real = real  # whose end would close the descriptor
        self._source = io.FileIO(number, closefd=False)
        # Of all processes: they share what was read, as they share the descriptor.
        self._kept = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # it is there for as long as the process
        self._run: object = None
        self._text = self._anew()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of_run(), name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._of_run())

    def __next__(self) -> str:
        return next(self._of_run())

    def _of_run(self) -> io.TextIOWrapper:
        if ACTIVE.engine is not self._run:
            self._run, self._text = ACTIVE.engine, self._anew()
        return self._text

    def _anew(self) -> io.TextIOWrapper:
        tape = io.BufferedReader(_Tape(self._source, self._kept))
        return io.TextIOWrapper(tape, self._real.encoding, self._real.errors)


class _Tape(io.RawIOBase):
    """What was read by anybody, from its beginning, and then what nobody has read."""

    def __init__(self, source: io.FileIO, kept: io.FileIO) -> None:
        self._source = source
        self._kept = kept
        self._place = 0

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._source.fileno()

    def readinto(self, buffer: WriteableBuffer) -> int:
        # Only one at a time, or what one has read would be kept in the place of what another has.
        fcntl.lockf(self._kept, fcntl.LOCK_EX)
        try:
            self._kept.seek(self._place)
            count = self._kept.readinto(buffer)
            if not count:
                count = self._source.readinto(buffer) or 0
                self._kept.write(memoryview(buffer)[:count])
        finally:
            fcntl.lockf(self._kept, fcntl.LOCK_UN)
        self._place += count
        return count
