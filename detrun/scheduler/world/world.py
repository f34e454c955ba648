"""The world of one run: when it begins, what it draws from, and what its program finds around it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from detrun.errors import UsageError
from detrun.scheduler.clock import BIRTHDAY
from detrun.scheduler.world.entropy import Entropy
from detrun.scheduler.world.environment import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.trace import Trace

# A number that no process has, on any system: whoever sends it a signal by a way that we do not know hits nobody.
PID = 4_242_424
CPUS = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Years that leave a run room to last, and its dates to be told.
_FIRST, _LAST = 1970, 9000


class World:
    """What a program reads that is neither of its own making nor of the network's."""

    pid = PID
    parent_pid = PID - 1
    cpus = CPUS

    def __init__(self, begin: int = BIRTHDAY, entropy: str | Entropy = "seeded", seed: int = 0) -> None:
        self.begin = begin
        self.entropy = Entropy(entropy, seed) if isinstance(entropy, str) else entropy
        self.environment = snapshot()
        # What `tempfile`, `uuid` and numpy would keep longer than a run.
        self.temporary: str | None = None
        self.last_stamp = 0
        self.arrays: Any = None
        self._borrowed: dict[str, Callable[[], object]] = {}

    def enter(self, trace: Trace) -> None:
        """Be the world of the run that this is the trace of."""
        self.entropy.enter(trace)

    def leave(self) -> None:
        """The run is over: what it changed of the process becomes what it was."""
        for restore in self._borrowed.values():
            # A directory may be gone.
            with suppress(OSError):
                restore()

    def borrow(self, what: str, look: Callable[[], Callable[[], object]]) -> None:
        """The program is about to change what the whole process shares: look at it, and have a way to put it back."""
        if what not in self._borrowed:
            self._borrowed[what] = look()


def moment(given: str | datetime) -> int:
    """The nanoseconds since the epoch of a moment that somebody named; without a zone it is meant in UTC."""
    try:
        named = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise UsageError(f"expected a start time such as 2026-01-31T12:00:00, got {given!r}") from error
    if not isinstance(named, datetime):
        raise UsageError(f"expected a start time that is a string or a datetime, got {given!r}")
    if not _FIRST < named.year < _LAST:
        raise UsageError(f"expected a start time after the year {_FIRST} and before {_LAST}, got {given!r}")
    placed = named if named.tzinfo is not None else named.replace(tzinfo=UTC)
    return (placed - _EPOCH) // _MICROSECOND * 1_000
