"""Schedules to play a program under: all single deviations, random walks, holds; for small programs, all there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from random import Random as Dice
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from detrun.model import SLACK, EventId, Hold
from detrun.scheduler.choices import Choices, Event
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.pct import PCT
from detrun.scheduler.strategies.pctcp import PCTCP
from detrun.scheduler.strategies.pos import POS
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.sticky import Sticky
from detrun.scheduler.strategies.strategy import Strategy
from detrun.scheduler.strategies.urw import URW
from tests.laws.acts import Later, Message, Resolve, Signal, Soon
from tests.laws.arms import Disagreement, Played, check
from tests.laws.deeds import Body, Do, Program, Sleep
from tests.laws.programs import programs
from tests.laws.referee import Impossible

OBJECTIONS = (Disagreement, Impossible)
MILLISECOND = 1_000_000
# The same programs every time, and no complaint that it takes a while to make one.
PLAIN = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))

_SENDER: Body = (Do(Message("left", Resolve(0))), Do(Message("left", Resolve(1))), Sleep(1_000))
_TIMERS: Body = (
    Do(Later(500, Resolve(1))),
    Do(Later(600, Signal(0, on=True))),
    Do(Soon(Soon(Resolve(2)))),
    Sleep(1_000),
)
# What each flaw of a scheduler that can be thought of needs in order to show.
CROSSROADS = Program((_SENDER, _TIMERS, (Sleep(0), Sleep(0), Sleep(0))))


class Path(Default):
    """Takes at each choice point the event at this place of the list, and the default from the path's end on."""

    slack = SLACK
    along = True

    def __init__(self, path: Sequence[int] = ()) -> None:
        self.path = tuple(path)
        self.widths: list[int] = []
        self.offered: dict[EventId, None] = {}

    def choose(self, choices: Choices) -> Event:
        events = choices.events()
        place = self.path[len(self.widths)] if len(self.widths) < len(self.path) else 0
        self.widths.append(len(events))
        self.offered |= dict.fromkeys(event.id for event in events)
        return events[place]

    def deviations(self) -> Iterator[tuple[int, ...]]:
        """The paths that leave this one once, after its end, and then decide nothing."""
        for place in range(len(self.path), len(self.widths)):
            taken = (*self.path, *[0] * (place - len(self.path)))
            yield from ((*taken, other) for other in range(1, self.widths[place]))


# What a search draws schedules with.
_SEARCHING: tuple[Any, ...] = (Sticky, POS, PCT, PCTCP, URW, Random)


def examine(program: Program, seeds: int = 8, holds: int = 3) -> int:
    """Check a program under many schedules; how many they were."""
    plain = Path()
    judge(program, "the default", plain)
    chosen = list(_named(plain, seeds, holds))
    for name, strategy in chosen:
        judge(program, name, strategy)
    return 1 + len(chosen)


def exhaust(program: Program, bound: int) -> int:
    """Check a program under all schedules that there are, up to so many; how many they were."""
    left, count = [Path()], 0
    while left and count < bound:
        path = left.pop()
        judge(program, f"Path({path.path})", path)
        left += map(Path, path.deviations())
        count += 1
    return count


def judge(program: Program, name: str, strategy: Strategy) -> Played:
    """Check a program under a strategy; an objection tells which it was."""
    try:
        return check(program, strategy)
    except OBJECTIONS as objection:
        objection.add_note(f"under {name}")
        raise


def _named(plain: Path, seeds: int, holds: int) -> Iterator[tuple[str, Strategy]]:
    yield "Default()", Default()
    for path in plain.deviations():
        yield f"Path({path})", Path(path)
    for seed in range(seeds):
        slack = (SLACK, SLACK, MILLISECOND, 10 * SLACK)[seed % 4]
        yield f"Random({seed}, {slack})", Random(seed, slack, along=seed % 3 > 0)
    for seed, strategy in enumerate(_SEARCHING[: max(seeds - 2, 0)]):
        delay = (SLACK, 1 << 60)[seed % 2]
        yield f"{strategy.__name__}({seed}, {delay})", strategy(seed, SLACK, delay=delay, along=True)
    for seed in range(holds if len(plain.offered) > 1 else 0):
        chosen = _holds(list(plain.offered), seed)
        yield f"Holds({chosen})", Holds(chosen)


def _holds(events: list[EventId], seed: int) -> list[Hold]:
    dice = Dice(seed)
    return [Hold(*dice.sample(events, 2)) for _ in range(1 + seed % 3)]


@cache
def collection() -> tuple[Program, ...]:
    """Some programs, for what need not hold for each but must show in one."""
    found: list[Program] = []

    @settings(PLAIN, max_examples=40, phases=[Phase.generate])
    @given(programs())
    def collect(program: Program) -> None:
        found.append(program)

    collect()
    return (*found, CROSSROADS)
