"""Attempts: one schedule of a program each, run in this process as cheaply as that goes, and what became of it."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from detrun.explore.signature import Signature, signature
from detrun.explore.tracing import Tracing
from detrun.model import Answer, Plan
from detrun.scheduler import garbage
from detrun.scheduler.claims import objection
from detrun.scheduler.clock import BIRTHDAY
from detrun.scheduler.engine import Engine
from detrun.scheduler.limits import SECONDS, STEPS, Limits
from detrun.scheduler.program import ended
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.strategy import delay_of
from detrun.scheduler.verdict import judged, objected
from detrun.scheduler.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from detrun.explore.foreseeing import Point
    from detrun.explore.story import Story
    from detrun.model import Decision, EventId, Failure, Hold
    from detrun.scheduler.claims import Complaint
    from detrun.scheduler.strategies.strategy import Strategy


class Attempt:
    """What became of one schedule. `plan` is what it was asked for, if that was a plan; `story` is there if traced."""

    def __init__(
        self,
        engine: Engine,
        strategy: Strategy,
        error: BaseException | None,
        *,
        behaviour: int,
        entropy: int,
        plan: Plan | None,
        story: Story | None,
    ) -> None:
        self.plan = plan
        self.story = story
        self.behaviour = behaviour
        self.entropy = entropy
        self.steps = engine.trace.step
        self.digest = engine.trace.fingerprint()
        self.sometimes = engine.claims.sometimes
        # Whether it drew anything that another seed would have had otherwise.
        self.drew = engine.world.entropy.drew
        self.faults = dict(engine.faults.happened)
        self.kinds = tuple(sorted(engine.faults.kinds))
        self.slack, self.delay = strategy.slack, delay_of(strategy)
        self.decisions: tuple[Decision, ...] = tuple(engine.trace.decisions)
        self.released: tuple[Hold, ...] = tuple(getattr(strategy, "released", ()))
        # What came instead of what waited.
        self.overtaking: tuple[EventId, ...] = tuple(getattr(strategy, "overtaking", ()))
        # What it was asked and answered, as far as somebody took it down.
        self.path: Sequence[Point] = getattr(strategy, "path", ())
        self._error = error
        self._complaint: Complaint | None = objection(engine.claims, error, strict=True)
        self.signature: Signature | None = None
        if self._complaint is not None:
            self.signature = signature(self._complaint.kind, error, self._complaint, engine)
        elif error is not None:
            self.signature = _signature(error, engine)

    def __getstate__(self) -> dict[str, Any]:
        # What was raised belongs to the process that raised it; what is to be said of it can go anywhere.
        _ = self.verdict
        return {**vars(self), "_error": None, "_complaint": None}

    @property
    def failed(self) -> bool:
        """Whether something went wrong."""
        return self.signature is not None

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The questions that had an answer: what went wrong in the environment, and when garbage was collected."""
        return tuple(Answer(each.event, each.answer) for each in self.decisions if each.answer > 0)

    @cached_property
    def verdict(self) -> tuple[str, Failure | None, int]:
        """The outcome, the failure in words if there is one, and the exit code; made when somebody asks."""
        return judged(self._error) if self._complaint is None else objected(self._complaint)

    @property
    def outcome(self) -> str:
        """What became of it, in a word."""
        return self.verdict[0]

    @property
    def failure(self) -> Failure | None:
        """How it failed, in words."""
        return self.verdict[1]


class Attempts:
    """Makes attempts at one program. `fresh` gives the program anew for each.

    `level` is what may be permuted; `kinds` are the faults that may happen.
    """

    def __init__(
        self,
        fresh: Callable[[], Callable[[], Any]],
        *,
        level: int = 1,
        kinds: Iterable[str] = (),
        max_steps: int = STEPS,
        max_time: float = SECONDS,
        begin: int = BIRTHDAY,
        leaks: bool = False,
    ) -> None:
        self.leaks = leaks
        self.level = level
        self.kinds = tuple(kinds)
        self.max_steps, self.max_time = max_steps, max_time
        self.made = 0
        self.fresh = fresh
        self._begin = begin

    def attempt(
        self,
        strategy: Strategy,
        *,
        entropy: int = 0,
        kinds: Iterable[str] | None = None,
        traced: bool = False,
        plan: Plan | None = None,
    ) -> Attempt:
        """Run one schedule, which the strategy answers for."""
        # What a run leaves is looked at when it is garbage; while the run lasts, and now, all of it is alive.
        restore = garbage.hold_back()
        try:
            return self._attempt(strategy, entropy, self.kinds if kinds is None else kinds, plan, traced=traced)
        finally:
            garbage.restore(*restore)

    def _attempt(
        self, strategy: Strategy, entropy: int, kinds: Iterable[str], plan: Plan | None, *, traced: bool
    ) -> Attempt:
        self.made += 1
        if self.level >= garbage.LEVEL:
            garbage.tidy()
        main = self.fresh()
        answers: Any = Tracing(strategy) if traced else strategy
        world = World(self._begin, "seeded", entropy)
        limits = Limits(self.max_steps, self.max_time)
        engine = Engine(answers, limits, kinds, world, level=self.level)
        engine.claims.leaks = self.leaks
        behaviour = Behaviour(engine)
        _, error = ended(engine, main)
        return Attempt(
            engine,
            strategy,
            error,
            behaviour=behaviour.hash(error),
            entropy=entropy,
            plan=plan,
            story=answers.story if traced else None,
        )

    def at(self, level: int) -> Attempts:
        """The same at another level."""
        if level == self.level:
            return self
        other = copy(self)
        other.level = level
        return other

    def within(self, other: Attempts) -> Attempts:
        """The same within the bounds of others."""
        self.max_steps, self.max_time = other.max_steps, other.max_time
        return self

    def again(self, plan: Plan, *, traced: bool = False) -> Attempt:
        """Run what a plan describes."""
        strategy = Holds.of(plan)
        return self.attempt(strategy, entropy=plan.entropy, kinds=plan.kinds, traced=traced, plan=plan)


class Behaviour:
    """What a run is told from others by: which events it had in which order, and after how many calls each."""

    def __init__(self, engine: Engine) -> None:
        self._trace = engine.trace
        self._hash = 0
        engine.trace.observers.append(self._add)

    def hash(self, error: BaseException | None) -> int:
        """All of it, and how it ended."""
        return hash((self._hash, self._trace.ran, error is None))

    def _add(self, _: object) -> None:
        trace = self._trace
        self._hash = hash((self._hash, trace.last, trace.ran))


def _signature(error: BaseException, engine: Engine) -> Signature | None:
    """The signature of what ended a run; none if it ended well."""
    if isinstance(error, SystemExit):
        return None if judged(error)[1] is None else signature("exit", error, None, engine)
    kind = _KINDS.get(type(error).__name__, "exception")
    return signature(kind, error, None, engine)


# As `verdict` calls them.
_KINDS = {"Stuck": "stuck", "LimitReached": "limit", "Forbidden": "forbidden"}
