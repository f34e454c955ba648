"""What a simulation cannot give is refused by name, with what to do."""

from __future__ import annotations

import asyncio
import socket
import threading
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


def test_a_thread_that_began_outside_has_real_loops_meanwhile() -> None:
    kinds: list[Any] = []
    begun, done = threading.Event(), threading.Event()

    async def kind() -> None:
        kinds.append(type(asyncio.get_running_loop()).__module__)

    def foreign() -> None:
        begun.wait()
        asyncio.run(kind())
        done.set()

    async def main() -> None:
        begun.set()
        done.wait()
        await kind()

    thread = threading.Thread(target=foreign)
    thread.start()
    assert detrun.run(main).outcome == "ok"
    thread.join()
    assert kinds == ["asyncio.unix_events", "detrun.scheduler.loop"]


def test_calls_from_a_thread_that_began_outside_are_refused() -> None:
    refused: list[Exception] = []
    loops: list[Any] = []
    begun, done = threading.Event(), threading.Event()

    def foreign() -> None:
        begun.wait()
        with pytest.raises(detrun.Forbidden) as error:
            loops[0].call_soon_threadsafe(int)
        refused.append(error.value)
        done.set()

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        begun.set()
        done.wait()

    thread = threading.Thread(target=foreign)
    thread.start()
    detrun.run(main)
    thread.join()
    assert "no part of the run" in str(refused[0])


def test_sockets_outside_a_run_are_untouched() -> None:
    async def serve() -> int:
        server = await asyncio.start_server(print, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        server.close()
        return port

    detrun.run(lambda: None)
    assert asyncio.run(serve()) > 0
    socket.socket().close()
