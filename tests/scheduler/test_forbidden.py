"""What a simulation cannot give is refused by name, with what to do."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.scheduler import outside

NAMES = [name for names in outside._MISSING.values() for name in names.split()]


@pytest.mark.parametrize("name", NAMES)
def test_every_way_out_of_a_loop_is_refused_by_name(name: str) -> None:
    async def main() -> None:
        await getattr(asyncio.get_running_loop(), name)()

    failure = detrun.run(main).failure

    assert failure is not None
    assert failure.kind == "forbidden"
    assert f"loop.{name}()" in failure.message


def test_no_method_of_a_loop_is_left_abstract() -> None:
    async def main() -> list[str]:
        kind = type(asyncio.get_running_loop())
        names = [name for name in dir(asyncio.AbstractEventLoop) if not name.startswith("_")]
        return [name for name in names if getattr(kind, name) is getattr(asyncio.AbstractEventLoop, name)]

    assert detrun.run(main).result() == []


def test_a_loop_of_the_programs_own_is_refused() -> None:
    failure = detrun.run(asyncio.SelectorEventLoop).failure

    assert failure is not None
    assert "asyncio.new_event_loop()" in failure.message


def test_a_loop_of_ones_own_is_untouched_outside_a_run() -> None:
    detrun.run(lambda: None)
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert isinstance(runner.get_loop(), asyncio.SelectorEventLoop)


def test_a_thread_without_a_run_gets_a_real_loop_meanwhile() -> None:
    kinds: list[Any] = []

    async def kind() -> None:
        kinds.append(type(asyncio.get_running_loop()).__module__)

    async def main() -> None:
        thread = threading.Thread(target=lambda: asyncio.run(kind()))
        thread.start()
        thread.join()
        await kind()

    assert detrun.run(main).outcome == "ok"
    assert kinds == ["asyncio.unix_events", "detrun.scheduler.loop"]


@pytest.mark.parametrize("call", [lambda loop: loop.call_soon_threadsafe(int)])
def test_calls_from_another_thread_are_refused(call: Callable[[Any], object]) -> None:
    refused: list[Exception] = []

    def foreign(loop: Any) -> None:
        try:
            call(loop)
        except detrun.Forbidden as error:
            refused.append(error)

    async def main() -> None:
        thread = threading.Thread(target=foreign, args=(asyncio.get_running_loop(),))
        thread.start()
        thread.join()

    detrun.run(main)
    assert "another thread" in str(refused[0])


def test_sockets_outside_a_run_are_untouched() -> None:
    async def serve() -> int:
        server = await asyncio.start_server(print, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        server.close()
        return port

    detrun.run(lambda: None)
    assert asyncio.run(serve()) > 0
    socket.socket().close()
