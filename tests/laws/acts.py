"""What is done at once, by an actor or by a callback: plain data, each with the way to do it."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from tests.laws.stage import Planned, Stage


@dataclass(frozen=True)
class Resolve:
    future: int

    def act(self, stage: Stage) -> None:
        if not stage.futures[self.future].done():
            stage.futures[self.future].set_result(1)


@dataclass(frozen=True)
class Break:
    future: int

    def act(self, stage: Stage) -> None:
        if not stage.futures[self.future].done():
            stage.futures[self.future].set_exception(Planned("broken"))


@dataclass(frozen=True)
class Renew:
    future: int

    def act(self, stage: Stage) -> None:
        stage.futures[self.future].cancel()
        stage.futures[self.future] = stage.loop.create_future()


@dataclass(frozen=True)
class Signal:
    event: int
    on: bool

    def act(self, stage: Stage) -> None:
        event = stage.events[self.event]
        if self.on:
            event.set()
        else:
            event.clear()


@dataclass(frozen=True)
class Offer:
    queue: int

    def act(self, stage: Stage) -> None:
        with suppress(asyncio.QueueFull):
            stage.queues[self.queue].put_nowait(0)


@dataclass(frozen=True)
class CancelTask:
    task: int

    def act(self, stage: Stage) -> None:
        if stage.tasks:
            stage.tasks[self.task % len(stage.tasks)].cancel()


@dataclass(frozen=True)
class CancelHandle:
    handle: int

    def act(self, stage: Stage) -> None:
        if stage.handles:
            stage.handles[self.handle % len(stage.handles)].cancel()


@dataclass(frozen=True)
class Soon:
    what: Act

    def act(self, stage: Stage) -> None:
        stage.handles.append(stage.loop.call_soon(stage.act, self.what))


@dataclass(frozen=True)
class Later:
    delay: int
    what: Act

    def act(self, stage: Stage) -> None:
        stage.handles.append(stage.loop.call_later(seconds(self.delay), stage.act, self.what))


@dataclass(frozen=True)
class At:
    # From where the clock stood when the run began, so that several callers ask for the same instant.
    instant: int
    what: Act

    def act(self, stage: Stage) -> None:
        stage.handles.append(stage.loop.call_at(1000 + seconds(self.instant), stage.act, self.what))


@dataclass(frozen=True)
class Message:
    channel: str
    what: Act

    def act(self, stage: Stage) -> None:
        stage.send(self.channel, self.what)


@dataclass(frozen=True)
class Fail:
    exit: bool

    def act(self, stage: Stage) -> None:
        raise SystemExit(3) if self.exit else Planned("failed")


@dataclass(frozen=True)
class Stop:
    def act(self, stage: Stage) -> None:
        stage.loop.stop()


Act: TypeAlias = (
    Resolve | Break | Renew | Signal | Offer | CancelTask | CancelHandle | Soon | Later | At | Message | Fail | Stop
)


def seconds(delay: int | None) -> float:
    """Seconds of microseconds; nothing is for ever."""
    return math.inf if delay is None else delay / 1_000_000
