"""One program, two arms: on stock asyncio and in runs, where it must give the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from unittest import mock

import detrun


def check(main: Callable[[], Any], expected: Any) -> None:
    """The program returns this on stock asyncio, and in runs."""
    # The loop that it sets there is forgotten again.
    with mock.patch.object(asyncio.events, "_event_loop_policy", None):
        assert main() == expected
    for seed in range(5):
        assert detrun.run(main, seed=seed).result() == expected


class Counted(asyncio.Task[Any]):
    """A task of a program's own."""


def counted(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Counted:
    """Make such tasks: a task factory."""
    return Counted(coro, loop=loop, **options)
