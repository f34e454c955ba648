"""Scenarios that end in the same way whatever order things happen in, and what they are played with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from detrun.errors import SocketClosed
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, Configured, Scenario, worker

STORE = worker(
    "store",
    """
    from detrun.runtime.sockets import WebSocketPair

    class Cell(RpcTarget):
        def __init__(self, value):
            self.value = value

        async def change(self, function):
            self.value = await function(self.value)
            return self.value

    class Default(WorkerEntrypoint):
        async def double(self, n):
            await asyncio.sleep(0.001)
            return 2 * n

        def cell(self, value):
            return Cell(value)

        async def remind(self, function):
            kept = function.dup()

            async def later():
                await asyncio.sleep(0.005)
                with kept:
                    await kept("later")

            self.ctx.wait_until(later())
            return "soon"

        async def own(self):
            other = self.ctx.exports.Other(props=[1, 2])
            return await self.ctx.exports.Default.double(2) + await other.sum()

        async def fetch(self, request):
            async def upper():
                async for chunk in request.body:
                    yield chunk.upper()
                yield b"."

            if request.headers.get("upgrade") != "websocket":
                return Response(upper())
            client, server = WebSocketPair()
            server.accept()
            server.send("welcome")
            self.ctx.wait_until(self.echo(server))
            return Response(web_socket=client)

        async def echo(self, server):
            async for message in server:
                await asyncio.sleep(0.001)
                server.send(message)

    class Other(WorkerEntrypoint):
        def sum(self):
            return sum(self.ctx.props)
    """,
)
FRONT = worker(
    "front",
    """
    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            if request.url.endswith("/twice"):
                n = int(await request.text())
                return Response(str(await self.env.STORE.double(await self.env.STORE.double(n))))
            if request.url.endswith("/later"):
                self.ctx.wait_until(self.env.STORE.double(1))
                return Response("soon")
            return await self.env.STORE.fetch(request)

        async def read(self, cell):
            return await cell.change(lambda value: value + 1)

        async def changed(self, value, function):
            async with asyncio.timeout(60):
                with await self.env.STORE.cell(value) as cell:
                    return await cell.change(function)

        async def summed(self, numbers):
            return sum(await asyncio.gather(*(self.env.STORE.double(n) for n in numbers)))
    """,
    Bound("STORE", "store"),
)
RESTART = 1012
WORKERS: tuple[Configured, ...] = (STORE, FRONT)


async def two_calls(app: App) -> Any:
    return await (await app.fetch("/twice", method="POST", body="4")).text()


async def calls_side_by_side(app: App) -> Any:
    return await asyncio.gather(*(app.client(f"client-{n}").service("front").summed([n, 1]) for n in range(3)))


async def a_function_called_far_away(app: App) -> Any:
    async def increased(value: int) -> int:
        await asyncio.sleep(0.001)
        return value + 1

    return await app.service("front").changed(3, increased)


async def a_stream_through_two_workers(app: App) -> Any:
    async def chunks() -> AsyncIterator[bytes]:
        for number in range(12):
            yield b"" if number == 5 else b"chunk-%d" % number
            await asyncio.sleep(0.001)

    response = await app.fetch("/upper", method="POST", body=chunks())
    return await response.text()


async def a_stream_that_is_not_read_to_its_end(app: App) -> Any:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"more"

    response = await app.fetch("/upper", method="POST", body=chunks())
    first = await anext(aiter(response))
    assert response.body is not None
    await response.body.cancel("enough")
    return first


async def a_socket_through_two_workers(app: App) -> Any:
    """Whoever is told that the service restarts comes again, and gets on from where it was."""
    got: list[str | bytes] = []
    while len(got) < 4:
        socket = await app.websocket("/")
        try:
            await socket.receive()
            for number in range(len(got), 4):
                socket.send(str(number))
                got.append(await socket.receive())
            socket.close()
        except SocketClosed as error:
            if error.code != RESTART:
                raise
    return got


async def a_stub_for_a_third_worker(app: App) -> Any:
    with await app.service("store").cell(1) as cell:
        return await app.service("front").read(cell), await app.service("front").read(cell)


async def a_worker_that_calls_itself(app: App) -> Any:
    return await app.service("store").own()


async def a_call_back_after_the_answer(app: App) -> Any:
    heard: list[str] = []
    heard.append(await app.service("store").remind(heard.append))
    await app.sleep(1)
    return heard


async def an_upload_that_is_aborted(app: App) -> Any:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"more"
            await asyncio.sleep(0.001)

    client = app.client("impatient")
    asking = asyncio.ensure_future(client.fetch("/upper", method="POST", body=chunks()))
    await app.sleep(0.003)
    client.disconnect()
    await asyncio.gather(asking, return_exceptions=True)
    await app.sleep(0.1)
    return sum(len(known.isolate.scopes) for worker in app.application.workers for known in worker.generations)


async def work_after_the_answer(app: App) -> Any:
    text = await (await app.fetch("/later")).text()
    await app.sleep(1)
    return text


PLAYS: tuple[Scenario, ...] = (
    two_calls,
    calls_side_by_side,
    a_function_called_far_away,
    a_stream_through_two_workers,
    a_stream_that_is_not_read_to_its_end,
    a_socket_through_two_workers,
    a_stub_for_a_third_worker,
    a_worker_that_calls_itself,
    a_call_back_after_the_answer,
    an_upload_that_is_aborted,
    work_after_the_answer,
)
