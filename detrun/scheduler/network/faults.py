"""Faults, most of them of the network: choice points of their own, whose default is that nothing goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.model import EventId
from detrun.scheduler.world.jumps import Jumps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detrun.scheduler.clock import Clock
    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.scheduler.trace import Trace

KINDS = {
    "split": "a chunk arrives in two parts",
    "merge": "a chunk arrives together with the next",
    "delay": "a chunk, and what follows it, arrives later than anybody expects",
    "reset": "a connection breaks when a chunk should arrive",
    "refuse": "a connection is refused though somebody listens",
    "unreachable": "a connection finds no way to its host",
    "lose": "a datagram is lost",
    "duplicate": "a datagram arrives twice",
    "resolve": "the name server has no answer for the moment",
    "thread": "a thread cannot be started",
    "jump": "the time of day jumps",
    "crash": "a generation of a worker is gone from one moment to the next",
    "reload": "a worker is loaded again, and its generation replaced",
    "hang-up": "clients of an application hang up on what they have asked",
}
_NUMBERS = {kind: number for number, kind in enumerate(KINDS, start=1)}


_NONE: frozenset[str] = frozenset()


def checked(kinds: Iterable[str]) -> frozenset[str]:
    """These kinds, all of which there are."""
    if not kinds:
        return _NONE
    asked = frozenset([kinds] if isinstance(kinds, str) else kinds)
    if unknown := sorted(asked - KINDS.keys()):
        raise UsageError(f"expected faults out of {', '.join(KINDS)}, got {unknown[0]!r}")
    return asked


class Faults:
    """What may go wrong in a run, and how often it did."""

    def __init__(self, kinds: Iterable[str], strategy: Strategy, trace: Trace, clock: Clock | None = None) -> None:
        self.kinds = checked(kinds)
        self.happened: dict[str, int] = {}
        self._strategy = strategy
        self._trace = trace
        # By what is asked about, so that a question is the same one whatever else is asked in the run.
        self._asked: dict[int, int] = {}
        if clock is not None and "jump" in self.kinds:
            trace.observers.append(Jumps(self, clock, trace).happen)

    def ask(self, kind: str, key: int, options: int = 2) -> int:
        """Whether something goes wrong with what has this key, and how: 0 when it does not, or may not."""
        if kind not in self.kinds:
            return 0
        about = hash((key, _NUMBERS[kind]))
        self._asked[about] = self._asked.get(about, 0) + 1
        question = EventId((about, self._asked[about]))
        answer = self._strategy.answer(self._trace.step, question, options)
        if answer:
            self._trace.note(question)
            self._trace.decide(self._trace.step, question, answer)
            self.happened[kind] = self.happened.get(kind, 0) + 1
        return answer
