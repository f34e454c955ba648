"""Why a replay parted: what a second one sees of it, and the cause that follows from that."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.recording import elsewhere, replay
from detrun.recording.readings import Readings, Watch
from detrun.recording.replaying import Difference
from detrun.recording.suspects import CLOCK, ENVIRONMENT, RANDOMNESS, SET_ORDER, Suspect, Suspects
from detrun.recording.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.journal.reader import Journal

CHANGED_CODE, UNKNOWN = "changed code", "unknown"


class Finding(msgspec.Struct, frozen=True):
    """What a second replay saw: where it parted, at which line, and what else there was to be seen."""

    difference: Difference | None
    where: str | None
    suspects: list[Suspect]
    outside: list[Suspect]
    differing: list[str]
    by_address: bool


class Verdict(msgspec.Struct, frozen=True):
    """The cause of a difference, why one thinks so, and the line."""

    cause: str
    because: str
    where: str | None


def locate(journal: Journal, program: Callable[[], Any], watch: Watch, suspects: Suspects) -> Finding:
    """Replay once more, and look at everything that is done."""
    witness = Witness()

    def watched() -> Any:
        suspects.begin()
        return program()

    again = replay.compared(journal, watched, witness)
    suspects.end()
    difference = again.difference or witness.difference
    # What a live run's edge objects to, it objects to at the line itself.
    outside = difference is not None and difference is not witness.difference
    step = again.steps if difference is None else difference.step
    return Finding(
        difference=difference,
        where=difference.where if difference is not None and outside else witness.where(),
        suspects=[suspect for suspect in suspects.ordered() if suspect.step <= step],
        outside=witness.outside,
        differing=Readings.of(journal.readings()).differing(watch.readings),
        by_address=witness.by_address,
    )


def judged(journal: Journal, first: Difference, finding: Finding | None, changed: str | None) -> Verdict:
    """The cause: what is known to be another thing comes before what was only seen being done."""
    where = first.where if finding is None else finding.where or first.where
    known = [(CHANGED_CODE, changed)] if changed is not None else []
    seen = [] if finding is None else list(_seen(finding))
    cause, because = next(iter((*known, *seen, *_surroundings(journal))))
    return Verdict(cause, because, where)


def _seen(finding: Finding) -> Iterator[tuple[str, str]]:
    for what in finding.differing:
        yield ENVIRONMENT, f"{what} is not what it was"
    likeliest = _likeliest(finding)
    for suspect in (*finding.outside, *([likeliest] if likeliest is not None else [])):
        yield suspect.cause, f"{suspect.what} at {suspect.where}"
    if finding.by_address:
        yield SET_ORDER, "a set of objects that hash by address"


def _surroundings(journal: Journal) -> Iterator[tuple[str, str]]:
    if not journal.header.hash_seed:
        yield SET_ORDER, "the hash seed of the run is not known"
    for line in elsewhere.differences(journal.header):
        yield ENVIRONMENT, line
    yield UNKNOWN, "nothing was seen that would explain it"


def _likeliest(finding: Finding) -> Suspect | None:
    """The suspect at the differing line itself, else the last of those that say most."""
    here = [suspect for suspect in finding.suspects if suspect.where == finding.where]
    for suspects in (here, finding.suspects):
        for cause in ((CLOCK, RANDOMNESS), (SET_ORDER,), (ENVIRONMENT,)):
            with suppress(StopIteration):
                return next(suspect for suspect in suspects if suspect.cause in cause)
    return None
