"""Generated programs as programs of a search: each on a loop of its own, with the channels that it sends by."""

from __future__ import annotations

import asyncio
from typing import Any

from detrun.errors import Stuck
from tests.laws.acts import Act
from tests.laws.deeds import Program
from tests.laws.stage import Stage, perform


def play(program: Program, log: list[tuple[object, ...]]) -> None:
    """The whole of it, within a run that is going on; `log` has what its actors see."""
    loop: Any = asyncio.new_event_loop()
    channels: dict[str, Any] = {}

    def send(stage: Stage, name: str, act: Act) -> None:
        if name not in channels:
            channels[name] = loop.home.engine.channel(loop.home, name, stage.act)
        channels[name].put(act)

    perform(program, Stage(loop, log, send), Stuck)
