"""Searching for the bugs of the zoo, and what became of each search: a row of the table."""

from __future__ import annotations

import time
from functools import cache
from importlib import import_module

import msgspec

from detrun.errors import Stale
from detrun.explore.attempt import Attempts
from detrun.explore.budget import Budget
from detrun.explore.extracting import extracted
from detrun.explore.kept import lasting, resolved
from detrun.explore.minimizing import Minimized, Minimizer
from detrun.explore.performing import Performer
from detrun.explore.quiet import silence
from detrun.explore.search import Bounds, Search, Way
from detrun.explore.trial import Trials
from detrun.model import Plan
from detrun.scheduler.catch import install
from detrun.scheduler.strategies.default import Default
from tests.planted.zoo.planting import ZOO, Bug, Program

SCHEDULES = 2_000
MODULES = (
    "patterns",
    "callbacks",
    "turns",
    "cancelling",
    "threads",
    "networks",
    "reloads",
    "crashes",
    "clients",
    "sockets",
)
for _module in MODULES:
    import_module(f"{__package__}.{_module}")


class Row(msgspec.Struct, frozen=True):
    """What it took to find one bug: the schedule that showed it, who came up with that, and the smallest plan.

    `inputs` are those that are left, and those that there were; `runs` is what it took to get there.
    """

    name: str
    first: int
    arm: str
    minimal: bool
    seconds: float
    plan: Plan = Plan()
    inputs: tuple[int, int] = (0, 0)
    runs: int = 0

    @property
    def holds(self) -> int:
        """How many events have to wait."""
        return len(self.plan.holds)

    @property
    def faults(self) -> int:
        """How many things have to go wrong."""
        return len(self.plan.faults)

    def __str__(self) -> str:
        alone = "alone" if self.arm == "holds" else self.arm
        inputs = f"{self.inputs[0]} of {self.inputs[1]}"
        return (
            f"{self.name:36} {self.first:6} {alone:10} {self.holds:5} {self.faults:6} {inputs:>8} {self.runs:5} "
            f"{self.seconds:8.2f}"
        )


HEAD = f"{'bug':36} {'first':>6} {'by holds':10} {'holds':>5} {'faults':>6} {'inputs':>8} {'runs':>5} {'seconds':>8}"


def searched(bug: Bug, program: Program, schedules: int = SCHEDULES, *, jobs: int = 1) -> tuple[Performer, Search]:
    """A search for what is wrong with a program."""
    install()
    performer = Performer(Attempts(lambda: program, kinds=bug.faults))
    search = Search(performer, Bounds("auto", schedules, jobs=jobs))
    with silence():
        search.run()
    return performer, search


def fails(bug: Bug, program: Program) -> bool:
    """Whether it fails when nothing is late and nothing goes wrong."""
    install()
    with silence():
        return Attempts(lambda: program, kinds=bug.faults).attempt(Default()).failed


@cache
def row(name: str) -> Row:
    """What it took to find a bug; `first` is 0 if it was not found."""
    bug, began = ZOO[name], time.process_time()
    performer, search = searched(bug, bug)
    way = next(iter(search.found.values()), None)
    if way is None:
        return Row(name, 0, "", minimal=False, seconds=time.process_time() - began)
    small = minimized(performer, way)
    seconds, trials = time.process_time() - began, Trials(performer.attempts.at)
    if small is None:
        return Row(name, way.first, way.schedule.arm, minimal=False, seconds=seconds)
    with silence():
        # Of a run in which nothing is left out, and nothing is late.
        inputs = len(trials(small.plan).watched.inputs), len(trials(small.plan.whole).watched.inputs)
    return Row(name, way.first, way.schedule.arm, small.minimal, seconds, small.plan, inputs, small.runs)


def minimized(performer: Performer, way: Way) -> Minimized | None:
    """What a search found, with nothing in it that can be done without; nothing if no plan has it."""
    trials, schedule = Trials(performer.attempts.at), way.schedule
    with silence():
        known = extracted(trials, performer.strategy(schedule), performer.world(schedule))
        if known.plan is None:
            return None
        return Minimizer(trials, way.signature, Budget(runs=3_000)).minimize(known.plan)


def smallest(performer: Performer, way: Way) -> tuple[Plan, bool]:
    """The smallest plan of what a search found, and whether nothing in it can be done without."""
    small = minimized(performer, way)
    return (Plan(), False) if small is None else (small.plan, small.minimal)


def by_kept(name: str) -> tuple[str, str]:
    """What a bug's program, and the mended one, come to by what is kept: it `fails`, `passes` or is `stale`."""
    bug, plan = ZOO[name], row(name).plan

    def trials(program: Program) -> Trials:
        return Trials(Attempts(lambda: program, kinds=bug.faults).at)

    def today(program: Program) -> str:
        tries = trials(program)
        try:
            return "passes" if tries(resolved(tries, wanted)).signature is None else "fails"
        except Stale:
            return "stale"

    with silence():
        wanted = lasting(trials(bug), plan)
        return today(bug), today(bug.mended)
