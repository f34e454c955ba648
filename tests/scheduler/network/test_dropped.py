"""What a program forgets to close is closed by whoever collects it: that is not part of the run."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest

import detrun
from detrun.scheduler.catch import active, new_loop
from detrun.scheduler.engine import Engine
from detrun.scheduler.strategies.default import Default


@pytest.mark.filterwarnings("ignore:unclosed transport")
def test_a_connection_that_is_collected_after_the_run_does_not_count() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 8080)
        kept.append(await loop.create_connection(asyncio.Protocol, "127.0.0.1", 8080))
        server.close()

    kept: list[object] = []
    engine = Engine(Default())
    with active(engine):
        new_loop(engine).run_until_complete(main())
    before = engine.trace.fingerprint()
    kept.clear()
    gc.collect()

    assert engine.trace.fingerprint() == before
    del engine
    gc.collect()  # what it kept warns here


def test_to_connect_to_a_path_takes_no_time_and_the_listener_learns_of_it() -> None:
    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as mine:
            for each in (listening, mine):
                each.settimeout(0)
            listening.bind("/simulated/path")
            listening.listen()
            accepting = asyncio.create_task(loop.sock_accept(listening))
            await asyncio.sleep(0)
            mine.connect("/simulated/path")
            mine.send(b"hello")
            other, _ = await accepting
            with other:
                return await loop.sock_recv(other, 100)

    assert detrun.run(main).result() == b"hello"


def test_a_path_where_nobody_listens_is_not_there() -> None:
    async def main() -> None:
        await asyncio.open_unix_connection("/simulated/nothing")

    failure = detrun.run(main).failure

    assert failure is not None
    assert failure.message.startswith("FileNotFoundError")
