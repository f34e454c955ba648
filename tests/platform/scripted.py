"""A detrun loop whose clock is a script, in the place of the loop that CPython's tests make for themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, cast

from detrun.scheduler.clock import SECOND, Clock
from detrun.scheduler.contexts import Context
from detrun.scheduler.loop import Loop

Script = Callable[[], Generator[Any, Any, Any]]


_NOW: Any = vars(Clock)["now"]


class ScriptedClock(Clock):
    """A clock that only a script moves: what the engine and its strategy would have it say, it does not say."""

    __slots__ = ()

    @property
    def now(self) -> int:
        return int(_NOW.__get__(self))

    @now.setter
    def now(self, instant: int) -> None:
        pass

    def show(self, seconds: float) -> None:
        """Say this from now on, and a nanosecond more: a timer is due when its deadline has come."""
        _NOW.__set__(self, int(seconds * SECOND) + 1)


class ScriptedLoop(Loop):
    """A loop that tells its script the deadline of each timer, and is told how much later it is then.

    CPython's `TestLoop` keeps the same promises; its time begins at zero, and stands still while callbacks run.
    """

    # What the tests' cleanup asks of the loop that it closes.
    _default_executor = None

    def begin(self, home: Context, script: Script | None) -> ScriptedLoop:
        """Be the loop of this context, with this script."""
        self._begin(home)
        self._script = (script or _silent)()
        self._finished = script is None
        self._seconds: float = 0
        self._armed: list[float] = []
        next(self._script)
        return self

    def time(self) -> float:
        return self._seconds

    def advance_time(self, seconds: float | None) -> None:
        """Let it be so much later."""
        self._seconds += seconds or 0
        if isinstance(self._clock, ScriptedClock):
            self._clock.show(self._seconds)

    def run_forever(self) -> None:
        with _scripted(self._clock) as clock:
            clock.show(self._seconds)
            super().run_forever()

    def iterate(self) -> int:
        made = super().iterate()
        armed, self._armed = self._armed, []
        for when in armed:
            self.advance_time(self._script.send(when))
        return made

    def close(self) -> None:
        super().close()
        if not self._finished:
            self._finished = True
            self._end()

    def _end(self) -> None:
        try:
            self._script.send(0)
        except StopIteration:
            return
        raise AssertionError("expected the script to be at its end when the loop is closed, got another step of it")

    def arm(self, when: float, *rest: Any) -> Any:
        self._armed.append(when)
        return super().arm(when, *rest)

    def _run_once(self) -> None:
        self.stop()
        self.run_forever()

    @property
    def _ready(self) -> Any:
        return self.ready


def scripted(script: Script | None = None) -> ScriptedLoop:
    """A new loop of the run that this is called in, with a scripted clock."""
    home = new_loop().home
    home.loop = loop = ScriptedLoop().begin(home, script)
    return loop


def new_loop() -> Any:
    """A new loop of the run that this is called in."""
    # Not `asyncio.new_event_loop`, which asks the policy: a test's own policy asks here.
    return asyncio.DefaultEventLoopPolicy._loop_factory()  # type: ignore[attr-defined]


@contextmanager
def _scripted(clock: Clock) -> Iterator[ScriptedClock]:
    """The clock of a run while only the script of one loop may move it; the run's other loops go on without."""
    before = clock.now
    clock.__class__ = ScriptedClock
    try:
        yield cast("ScriptedClock", clock)
    finally:
        clock.__class__ = Clock
        clock.now = before


def _silent() -> Generator[Any, Any, Any]:
    yield
