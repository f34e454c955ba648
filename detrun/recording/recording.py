"""A run as entries of a journal. It knows nothing of files."""

from __future__ import annotations

import sys
from array import array
from asyncio import futures
from typing import TYPE_CHECKING, Protocol

from detrun.errors import LimitReached
from detrun.journal.entries import InputKind, Phase
from detrun.model import BEGINNING
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.threads.thread import Thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from detrun.journal.recorder import Recorder
    from detrun.model import Decision, EventId
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery

TIMERS = {
    futures._set_result_unless_cancelled.__name__: "sleep",  # type: ignore[attr-defined]
    "_release_waiter": "timeout",
    "Timeout._on_timeout": "timeout",
}
"""What timers of asyncio's own are for, by the name of what they call."""
_LOWER_HALF = 0xFFFF
# So many looks at the digest are written at once: what is lost with the process, the seed brings back.
_CALM = 16


def _nothing() -> None:
    """Write nothing in between."""


class Names(Protocol):
    """Whoever knows better what events are called."""

    def name(self, event: EventId) -> str:
        """What this one is called, whether it has happened or not."""


class Recording:
    """Notes what happens in a run, in the order in which it does.

    Decisions that a seed makes again are not noted.
    """

    def __init__(
        self,
        recorder: Recorder,
        flush: Callable[[], None],
        *,
        decisions: bool,
        names: Names | None = None,
        write: Callable[[], None] = _nothing,
    ) -> None:
        self._recorder = recorder
        self._flush, self._write = flush, write
        self._keeps_decisions = decisions
        self._names = names
        self._marks = array("H")
        self._checks = 0
        self._most: int | None = None
        self.engine: Engine | None = None
        self.sent = recorder.message

    def begin(self, engine: Engine) -> None:
        self.engine = engine
        if self._most is not None:
            engine.hasten()

    def fill_up(self, most: int) -> None:
        """There is no room for much more than this many bytes: end the run as soon as that can be done."""
        self._most = most
        if self.engine is not None:
            self.engine.hasten()

    def full(self) -> LimitReached | None:
        if self._most is None:
            return None
        assert self.engine is not None
        most, self._most = self._most, None
        # An input like others: a replay ends there, and unwinds as this run does from here on.
        self._recorder.received(self.engine.trace.step, InputKind.CONTROL, BEGINNING, 0, b"%d" % most)
        return filled(most)

    def happens(self, event: Delivery | Thread) -> None:
        engine = self.engine
        assert engine is not None
        trace = engine.trace
        # A thread has another id as soon as it goes on.
        name = event.path or named(event) if self._names is None else self._names.name(trace.last)
        self._recorder.happens(trace.step, event.id, name, engine.clock.now)

    def moved(self, generation: int, phase: int, name: str, sources: Mapping[str, bytes], reason: str) -> None:
        assert self.engine is not None
        step = self.engine.trace.step
        self._recorder.generation_moved(step, generation, Phase(phase), name=name, sources=sources, reason=reason)

    def decided(self, decision: Decision) -> None:
        if self._keeps_decisions:
            name = 0 if self._names is None else self._recorder.name(self._names.name(decision.event))
            self._recorder.decided(decision, name)

    def mark(self, digest: int) -> None:
        self._marks.append(digest & _LOWER_HALF)

    def checked(self) -> None:
        assert self.engine is not None
        trace = self.engine.trace
        self._recorder.checked(trace.step, trace.digest, self.engine.clock.now, self._taken())
        self._checks += 1
        if self._checks % _CALM == 1:
            self._flush()
        else:
            self._write()

    def _taken(self) -> bytes:
        """The marks since this was asked last."""
        if sys.byteorder == "big":
            self._marks.byteswap()
        marks = self._marks.tobytes()
        del self._marks[:]
        return marks


def filled(most: int) -> LimitReached:
    """What ends a run whose journal may not grow any more."""
    return LimitReached("bytes of journal", most, "raise it with --max-journal; up to here it can be replayed")


def named(event: Delivery | Thread) -> str:
    """What a person calls the kind of event that this is."""
    if event.path:
        return event.path
    if isinstance(event, Thread):
        return event.name
    if not isinstance(event, TimerHandle):
        return ""
    call = event.call[0]
    name = getattr(call, "__qualname__", type(call).__qualname__)
    return f"{event.home.name}/{TIMERS.get(name) or f'timer of {name}'}"
