"""The strategies of a search, what each draws beside its choices, and how schedules are shared out among them.

A strategy that finds behaviours which nobody saw before gets more of the next round; none gets nothing. What counts is
steps and not seconds: a search shall find the same again on another machine.
"""

from __future__ import annotations

from functools import partial
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING

from detrun.model import SLACK, Hold, Plan
from detrun.scheduler.draws import Draws
from detrun.scheduler.strategies.drawing import Profile
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.pct import PCT
from detrun.scheduler.strategies.pctcp import PCTCP
from detrun.scheduler.strategies.pos import POS
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.sticky import Sticky
from detrun.scheduler.strategies.urw import URW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from detrun.explore.story import Story
    from detrun.scheduler.strategies.strategy import Strategy

# One line each: how it is made, and its share of the first round in percent.
ARMS: dict[str, tuple[Callable[..., Strategy], int]] = {
    "urw": (URW, 25),
    "pos": (POS, 20),
    "pctcp-2": (partial(PCTCP, depth=2), 7),
    "pctcp-3": (partial(PCTCP, depth=3), 7),
    "pctcp-5": (partial(PCTCP, depth=5), 6),
    "sticky": (Sticky, 20),
    "random": (Random, 7),
    "mutation": (Holds, 8),
}
# What `--strategy` may name, and the arms that it means.
NAMED: dict[str, tuple[str, ...]] = {
    "auto": tuple(ARMS),
    "holds": (),
    "random": ("random",),
    "sticky": ("sticky",),
    "pct": ("pct",),
    "pctcp": ("pctcp-2", "pctcp-3", "pctcp-5"),
    "pos": ("pos",),
    "urw": ("urw",),
}
_MORE: dict[str, tuple[Callable[..., Strategy], int]] = {"pct": (partial(PCT, depth=3), 100)}
# No arm gets less than this of a round.
FLOOR = 0.03
# Longer than any timeout: what is under way takes until then.
FOREVER = 1 << 60
# How far ahead of time timers are offered in some runs, of which each takes one.
_SLACKS = (SLACK, SLACK, SLACK // 6, 0)


def profile(story: Story) -> Profile:
    """What strategies learn from the default schedule: how much there is to choose, and how much each chain has."""
    chains: dict[int | str, int] = {}
    for each in story.happenings:
        chains[each.chain] = chains.get(each.chain, 0) + 1
    return Profile(max(len(story.choices), 1), chains)


class Drawn:
    """The strategies of one search: by name and seed, the same each time."""

    def __init__(self, story: Story, holds: Sequence[Hold], plan: Plan, kinds: Iterable[str]) -> None:
        self._profile = profile(story)
        self._holds = holds
        self._plan = plan
        self._kinds = tuple(kinds)

    def make(self, arm: str, seed: int, base: Plan | None = None) -> tuple[Strategy, tuple[str, ...], Plan | None]:
        """The strategy, the kinds of faults that may happen, and the plan if it is one."""
        if arm == "mutation":
            plan = self._mutated(Draws(seed ^ _SWARM), base)
            return Holds.of(plan), plan.kinds, plan
        # A bit or two for each thing that is drawn once for a run: a generator would take longer to make.
        drawn = hash((seed, _SWARM))
        slack = _SLACKS[drawn & 3]
        # What is under way is late beyond all bounds in half of the runs, and never in the others.
        delay = FOREVER if drawn & 4 else slack
        along = bool(drawn & 8)
        kinds = tuple(kind for place, kind in enumerate(self._kinds, 4) if drawn >> place & 1) if self._kinds else ()
        if arm == "random":
            return Random(seed, slack, delay=delay, along=along), kinds, None
        make, _ = ARMS.get(arm) or _MORE[arm]
        return make(seed, slack, delay=delay, along=along, profile=self._profile), kinds, None

    def _mutated(self, draws: Draws, base: Plan | None) -> Plan:
        """A plan that differs from another by a hold or two; from the default, if there is no other."""
        holds = list(base.holds if base is not None else ())
        if holds and draws.below(3) == 0:
            del holds[draws.below(len(holds))]
        more = range(1 + draws.below(2 if holds else 3)) if self._holds else ()
        holds += [self._holds[draws.below(len(self._holds))] for _ in more]
        return Plan(
            tuple(dict.fromkeys(holds)),
            (),
            (),
            self._plan.entropy,
            self._plan.level,
            self._plan.slack,
            self._plan.delay,
        )


class Shares:
    """How many schedules of each round every arm gets."""

    def __init__(self, arms: Sequence[str]) -> None:
        self._arms = tuple(arms)
        base = {arm: (ARMS.get(arm) or _MORE[arm])[1] for arm in arms}
        total = sum(base.values())
        self._base = {arm: base[arm] / total for arm in arms}
        self._news = dict.fromkeys(arms, 0.0)
        self._steps = dict.fromkeys(arms, 1.0)

    def note(self, arm: str, *, news: bool, steps: int) -> None:
        """What one schedule brought, and what it cost."""
        self._news[arm] += news
        self._steps[arm] += steps

    def forget(self) -> None:
        """What is long ago says less: half of it counts in the next round."""
        for amounts in (self._news, self._steps):
            for arm in self._arms:
                amounts[arm] /= 2

    def round(self, size: int) -> list[str]:
        """The arms of the next schedules, mixed evenly."""
        # Whose next turn is due first; the turns of each are as far apart as it has few of them.
        queue = [(0.5 / share, place, 1 / share) for place, share in enumerate(self._shares())]
        heapify(queue)
        chosen = []
        for _ in range(size):
            due, place, apart = queue[0]
            heapreplace(queue, (due + apart, place, apart))
            chosen.append(self._arms[place])
        return chosen

    def _shares(self) -> Sequence[float]:
        rates = [self._news[arm] / self._steps[arm] for arm in self._arms]
        mean = sum(rates) / len(rates) or 1.0
        raw = [self._base[arm] * (0.5 + rate / mean) for arm, rate in zip(self._arms, rates, strict=True)]
        free = 1 - FLOOR * len(raw)
        return [FLOOR + free * share / sum(raw) for share in raw]


# So that what is drawn for a run is not what its strategy draws in it.
_SWARM = 0x5DEECE66D
