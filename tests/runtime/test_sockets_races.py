"""Sockets on many schedules: whatever comes before what, each end sees one order and one close. R-WS-01 to 14, 22."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.errors import Disconnected, NotUpgraded
from detrun.runtime.sockets import WebSocket
from detrun.scenarios.app import App
from tests.runtime.applications import Configured, scopes_left
from tests.runtime.sockets import (
    CHAINS,
    ECHO,
    GONE,
    RESTART,
    all_of,
    explored,
    own,
    passing,
    serving,
    stop_workers,
    unaccepted,
)

# On each of many schedules.
FEW_HOPS = pytest.mark.parametrize("workers", CHAINS[:2], ids=["direct", "one hop"])

EARLY = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        server.send("a")
        self.ctx.wait_until(self.serve(server))
        return Response(web_socket=client)

    async def serve(self, server):
        for message in ("b", "c", "d"):
            server.send(message)
            await asyncio.sleep(0.01)
        server.close(4001, "that was all")
        log.append([message async for message in server])
        log.append(server.close_code)
""")


def told(socket: WebSocket, got: list[Any]) -> None:
    """Have all that comes to a socket written down by listeners."""
    socket.add_event_listener("message", lambda event: got.append(event.data))
    socket.add_event_listener("close", lambda event: got.append((event.code, event.reason, event.was_clean)))


@FEW_HOPS
@pytest.mark.parametrize("listens", [False, True])
def test_what_comes_early_is_there_whenever_it_is_looked_for(workers: list[Configured], *, listens: bool) -> None:
    # F-WS-03, F-WS-04, R-WS-01, R-WS-02, R-WS-03, R-WS-05
    async def scenario(app: App) -> Any:
        socket = await unaccepted(app)
        await asyncio.sleep(0.015)
        socket.accept()
        await asyncio.sleep(0.005)
        got: list[Any] = []
        if listens:
            told(socket, got)
            await asyncio.sleep(1)
        else:
            got = await all_of(socket)
        return got, await scopes_left(app), await own(app).log()

    for found in explored(scenario, EARLY, *workers[1:], seeds=100):
        assert found == (["a", "b", "c", "d", (4001, "that was all", True)], 0, [[], 4001])


@FEW_HOPS
def test_both_sides_may_close_at_once(workers: list[Configured]) -> None:  # R-WS-09, R-WS-10, R-WS-11
    closing = serving("""
    async def serve(self, server):
        server.add_event_listener("close", lambda event: (server.close(4003), log.append(event.code)))
        await asyncio.sleep(0.01)
        server.send("late")
        server.close(4001)
    """)

    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        got: list[Any] = []
        told(socket, got)
        await asyncio.sleep(0.01)
        socket.close(4002)
        return got, await scopes_left(app), await own(app).log()

    seen = set()
    for got, scopes, log in explored(scenario, closing, *workers[1:]):
        assert scopes == 0
        assert len(log) == 1
        *messages, (code, _, was_clean) = got
        assert messages in ([], ["late"])
        assert was_clean
        # Who was first is who the other one heard of, and both may have been.
        assert (code, log[0]) in {(4001, 4001), (4002, 4002), (4001, 4002)}
        seen.add((len(messages), code, log[0]))
    assert len(seen) >= 3


# R-WS-07
@FEW_HOPS
def test_a_reload_in_the_midst_of_traffic(workers: list[Configured]) -> None:  # R-WS-06, R-WS-07, R-WS-22, R-GEN-06
    async def scenario(app: App) -> Any:
        async def talk(socket: WebSocket, word: str) -> list[Any]:
            for number in range(6):
                socket.send(f"{word}{number}")
                await asyncio.sleep(0.01)
            return await all_of(socket)

        sockets = [await app.websocket("/") for _ in range(2)]
        talking = [asyncio.create_task(talk(*each)) for each in zip(sockets, "ab", strict=True)]
        await asyncio.sleep(0.03)
        await app.reload({"/app/api/main.py": ECHO.source.replace("send(message)", "send('new ' + message)")})
        socket = await app.websocket("/")
        socket.send("c")
        new = await socket.receive()
        socket.close()
        return [await each for each in talking], new, await scopes_left(app)

    lengths = set()
    for talks, new, scopes in explored(scenario, *workers):
        assert (new, scopes) == ("new c", 0)
        for word, got in zip("ab", talks, strict=True):
            assert got[:-1] == [f"{word}{number}" for number in range(len(got) - 1)]
            assert got[-1] == RESTART
            lengths.add(len(got))
    assert len(lengths) > 1


@FEW_HOPS
def test_a_crash_in_the_midst_of_traffic(workers: list[Configured]) -> None:
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        for number in range(3):
            socket.send(str(number))
        app.crash("api")
        got = await all_of(socket)
        await asyncio.sleep(5)
        return got, await scopes_left(app)

    lengths = set()
    for got, scopes in explored(scenario, *workers):
        assert scopes == 0
        assert got[:-1] == [str(number) for number in range(len(got) - 1)]
        assert got[-1] == GONE
        lengths.add(len(got))
    assert len(lengths) > 1


@FEW_HOPS
def test_a_client_hangs_up_while_the_server_closes(workers: list[Configured]) -> None:  # R-WS-08, R-WS-14, R-WS-16
    closing = serving("""
    async def serve(self, server):
        await asyncio.sleep(0.01)
        server.close(4001)
        log.extend([message async for message in server])
        log.append(server.close_code)
    """)

    async def scenario(app: App) -> Any:
        client = app.client("a")
        socket = await client.websocket("/")
        await asyncio.sleep(0.01)
        client.disconnect()
        got = await all_of(socket)
        return got, await scopes_left(app), await own(app).log()

    seen = set()
    for got, scopes, log in explored(scenario, closing, *workers[1:]):
        assert scopes == 0
        assert got in ([GONE], [(4001, "", True)])
        assert log in ([1006], [4001])
        seen.add((got[0][0], log[0]))
    assert len(seen) > 1


def test_a_client_hangs_up_at_any_moment_of_an_upgrade() -> None:  # R-WS-12, R-WS-26, R-STR-17
    failing = serving("""
    async def fetch(self, request):
        client = self.begun()
        await asyncio.sleep(0.01)
        if "fails" in request.url:
            raise LookupError(request.url)
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        client = app.client("a")

        async def ask(url: str) -> str:
            try:
                await client.websocket(url)
            except (Disconnected, LookupError, NotUpgraded, asyncio.CancelledError) as error:
                return type(error).__name__
            return "upgraded"

        asked = [asyncio.create_task(ask(url)) for url in ("/", "/fails")]
        await asyncio.sleep(0.01)
        client.disconnect()
        results = [await each for each in asked]
        return results, await scopes_left(app), sorted(await own(app).log())

    seen = set()
    for results, scopes, log in explored(scenario, failing, passing("b", "api")):
        assert scopes == 0
        assert len(log) == 2
        assert {code for code, *_ in log} <= {1006, 1011}
        seen.add((*results, *log))
    assert len(seen) > 1


@FEW_HOPS
def test_nobody_waits_any_more_for_a_socket_that_is_on_its_way(workers: list[Configured]) -> None:  # R-STR-17
    slow = serving("""
    async def fetch(self, request):
        client = self.begun()
        await asyncio.sleep(0.005)
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        client = app.client("a")
        try:
            async with asyncio.timeout(0.01):
                socket = await client.websocket("/")
        except TimeoutError:
            return False, await scopes_left(app), await own(app).log()
        socket.close(4001)
        return True, await scopes_left(app), await own(app).log()

    seen = set()
    for upgraded, scopes, log in explored(scenario, slow, *workers[1:]):
        assert (scopes, log) == (0, [(4001, "", True) if upgraded else GONE])
        seen.add(upgraded)
    assert seen == {True, False}


def test_an_application_is_stopped_in_the_midst_of_everything() -> None:  # R-WS-06, R-WS-07, R-WS-26
    async def scenario(app: App) -> Any:
        async def talk() -> Any:
            try:
                socket = await app.websocket("/")
            except Disconnected:
                return [RESTART]
            socket.send("a")
            return await all_of(socket)

        talking = [asyncio.create_task(talk()) for _ in range(3)]
        await asyncio.sleep(0.001)
        stop_workers(app)
        await asyncio.sleep(1)
        return [(await each)[-1] for each in talking if each.done()], await scopes_left(app)

    for ends, scopes in explored(scenario, *CHAINS[1]):
        assert scopes == 0
        assert set(ends) <= {RESTART}
