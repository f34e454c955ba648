"""What makes two failures the same: not their words, but what was raised, where, by whose claim, and among whom."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from detrun import errors
from detrun.scheduler.raised import RemoteTraceback, notes, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detrun.scheduler.claims import Complaint
    from detrun.scheduler.engine import Engine

# So many of the innermost places tell one failure from another.
_DEPTH = 4
# What tells one generation of a worker from the next.
_GENERATION = re.compile(r"@\d+|/supervisor$")
# As a remote traceback begins: with who raised, and in which of its methods.
_REMOTE = re.compile(r"^remote traceback of ([^.\s]+)", re.MULTILINE)
_PLACE = re.compile(r"^  (?P<file>.*?):(?P<line>\d+) in (?P<function>[^:]*)")


class Signature(msgspec.Struct, frozen=True):
    """The sameness of failures: the kind, the type raised, where in the program's own code, innermost first.

    `label` is the claim that was broken. `contexts` are those that took part, where there are several: whose code
    raised, and who waited. Who else there is, and for the how-manieth time it was loaded, makes no other failure.
    """

    kind: str
    type: str = ""
    places: tuple[str, ...] = ()
    label: str = ""
    contexts: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = self.label or self.type or self.kind
        at = f" at {' < '.join(self.places)}" if self.places else ""
        among = f" in {', '.join(self.contexts)}" if self.contexts else ""
        return f"{self.kind}: {what}{at}{among}" if what != self.kind else f"{self.kind}{at}{among}"


def signature(kind: str, error: BaseException | None, complaint: Complaint | None, engine: Engine) -> Signature:
    """The signature of a run's failure, from what ended it or what somebody complained of."""
    # Those of an application may be gone by the time that somebody asks.
    several = engine.baton.among_units or len(engine.contexts) > 1
    if complaint is not None:
        error = complaint.error
        if error is None:
            return Signature(complaint.kind, label=complaint.label, contexts=_among([complaint.home], several=several))
    assert error is not None
    label = complaint.label if complaint is not None else error.limit if isinstance(error, errors.LimitReached) else ""
    places = _waiting(error) if isinstance(error, errors.Stuck) else tuple(_chain(error))
    if isinstance(error, errors.LimitReached):
        places = ()  # where it stood then is a matter of the limit
    raised = "" if isinstance(error, errors.RunError) else type(error).__name__
    homes = ["" if complaint is None else complaint.home, *_concerned(error)]
    return Signature(kind, raised, places, label, _among(homes, several=several))


def _among(homes: Iterable[str], *, several: bool) -> tuple[str, ...]:
    """The names of contexts, whichever generation they are of."""
    return tuple(sorted({_GENERATION.sub("", home) for home in homes if home})) if several else ()


def _concerned(error: BaseException) -> Iterator[str]:
    """Who waited, or whose code raised in another context before the error came here."""
    if isinstance(error, errors.Stuck):
        yield from error.contexts
    for note in notes(error):
        if isinstance(note, RemoteTraceback):
            yield from _REMOTE.findall(note)


def _chain(error: BaseException) -> Iterator[str]:
    """Where it was raised; of a group, where each of its parts was."""
    if isinstance(error, BaseExceptionGroup):
        yield from sorted({f"{type(part).__name__} {place}" for part in error.exceptions for place in _chain(part)})
        return
    for place in islice(places(error), _DEPTH):
        where = f"{os.path.basename(place.file)}:{place.line}"
        yield f"{where}:{place.function}" if place.function else where


def _waiting(stuck: errors.Stuck) -> tuple[str, ...]:
    """Where those stand that wait for ever; what their tasks are called depends on the run."""
    found = set()
    for entry in stuck.waiting:
        places = [place for line in entry.splitlines() if (place := _PLACE.match(line))]
        if places:
            at = places[-1]
            found.add(f"{os.path.basename(at['file'])}:{at['line']}:{at['function']}")
    return tuple(sorted(found))
