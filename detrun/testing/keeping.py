"""Failures that are kept as tests: what was found is tried again, by name, with the code of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.explore.attempt import Attempts
from detrun.explore.kept import KeptPlan, resolved
from detrun.explore.portfolio import FOREVER
from detrun.explore.quiet import silence
from detrun.explore.trial import Trials
from detrun.model import SLACK
from detrun.testing.loading import Loader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from detrun.explore.attempt import Attempt


class Back(AssertionError):
    """A kept failure is back, or another one is in its place."""

    is_told = True


class Kept:
    """A failure in the names of its events: `holds` are pairs of what waits and until what.

    `without` are the tasks and requests that are left out.
    """

    def __init__(
        self,
        target: str,
        *,
        root: Path,
        failure: str = "",
        holds: Iterable[tuple[str, str]] = (),
        faults: Iterable[tuple[str, int]] = (),
        without: Iterable[str] = (),
        kinds: Iterable[str] = (),
        entropy: int = 0,
        level: int = 1,
        slack: int = SLACK,
        delay: int | None = SLACK,
        arguments: Sequence[str] = (),
        journal: str | None = None,
    ) -> None:
        self.target = target
        self.failure = failure
        # What was recorded then; it replays whatever the code is today.
        self.journal = journal
        longest = FOREVER if delay is None else delay
        self.plan = KeptPlan(tuple(holds), tuple(faults), tuple(kinds), entropy, level, slack, longest, tuple(without))
        self._load = Loader(target, root, arguments)

    def check(self) -> None:
        """Raise `Back` if it fails, and `Stale` if the program has no such events any more."""
        __tracebackhide__ = True
        with self._load.surroundings(), silence():
            attempt = self._attempt()
        if attempt.failure is not None:
            raise Back(self._told(attempt))

    def _attempt(self) -> Attempt:
        trials = Trials(lambda level: Attempts(self._load, level=level))
        return trials(resolved(trials, self.plan)).attempt

    def _told(self, attempt: Attempt) -> str:
        failure = attempt.failure
        assert failure is not None
        same = not self.failure or failure.message.startswith(self.failure)
        head = "it fails again" if same else f"it fails, though not as it did ({self.failure})"
        story = "".join(f"\n  {event}\n    waits until {until}" for event, until in self.plan.holds)
        traceback = (failure.traceback or failure.message).rstrip()
        return f"{head}: {failure.message}{story}\n{traceback}"
