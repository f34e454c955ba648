"""An exploration from beginning to end: what was found before, the search, and each failure told in full and kept."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.errors import JournalError
from detrun.explore.attempt import Attempts
from detrun.explore.failures import Failures
from detrun.explore.forked import Forked
from detrun.explore.fresh import Anew, Audit
from detrun.explore.performing import Performer
from detrun.explore.quiet import silence
from detrun.explore.search import Bounds, Search
from detrun.explore.settling import Settled, settled
from detrun.explore.writing import Order, Writing, Written, written
from detrun.model import Target
from detrun.scheduler.catch import install
from detrun.scheduler.limits import SECONDS
from detrun.scheduler.network.faults import KINDS, checked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.explore.search import Way

# How long the failures that were found are made smaller, all of them together, in seconds.
_MINIMIZING = 6.0


class Asked(msgspec.Struct, frozen=True):
    """What an exploration is asked for."""

    target: str
    arguments: tuple[str, ...] = ()
    hash_seed: str = ""
    runs: int | None = None
    seconds: float | None = None
    jobs: int = 1
    strategy: str = "auto"
    level: int = 1
    kinds: tuple[str, ...] = ()
    shard: int = 0
    shards: int = 1
    keep_going: bool = False
    entropy: str = "drawn"
    fresh: str | None = None
    max_steps: int = 100_000
    max_time: float = 0.0
    leaks: bool = False


class Explored(msgspec.Struct, frozen=True):
    """What an exploration came to. `complete` is true if every schedule with a single hold was tried.

    `past` are journals of failures of earlier searches that did not fail in this one.
    """

    schedules: int
    distinct: int
    seconds: float
    unseen: float
    holds: int
    held: int
    failures: list[Settled]
    never: list[str]
    changed: list[str]
    interrupted: bool
    complete: bool
    single: bool
    past: list[str]


def explore(asked: Asked, load: Callable[[], Callable[[], Any]], tell: Callable[[Search], None]) -> Explored:
    """Explore a program, which `load` gives."""
    kinds = tuple(KINDS) if asked.kinds == ("all",) else asked.kinds
    checked(kinds)  # now: what failed in an earlier search is tried with kinds of its own
    with silence():
        install()
        attempts, here = _attempts(asked, load, kinds)
        audit = Audit() if _fresh(asked) == "none" else None
        performer = Performer(attempts)
        search = Search(performer, _bounds(asked), tell)
        gc.collect()
        gc.freeze()  # what was imported, which no collection will set free
        failures = Failures(asked.target, asked.arguments, asked.hash_seed)
        writing = Writing(failures, here)
        past = [os.fspath(path) for path, plan in failures.kept() if not search.try_again(plan)]
        search.run()
        # Whoever looks closely at a run has to be where it is.
        performer.attempts = here.within(attempts)
        told = _kept(performer, failures, writing, list(search.found.values()))
        changed = audit.changed() if audit is not None else []
    return Explored(
        search.schedules + search.again,
        search.seen.distinct,
        search.seconds,
        search.seen.unseen,
        search.holds,
        search.held,
        told,
        _never(search, asked) if not told else [],
        changed,
        search.interrupted,
        search.complete,
        search.single,
        past,
    )


def _never(search: Search, asked: Asked) -> list[str]:
    """What should happen sometimes and never did, if the search has seen all that it was to see."""
    whole = asked.shards == 1 and not search.interrupted
    return sorted(name for name, happened in search.sometimes.items() if not happened) if whole else []


def _kept(performer: Performer, failures: Failures, writing: Writing, ways: Sequence[Way]) -> list[Settled]:
    """Each failure in full, with its journal."""
    settlements = [settled(performer, way, _MINIMIZING / len(ways)) for way in ways]
    orders: list[tuple[Settled, Order]] = []
    for told, strategy in settlements:
        try:
            path = failures.place(str(told.way.signature))
        except JournalError as error:
            told.problem = str(error)
            continue
        if told.planned:
            orders.append((told, Order(os.fspath(path), told.plan, told.story)))
        else:
            keep = partial(failures.keep, path, performer.attempts, strategy, told.plan, told.story)
            _note(told, os.fspath(path), written(keep))
    for (told, order), result in zip(orders, writing.write([order for _, order in orders]), strict=True):
        _note(told, order.path, result)
    return [told for told, _ in settlements]


def _note(told: Settled, path: str, result: Written) -> None:
    told.kept, told.problem = result.failed, result.problem
    if result.problem is None:
        told.journal = path
        return
    with suppress(OSError):  # what there is of it is of no use
        os.unlink(path)


def _fresh(asked: Asked) -> str:
    """What is new in each schedule: a function was imported before, a file is executed."""
    return asked.fresh or ("module" if Target.of(asked.target).function is None else "none")


def _attempts(asked: Asked, load: Callable[[], Callable[[], Any]], kinds: tuple[str, ...]) -> tuple[Attempts, Attempts]:
    """What makes attempts, and what makes them in this process."""
    options: dict[str, Any] = {
        "level": asked.level,
        "kinds": kinds,
        "max_steps": asked.max_steps,
        "max_time": asked.max_time or SECONDS,
        "leaks": asked.leaks,
    }
    match _fresh(asked):
        case "none":
            program = load()
            here = Attempts(lambda: program, **options)
        case _:
            here = Attempts(Anew(load, whole=":" not in asked.target), **options)
    return (Forked(here.fresh, **options) if asked.fresh == "process" else here), here


def _bounds(asked: Asked) -> Bounds:
    return Bounds(
        asked.strategy,
        asked.runs,
        asked.seconds,
        asked.keep_going,
        asked.entropy == "fixed",
        asked.shard,
        asked.shards,
        asked.jobs,
    )
