"""Readable names of events, and back: who asked for what, for the how-manieth time.

A name follows from where an operation came from, as an id does, and from nothing that other tasks did before: it is the
same in every run in which the event exists, and after changes elsewhere in the program.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import get_close_matches
from typing import Any

from detrun.explore.nearing import NEVER
from detrun.model import BEGINNING, EventId, signed, spelled
from detrun.recording.recording import TIMERS
from detrun.scheduler import garbage
from detrun.scheduler.choices import turns
from detrun.scheduler.network.faults import KINDS

END = "the end"
_SPELLED = re.compile(r"([0-9a-f]{16})\.(-?\d+)")


class Names:
    """The names of what one run asks for; complete as far as the run has come."""

    def __init__(self) -> None:
        self._ids: dict[str, EventId] = {END: NEVER}
        self._names: dict[EventId, str] = {NEVER: END}
        self._owners: dict[int, str] = {garbage.ORIGIN: "collection of garbage"}
        self._turns: dict[int, EventId] = {turns(BEGINNING): BEGINNING}
        self._counts: Counter[tuple[int, str]] = Counter()
        # What belongs to nobody in particular, so that its parts need no prefix.
        self._roots: set[int] = set()

    def name(self, event: EventId) -> str:
        """What a person calls this event."""
        if event in self._names:
            return self._names[event]
        origin, count = event
        if origin in self._turns:
            last = self._turns[origin]
            after = "the beginning" if last == BEGINNING else self.name(last)
            return f"turn {count} after {after}"
        owner = self._owners.get(origin)
        return spelled(event) if owner is None else f"{owner}#{count}"

    def id(self, name: str) -> EventId | None:
        """The event of this name, if there was one in the run."""
        if name in self._ids:
            return self._ids[name]
        turn, after, event = name.partition(" after ")
        if after and turn.startswith("turn ") and turn[5:].isdecimal():
            last = BEGINNING if event == "the beginning" else self.id(event)
            return None if last is None else EventId((turns(last), int(turn[5:])))
        if (spelled_out := _SPELLED.fullmatch(name)) is not None:
            # What nobody has a name for.
            return EventId((signed(spelled_out[1]), int(spelled_out[2])))
        owner, _, count = name.rpartition("#")
        origin = next((key for key, known in self._owners.items() if known == owner), None)
        return None if origin is None or not count.lstrip("-").isdecimal() else EventId((origin, int(count)))

    def way(self, event: EventId) -> str:
        """What a person calls the way by which a message comes."""
        return self._owners.get(event[0]) or self.name(event)

    def before(self, event: EventId) -> EventId | None:
        """The event after which this turn is, if it is a turn."""
        return self._turns.get(event[0])

    def nearest(self, name: str) -> str | None:
        """What may be meant by a name that nothing has."""
        return next(iter(get_close_matches(name, self._ids, n=1, cutoff=0.3)), None)

    def task(self, task: Any) -> str:
        """What a person calls a task."""
        return self._owners.get(getattr(task, "key", 0)) or str(task.get_name())

    # Learning.

    def call(self, event: EventId, name: str) -> None:
        """This is the name of an event."""
        self._names[event] = name
        self._ids.setdefault(name, event)

    def rename(self, event: EventId, name: str) -> None:
        """It has another one after all."""
        self._ids.pop(self._names[event], None)
        self.call(event, name)

    def happens(self, event: EventId) -> None:
        """An event happens, with which turns begin that are counted from it."""
        self._turns.setdefault(turns(event), event)
        self._ids.setdefault(self.name(event), event)

    def knows(self, key: int) -> bool:
        """Whether whoever has this key has a name."""
        return key in self._owners

    def own(self, key: int, owner: str) -> None:
        """This is what whoever has this key is called."""
        self._owners[key] = owner

    def own_faults(self, key: int, owner: str) -> None:
        """And this is who has what may go wrong with it."""
        for number, kind in enumerate(KINDS, start=1):
            self._owners[hash((key, number))] = f"{kind} at {owner}"

    def root(self, key: int, owner: str) -> None:
        """This is one of those that need not be named in what it asks for."""
        self._owners[key] = owner
        self._roots.add(key)

    def is_root(self, key: int) -> bool:
        """Whether it is one of those."""
        return key in self._roots

    def numbered(self, origin: int, what: str, *, of: str = "", bare: bool = False) -> str:
        """The next of this kind that an origin asks for."""
        self._counts[origin, what + of] += 1
        count = self._counts[origin, what + of]
        number = "" if bare and count == 1 else f"#{count}"
        owner = self._owners.get(origin, "")
        prefix = "" if not owner or (origin in self._roots and what not in TIMERS.values()) else f"{owner}/"
        return f"{prefix}{what}{number}"

    def take_back(self, origin: int, what: str) -> None:
        """It was none of this kind."""
        self._counts[origin, what] -= 1
