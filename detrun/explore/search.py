"""The search: the default schedule, every single hold, then a portfolio of strategies, as long as it may take.

Schedules are numbered, and what each is follows from its number and from what those of earlier rounds came to: any
number of processes finds the same. Only where a bound of seconds cuts it off depends on the machine.
"""

from __future__ import annotations

import time
from itertools import count, islice
from typing import TYPE_CHECKING

import msgspec

from detrun.explore.nearing import NEVER
from detrun.explore.portfolio import FOREVER, NAMED, Drawn, Shares
from detrun.explore.schedules import Result, Schedule
from detrun.explore.seen import Seen
from detrun.explore.systematic import Deviations, Latest
from detrun.explore.together import Alone, Together
from detrun.model import SLACK, Answer, Hold, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from detrun.explore.attempt import Attempt
    from detrun.explore.performing import Performer
    from detrun.explore.signature import Signature
    from detrun.model import EventId

# What is run before it is looked at again who gets how much.
ROUND = 128
# How many plans there are at most that a mutation may begin with.
_CORPUS = 256
# A program that draws is searched under so many draws, as far as that goes.
_DRAWS = 3
# So much of all schedules at most is for single holds, where there is more to try.
_SYSTEMATIC = 0.5
# Of so many holds, where there are more, those are drawn that random plans are made of.
_DRAWN = 20_000
# A schedule that takes so many times the steps of the default one, and some more, is taken for endless.
_TIMES_STEPS, _MORE_STEPS = 50, 5_000
_HOLDS, _DEFAULT = "holds", "default"


class Bounds(msgspec.Struct, frozen=True):
    """What a search is asked for. Of so many `shards` this is number `shard`, which runs its share of the numbers."""

    strategy: str = "auto"
    runs: int | None = None
    seconds: float | None = None
    keep_going: bool = False
    fixed_entropy: bool = False
    shard: int = 0
    shards: int = 1
    jobs: int = 1


class Way(msgspec.Struct):
    """One way to fail: the schedule that showed it first, how many did, and the number of the first of this search.

    That is 0 as long as only plans of earlier searches showed it.
    """

    signature: Signature
    schedule: Schedule
    hits: int = 1
    first: int = 0


class Search:
    """One search. `found` has the failures by signature, in the order of their first schedules."""

    def __init__(self, performer: Performer, bounds: Bounds, tell: Callable[[Search], None] = lambda _: None) -> None:
        self.found: dict[Signature, Way] = {}
        self.seen = Seen()
        self.schedules = 0
        # How many that failed before were tried again.
        self.again = 0
        self.interrupted = False
        # Whether the program has but one schedule.
        self.single = False
        self.sometimes: dict[str, bool] = {}
        # How many single holds there were to try, and how many were tried.
        self.holds = self.held = 0
        self._performer = performer
        self._performers: Alone | Together = Alone(performer)
        self._bounds = bounds
        self._tell = tell
        self._began = time.perf_counter()
        self._ended = 0.0
        self._numbers = count(1)
        self._corpus: list[Plan] = []
        # What came before each event that was as late as it can be.
        self._overtaking: dict[EventId, Sequence[EventId]] = {}
        self._over = self._through = False

    @property
    def seconds(self) -> float:
        """How long it has been, or was."""
        return (self._ended or time.perf_counter()) - self._began

    @property
    def complete(self) -> bool:
        """Whether all was tried that a single hold can do."""
        return self._through or self.single

    def try_again(self, plan: Plan) -> bool:
        """Run what failed before, as a schedule without a number: it belongs to an earlier search. Whether it fails."""
        schedule = Schedule(0, _HOLDS, 0, plan.entropy, plan)
        result = self._performer.perform(schedule)
        self.again += 1
        if result.signature is not None and not self._over:
            self._fail(schedule, result.signature)
        return result.signature is not None

    def run(self) -> None:
        """Search until something is found, or a bound is met."""
        try:
            self._run()
        except KeyboardInterrupt:
            self.interrupted = True  # what was found so far is told all the same
        finally:
            self._ended = time.perf_counter()

    def _run(self) -> None:
        if self._is_over():
            return
        first = Schedule(self._next(), _DEFAULT, plan=self._plan(0))
        default = self._default(first)
        story = default.story
        assert story is not None
        deviations = Deviations(story)
        attempts = self._performer.attempts
        attempts.max_steps = min(attempts.max_steps, _MORE_STEPS + _TIMES_STEPS * default.steps)
        self._performer.drawn = Drawn(story, deviations.some(_DRAWN), self._plan(0), self._performer.attempts.kinds)
        # With all the slack there is nothing to choose: whatever a strategy does, it is this run again.
        self.single = not (story.choices or story.questions or default.drew)
        if self._is_over() or self.single:
            return
        if self._bounds.jobs > 1:
            self._performers = Together(self._performer, self._bounds.jobs)
        try:
            self._search(default, deviations)
        finally:
            self._performers.close()

    def _search(self, default: Attempt, deviations: Deviations) -> None:
        if self._bounds.strategy in ("auto", "holds"):
            self._try_single(default, deviations)
        shares = Shares(arms) if (arms := NAMED[self._bounds.strategy]) else None
        while shares is not None and not self._over:
            self._perform(self._round(shares), shares)
            shares.forget()

    def _try_single(self, default: Attempt, deviations: Deviations) -> None:
        """Every deviation alone, under a few draws of the program's own randomness."""
        draws = 1 if self._bounds.fixed_entropy or not default.drew else _DRAWS
        later: list[tuple[int, Hold]] = []
        for entropy in range(draws):
            if entropy:
                default = self._default(Schedule(self._next(), _DEFAULT, entropy=entropy, plan=self._plan(entropy)))
            if self._over or default.story is None:
                return
            if entropy:
                deviations = Deviations(default.story)
            latest = Latest(default.story)
            self._overtaking.clear()
            self._try(len(deviations), ((entropy, each) for each in deviations))
            self._try(len(latest), ((entropy, each) for each in latest))
            later += [(entropy, each) for each in latest.until_each(self._overtaking) if each not in deviations]
        self._try(len(later), later, shared=False)
        self._through = self.held >= self.holds

    def _try(self, number: int, deviations: Iterable[tuple[int, Hold | Answer]], *, shared: bool = True) -> None:
        """Each of so many, under a draw. They are `shared` if all shards have the same ones."""
        self.holds += number
        if self._bounds.runs is not None and self._bounds.strategy == "auto":
            number = max(int(self._bounds.runs * _SYSTEMATIC) - self.held, 0)
        plans = (self._plan(*each) for each in islice(deviations, number))
        following = self._next if shared else self._next_own
        while not self._over and (batch := list(islice(plans, ROUND))):
            self.held += self._perform([Schedule(following(), _HOLDS, 0, plan.entropy, plan) for plan in batch])

    def _round(self, shares: Shares) -> list[Schedule]:
        """The next schedules of the portfolio."""
        schedules = []
        for arm in shares.round(ROUND * self._bounds.shards):
            number = self._next()
            base = self._corpus[number % len(self._corpus)] if arm == "mutation" and self._corpus else None
            entropy = 0 if self._bounds.fixed_entropy or arm == "mutation" else number
            schedules.append(Schedule(number, arm, number, entropy, None, base))
        return schedules

    def _perform(self, schedules: Sequence[Schedule], shares: Shares | None = None) -> int:
        """Run those that are this search's own, and note what they came to; how many there were."""
        bounds = self._bounds
        mine = [each for each in schedules if each.number % bounds.shards == bounds.shard][: self._left()]
        done = 0
        for schedule, result in zip(mine, self._performers.perform(mine), strict=False):
            done += 1
            news = self._note(schedule, result)
            if shares is not None:
                shares.note(schedule.arm, news=news, steps=result.steps)
            if self._over:
                break
        self._over = self._over or self._left() <= 0
        self._tell(self)
        return done

    def _note(self, schedule: Schedule, result: Result) -> bool:
        self.schedules += 1
        news = self.seen.add(result.behaviour)
        if news and result.plan is not None and len(self._corpus) < _CORPUS:
            self._corpus.append(result.plan)
        for name, happened in result.sometimes.items():
            self.sometimes[name] = self.sometimes.get(name, False) or happened
        if schedule.plan is not None and len(schedule.plan.holds) == 1:
            (hold,) = schedule.plan.holds
            if hold.until == NEVER:
                self._overtaking[hold.event] = result.overtaking
        if result.signature is not None:
            self._fail(schedule, result.signature)
        if self._bounds.seconds is not None and self.seconds >= self._bounds.seconds:
            self._over = True
        return news

    def _fail(self, schedule: Schedule, signature: Signature) -> None:
        if (found := self.found.get(signature)) is not None:
            found.hits += 1
            found.first = found.first or schedule.number
        else:
            self.found[signature] = Way(signature, schedule, first=schedule.number)
            self._over = self._over or not self._bounds.keep_going

    def _default(self, schedule: Schedule) -> Attempt:
        """The schedule that decides nothing, which every shard runs, because the others follow from it."""
        attempt, result = self._performer.tell(schedule)
        self._note(schedule, result)
        self._over = self._over or self._left() <= 0
        return attempt

    def _plan(self, entropy: int, deviation: Hold | Answer | None = None) -> Plan:
        attempts = self._performer.attempts
        holds = (deviation,) if isinstance(deviation, Hold) else ()
        faults = (deviation,) if isinstance(deviation, Answer) else ()
        return Plan(holds, faults, attempts.kinds, entropy, attempts.level, SLACK, FOREVER)

    def _is_over(self) -> bool:
        return self._over

    def _left(self) -> int:
        runs = self._bounds.runs
        return ROUND * self._bounds.shards if runs is None else runs - self.schedules

    def _next(self) -> int:
        return next(self._numbers)

    def _next_own(self) -> int:
        bounds = self._bounds
        return next(number for number in self._numbers if number % bounds.shards == bounds.shard)
