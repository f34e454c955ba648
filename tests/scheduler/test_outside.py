"""Handlers of signals are a loop's own: with asyncio's own objections, and unknown to the process."""

from __future__ import annotations

import asyncio
import signal

import pytest

import detrun


async def _nothing() -> None:
    pass


def test_a_signal_handler_is_taken_and_can_be_removed_once() -> None:
    async def main() -> list[bool]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, print, "never said")
        return [loop.remove_signal_handler(signal.SIGTERM) for _ in range(2)]

    assert detrun.run(main).result() == [True, False]


def test_the_process_keeps_its_own_handlers() -> None:
    async def main() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, print)

    before = signal.getsignal(signal.SIGTERM), signal.set_wakeup_fd(-1)
    detrun.run(main).result()
    assert (signal.getsignal(signal.SIGTERM), signal.set_wakeup_fd(-1)) == before


@pytest.mark.parametrize(
    ("number", "callback", "objection"),
    [
        (signal.SIGKILL, print, RuntimeError),
        (1_000, print, ValueError),
        ("SIGTERM", print, TypeError),
        (signal.SIGTERM, _nothing, TypeError),
    ],
)
def test_what_asyncio_would_not_take_is_not_taken(number: int, callback: object, objection: type[Exception]) -> None:
    async def main() -> None:
        with pytest.raises(objection):
            asyncio.get_running_loop().add_signal_handler(number, callback)  # type: ignore[arg-type]

    detrun.run(main).result()
