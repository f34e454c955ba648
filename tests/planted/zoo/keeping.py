"""Searching for the bugs of the zoo, and what became of each search: a row of the table."""

from __future__ import annotations

import time
from functools import cache
from importlib import import_module

import msgspec

from detrun.explore.attempt import Attempts
from detrun.explore.budget import Budget
from detrun.explore.extracting import extracted
from detrun.explore.minimizing import Minimizer
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
    """What it took to find one bug: the schedule that showed it, who came up with that, and the smallest plan."""

    name: str
    first: int
    arm: str
    holds: int
    faults: int
    minimal: bool
    seconds: float

    def __str__(self) -> str:
        alone = "alone" if self.arm == "holds" else self.arm
        return f"{self.name:36} {self.first:6} {alone:10} {self.holds:5} {self.faults:6} {self.seconds:8.2f}"


HEAD = f"{'bug':36} {'first':>6} {'by holds':10} {'holds':>5} {'faults':>6} {'seconds':>8}"


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
        return Row(name, 0, "", 0, 0, minimal=False, seconds=time.process_time() - began)
    plan, minimal = smallest(performer, way)
    seconds = time.process_time() - began
    return Row(name, way.first, way.schedule.arm, len(plan.holds), len(plan.faults), minimal, seconds)


def smallest(performer: Performer, way: Way) -> tuple[Plan, bool]:
    """The smallest plan of what a search found, and whether nothing in it can be done without."""
    trials, schedule = Trials(performer.attempts.at), way.schedule
    with silence():
        known = extracted(trials, performer.strategy(schedule), performer.world(schedule))
        if known.plan is None:
            return Plan(), False
        minimized = Minimizer(trials, way.signature, Budget(runs=3_000)).minimize(known.plan)
        return minimized.plan, minimized.minimal
