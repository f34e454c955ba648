"""Virtual time, and everything that waits for it, in deadline order."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

from detrun.model import Instant
from detrun.scheduler.handles import NOTHING, TimerHandle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


SECOND = 1_000_000_000
MILLISECOND = 1_000_000
# Every callback of a plain program takes this long, and every look at the clock: polling ends, t1 - t0 is never zero.
TICK = 1_000
# Not zero, which too many programs take for "never".
START = Instant(1_000 * SECOND)
# When runs begin unless they are told: midnight, on the first day of 2026, in nanoseconds since the epoch.
BIRTHDAY = 1_767_225_600 * SECOND
# The deadline of whoever sleeps for infinity; no run comes near it.
FOREVER = Instant(1 << 62)
# A heap is searched for cancelled timers when it has this many and they are half of it, as asyncio does.
_CROWD = 100


def instant(seconds: float) -> Instant:
    """The instant of a loop's float seconds."""
    try:
        return Instant(int(seconds * SECOND + 0.5))
    except OverflowError:
        return FOREVER if seconds > 0 else START


class Clock:
    """One virtual clock and the timers that wait for it.

    Its heap is one for all contexts, keyed by (deadline, creation): timers of one context never overtake each other.
    What is less than a nanosecond apart goes by the loop's float seconds, as it does on stock asyncio.
    """

    __slots__ = ("_cancelled", "_created", "_day", "_idle", "homes", "now", "tick", "timers")

    def __init__(self, begin: int = BIRTHDAY) -> None:
        self.now: int = START
        # How long a look takes in the context whose turn it is.
        self.tick = TICK
        # What separates virtual time from the time of day, and how much of it nobody worked.
        self._day = begin - START
        self._idle = 0
        # How many there are that timers may belong to.
        self.homes = 0
        self.timers: list[tuple[int, float, int, TimerHandle]] = []
        self._created = 0
        self._cancelled = 0

    def tell(self, wall: int) -> None:
        """It is now so many nanoseconds since the epoch."""
        self._day = wall - self.now

    def shift(self, nanoseconds: int) -> None:
        """From now on the time of day is another one by so much; nothing else is."""
        self._day += nanoseconds

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return (self.now - START) / SECOND

    def look(self) -> int:
        """The instant, for a program that asks: looking takes a moment."""
        self.now = now = self.now + self.tick
        return now

    def look_at_wall(self) -> int:
        """Nanoseconds since the epoch, for a program that asks."""
        self.now = now = self.now + self.tick  # as `look` does: this is asked for each line of a log, each answer
        return now + self._day

    def look_at_work(self) -> int:
        """How long the program has worked, for a program that asks."""
        return self.look() - START - self._idle

    def pass_until(self, instant: int) -> None:
        """Let time pass in which nothing happens."""
        if instant > self.now:
            self._idle += instant - self.now
            self.now = instant

    def add(self, timer: TimerHandle) -> None:
        """Let a timer wait for its deadline."""
        self._created = created = self._created + 1
        heappush(self.timers, (timer.deadline, timer.seconds, created, timer))

    def fall_due(self) -> None:
        """Hand over the timers whose deadline has come, earliest first, each to its context."""
        timers = self.timers
        while timers and timers[0][0] <= self.now:
            timer = heappop(timers)[3]
            timer.waits = False
            if timer.call is not NOTHING:
                timer.home.fall_due(timer)
            else:
                self._cancelled -= 1

    def earliest(self) -> TimerHandle | None:
        """The timer that is due first, or none; drops the cancelled ones before it."""
        timers = self.timers
        while timers:
            timer = timers[0][3]
            if timer.call is not NOTHING:
                return timer if timer.deadline < FOREVER else None
            heappop(timers)
            self._cancelled -= 1
        return None

    def heads(self, limit: int) -> Iterator[TimerHandle]:
        """The earliest timer of each home with a deadline up to `limit`, earliest first."""
        found: set[Any] = set()
        for timer in self._ordered(limit):
            if timer.home not in found and timer.call is not NOTHING:
                found.add(timer.home)
                yield timer
            if len(found) == self.homes:
                return

    def behind(self, timer: TimerHandle, limit: int) -> Iterator[TimerHandle]:
        """The timers of the same home that are due after this one, which waits, up to `limit`, earliest first."""
        ordered = iter(self._ordered(limit))
        for each in ordered:
            if each is timer:
                break
        return (each for each in ordered if each.home is timer.home and each.call is not NOTHING)

    def _ordered(self, limit: int) -> Iterator[TimerHandle]:
        # Children in a heap are never earlier than their parent, so that only the front of it need be looked at.
        timers = self.timers
        front = [(timers[0][:3], 0)] if timers else []
        while front and front[0][0][0] <= limit:
            _, place = heappop(front)
            yield timers[place][3]
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(timers):
                    heappush(front, (timers[child][:3], child))

    def second(self) -> int:
        """The deadline of the timer after the earliest; cancelled ones count."""
        timers = self.timers
        if len(timers) < 3:
            return timers[1][0] if len(timers) == 2 else FOREVER
        return min(timers[1][0], timers[2][0])

    def after_sleep(self, timer: TimerHandle) -> int:
        """When a selector is back that slept for this timer: it sleeps whole milliseconds, and always too long."""
        return self.now + ((timer.deadline - self.now) // MILLISECOND + 1) * MILLISECOND

    def count_cancelled(self) -> None:
        """Note that one more timer in the heap is cancelled; sweep when they crowd it."""
        self._cancelled += 1
        if self._cancelled > _CROWD and 2 * self._cancelled > len(self.timers):
            self.drop(lambda timer: timer.call is NOTHING)

    def drop(self, unwanted: Callable[[TimerHandle], bool]) -> None:
        """Remove the timers that `unwanted` is true of."""
        if not self.timers:
            return
        self.timers[:] = [entry for entry in self.timers if not unwanted(entry[3])]
        heapify(self.timers)
        self._cancelled = sum(entry[3].call is NOTHING for entry in self.timers)
