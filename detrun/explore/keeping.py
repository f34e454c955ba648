"""Keeping a plan as a journal: its run once more, in a process in which nothing ran before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from detrun.explore.naming import Naming
from detrun.explore.pristine import Pristine
from detrun.explore.quiet import silence
from detrun.model import Plan
from detrun.recording.keeping import Keeping
from detrun.recording.replay import options
from detrun.scheduler.garbage import freeze
from detrun.scheduler.program import run
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from detrun.journal.header import Header

# What of the original run's options is the plan's to say.
_PLANNED = ("seed", "strategy", "level", "faults", "entropy", "slack", "delay", "strict", "journal", "directory")


class Kept(msgspec.Struct, frozen=True):
    """The run of a plan in a fresh process: its outcome, and its failure in words if it failed."""

    outcome: str
    message: str
    where: str


class _Order(msgspec.Struct, frozen=True):
    plan: Plan
    story: tuple[str, ...]


class Source(NamedTuple):
    """A recorded run, and what it takes to have one like it; without sources, those on the disk are meant."""

    header: Header
    program: Callable[[], Any]
    sources: Mapping[str, bytes]
    hash_seed: str


class Keeper:
    """Writes the journal of a plan that is found later; to be made before the program runs for the first time."""

    def __init__(self, path: Path, source: Source) -> None:
        def work(order: bytes) -> bytes:
            wanted = msgspec.json.decode(order, type=_Order)
            with silence():
                return msgspec.json.encode(_kept(wanted, path, source))

        self._pristine = Pristine(work)

    def keep(self, plan: Plan, story: tuple[str, ...]) -> Kept:
        """Run the plan, and keep the journal of it, which tells this story of itself."""
        answered = self._pristine.do(msgspec.json.encode(_Order(plan, story)))
        return msgspec.json.decode(answered, type=Kept)

    def dismiss(self) -> None:
        """There is nothing to keep."""
        self._pristine.dismiss()


def noted(plan: Plan, story: Sequence[str]) -> dict[str, Any]:
    """What a journal says of the plan that its run follows."""
    said = {"strategy": "holds", "seed": plan.entropy, "slack": plan.slack, "delay": plan.delay}
    return said | {"holds": "; ".join(story)} if story else said


def _kept(wanted: _Order, path: Path, source: Source) -> Kept:
    plan, header = wanted.plan, source.header
    asked: dict[str, Any] = {name: value for name, value in options(header).items() if name not in _PLANNED}
    asked |= {"level": plan.level, "faults": list(plan.kinds), "strict": True}
    said = asked | noted(plan, wanted.story)
    strategy = Naming(Holds.of(plan))
    keeping = Keeping(path, header.target, header.arguments, said, source.hash_seed, names=strategy.names)
    with strategy.following(), keeping:
        if source.sources:
            keeping.keep(source.sources)
        else:
            keeping.keep_sources(header.target)
        freeze()
        ended = keeping.ended(run(source.program, seed=plan.entropy, strategy=strategy, **asked, record=keeping.record))
    failure = ended.failure
    return Kept(ended.outcome, failure.message if failure else "", (failure.where or "") if failure else "")
