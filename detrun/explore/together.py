"""Processes that perform schedules side by side; what they find is what one process would find, in the same order."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from detrun.explore.pristine import died
from detrun.explore.schedules import Result, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detrun.explore.performing import Performer

_SIZE = 4
_schedules = msgspec.msgpack.Decoder(list[Schedule])
_results = msgspec.msgpack.Decoder(list[Result])
_encode = msgspec.msgpack.Encoder().encode


class Alone:
    """This process performs all of them, each when somebody wants its result."""

    def __init__(self, performer: Performer) -> None:
        self._performer = performer

    def perform(self, schedules: Sequence[Schedule]) -> Iterator[Result]:
        """Their results, in order."""
        return (self._performer.perform(schedule) for schedule in schedules)

    def close(self) -> None:
        """Nothing is left behind."""


class Together:
    """So many children of this process, which have its program loaded and share every round."""

    def __init__(self, performer: Performer, count: int) -> None:
        self._children: list[_Child] = []
        for _ in range(count):
            self._children.append(_Child(performer, self._children))

    def perform(self, schedules: Sequence[Schedule]) -> Iterator[Result]:
        """Their results, in order."""
        parts = _shared(schedules, len(self._children))
        for child, part in zip(self._children, parts, strict=True):
            child.ask([schedules[place] for place in part])
        results = [
            result
            for child, part in zip(self._children, parts, strict=True)
            for result in zip(part, child.answer(), strict=True)
        ]
        return (result for _, result in sorted(results, key=lambda result: result[0]))

    def close(self) -> None:
        """End them."""
        for child in self._children:
            child.end()


def _shared(schedules: Sequence[Schedule], count: int) -> list[list[int]]:
    """The places of what each of so many does: where the same event waits, one of them foresees the more."""
    groups: dict[object, list[int]] = {}
    for place, schedule in enumerate(schedules):
        holds = schedule.plan.holds if schedule.plan is not None else ()
        groups.setdefault(holds[0].event if holds else place, []).append(place)
    parts: list[list[int]] = [[] for _ in range(count)]
    for group in sorted(groups.values(), key=len, reverse=True):
        min(parts, key=len).extend(group)
    return parts


class _Child:
    """One process, and the two pipes to it."""

    def __init__(self, performer: Performer, before: Sequence[_Child]) -> None:
        (theirs, ours), (back, there) = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(ours)
            os.close(back)
            for other in before:
                other.close()  # whose ends nobody else may have open, or they never end
            _serve(performer, os.fdopen(theirs, "rb"), os.fdopen(there, "wb"))
        os.close(theirs)
        os.close(there)
        self._to, self._from = os.fdopen(ours, "wb"), os.fdopen(back, "rb")

    def ask(self, schedules: Sequence[Schedule]) -> None:
        _send(self._to, _encode(schedules))

    def answer(self) -> list[Result]:
        data = _receive(self._from)
        if data is None:
            raise died(self._status())
        return _results.decode(data)

    def close(self) -> None:
        """Say nothing more."""
        with suppress(OSError):
            self._to.close()
            self._from.close()

    def end(self) -> None:
        """Wait until it has noticed."""
        self.close()
        if self._pid:
            self._status()

    def _status(self) -> int:
        pid, self._pid = self._pid, 0
        return os.waitpid(pid, 0)[1]


def _serve(performer: Performer, asked: BinaryIO, told: BinaryIO) -> None:
    """Perform what is asked for until nobody asks any more; the process ends here, and nothing of the parent's runs."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent that is interrupted, and ends us
        parent = os.getppid()
        while (data := _receive(asked)) is not None:
            results = []
            for schedule in _schedules.decode(data):
                if os.getppid() != parent:
                    return  # nobody is there any more who could be told
                results.append(performer.perform(schedule))
            _send(told, _encode(results))
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _send(stream: BinaryIO, data: bytes) -> None:
    stream.write(len(data).to_bytes(_SIZE, "little") + data)
    stream.flush()


def _receive(stream: BinaryIO) -> bytes | None:
    head = stream.read(_SIZE)
    return stream.read(int.from_bytes(head, "little")) if len(head) == _SIZE else None
