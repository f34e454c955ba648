"""How sockets between contexts are closed, with which codes, and what is left afterwards. F-WS-05, F-WS-06, F-WS-07."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from detrun.errors import Disconnected, NotUpgraded, SocketClosed
from detrun.scenarios.app import App
from tests.runtime.applications import Configured, played, scopes_left
from tests.runtime.sockets import CHAINS, ECHO, GONE, HOPS, RESTART, all_of, asking, own, passing, serving, stop_workers


@HOPS
@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1000, "ä" * 61), (3000, "a"), (4999, "b")])
def test_what_the_server_says_at_the_close_arrives(
    workers: list[Configured], code: int, reason: str
) -> None:  # F-WS-07
    closing = serving(f"""
    async def serve(self, server):
        server.send("a")
        server.close({code}, {reason!r})
        server.close(4000, "again")
        log.extend([message async for message in server])
        log.append((server.close_code, server.close_reason, server.was_clean))
    """)

    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        got = await all_of(socket)
        return got, await scopes_left(app), await own(app).log()

    close = (code, reason, True)
    assert played(scenario, closing, *workers[1:]) == (["a", close], 0, [close])


@HOPS
def test_a_client_that_is_gone_is_known_as_such(workers: list[Configured]) -> None:  # F-WS-11, R-WS-08, R-WS-14
    async def scenario(app: App) -> Any:
        client = app.client("a")
        socket = await client.websocket("/")
        socket.send("a")
        await socket.receive()
        client.disconnect()
        with pytest.raises(SocketClosed, match="1006, not cleanly"):
            await socket.receive()
        return await scopes_left(app), await own(app).log()

    assert played(scenario, *workers) == (0, [GONE])


@HOPS
def test_a_worker_that_is_loaded_again_restarts_its_sockets(
    workers: list[Configured],
) -> None:  # F-GEN-15, F-WS-07, R-WS-06, R-WS-22
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        await app.reload()
        return await all_of(socket), await scopes_left(app)

    assert played(scenario, *workers) == ([RESTART], 0)


def test_an_application_that_is_stopped_restarts_its_sockets() -> None:
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        stop_workers(app)
        return await all_of(socket), socket.ready_state

    assert played(scenario, *CHAINS[1]) == ([RESTART], 3)


def test_a_worker_that_crashes_has_said_nothing() -> None:
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        app.crash("api")
        got = await all_of(socket)
        return got, await scopes_left(app)

    assert played(scenario, *CHAINS[1]) == ([GONE], 0)


def test_a_socket_that_nobody_accepts_is_lost_with_its_scope() -> None:
    ignoring = asking("""
    async def ignore(self):
        return (await self.response()).status
    """)

    async def scenario(app: App) -> Any:
        return await own(app, "web").ignore(), await scopes_left(app), await own(app).log()

    assert played(scenario, ECHO, ignoring) == (101, 0, [GONE])


def test_who_hangs_up_before_the_response_leaves_no_socket_behind() -> None:  # R-STR-17, R-WS-26
    slow = serving("""
    async def fetch(self, request):
        await asyncio.sleep(1)
        client = self.begun()
        await asyncio.shield(asyncio.sleep(1))
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        got = []
        for seconds in (0.5, 1.5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(seconds):
                    await app.websocket("/")
            await asyncio.sleep(2)
            got.append((await scopes_left(app), await own(app).log()))
        return got

    assert played(scenario, slow, passing("b", "api")) == [(0, []), (0, [GONE])]


def test_a_socket_that_is_answered_with_after_all_is_let_go_of() -> None:  # R-STR-17
    stubborn = serving("""
    async def fetch(self, request):
        client = self.begun()
        for _ in range(int(request.url[-1])):
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                log.append("cancelled")
        return Response(web_socket=client)
    """)

    async def waits_no_more(app: App) -> Any:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await app.client("a").websocket("/1")
        return await scopes_left(app), await own(app).log()

    async def hangs_up(app: App) -> Any:
        client = app.client("a")
        asked = asyncio.create_task(client.websocket("/2"))
        await asyncio.sleep(1)
        client.disconnect()
        with pytest.raises(Disconnected, match="a hung up"):
            await asked
        return await scopes_left(app), await own(app).log()

    # To hang up is to wait no more, and then to be gone.
    assert played(waits_no_more, stubborn) == (0, ["cancelled", GONE])
    assert played(hangs_up, stubborn) == (0, ["cancelled", "cancelled", GONE])


def test_an_end_that_went_elsewhere_is_not_closed_by_a_page() -> None:
    elsewhere = asking("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        await self.env.API.take(Response(web_socket=client))
        self.ctx.wait_until(self.use(server))
        return Response("it is elsewhere", status=202)

    async def use(self, server):
        await asyncio.sleep(0.5)
        server.send("a")
        log.append(await server.receive())
        server.close()
    """)
    taking = serving("""
    def take(self, response):
        response.web_socket.accept()
        self.ctx.wait_until(self.serve(response.web_socket))

    async def serve(self, socket):
        async for message in socket:
            socket.send(message)
    """)

    async def scenario(app: App) -> Any:
        with pytest.raises(NotUpgraded):
            await app.websocket("/")
        return await scopes_left(app), await own(app, "web").log()

    assert played(scenario, taking, elsewhere) == (0, ["a"])


def test_what_came_with_a_call_is_let_go_of_when_the_socket_of_the_answer_is_closed() -> None:
    keeping = serving("""
    def cell(self):
        return Cell()

class Cell(RpcTarget):
    def take(self, stream):
        client, server = WebSocketPair()
        server.accept()
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        states: list[str] = []

        async def chunks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"a"
            finally:
                states.append("ended")

        with await own(app).cell() as cell:
            response = await cell.take(chunks())
            await asyncio.sleep(1)
            states.append("closed")
            response.web_socket.accept()
            response.web_socket.close()
            await asyncio.sleep(1)
            states.append("released")
        return states

    assert played(scenario, keeping) == ["closed", "ended", "released"]


def test_a_request_that_is_refused_closes_only_what_was_begun_for_it() -> None:
    using = serving("""
    async def fetch(self, request):
        one, two = WebSocketPair()
        one.accept()
        two.accept()
        self.ctx.wait_until(self.use(one, two))
        return Response("no", status=403)

    async def use(self, one, two):
        await asyncio.sleep(0.5)
        one.send("a")
        log.append(await two.receive())
    """)

    async def scenario(app: App) -> Any:
        with pytest.raises(NotUpgraded):
            await app.websocket("/")
        return await scopes_left(app), await own(app).log()

    assert played(scenario, using) == (0, ["a"])


@pytest.mark.parametrize(
    ("answer", "status"), [("return Response('no', status=403)", 403), ("raise LookupError('no')", 500)]
)
def test_an_upgrade_that_fails_after_the_worker_has_accepted(answer: str, status: int) -> None:  # R-WS-12, F-WS-07
    failing = serving(f"""
    async def fetch(self, request):
        client = self.begun()
        await asyncio.sleep(1)
        {answer}
    """)

    async def scenario(app: App) -> Any:
        with pytest.raises((NotUpgraded, LookupError)):
            await app.websocket("/")
        return await scopes_left(app), await own(app).log()

    reason = f"the request for a socket was answered with status {status}"
    assert played(scenario, failing) == (0, [(1011, reason, True)])


def test_a_close_handler_is_called_once_and_sees_a_closed_socket() -> None:  # R-WS-11
    listening = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.add_event_listener("message", lambda event: server.send(event.data))

        async def closed(event):
            log.append((server.ready_state.name, event.code, event.reason, event.was_clean))
            server.close(4444)
            await asyncio.sleep(1)
            log.append("cleaned up")

        server.add_event_listener("close", closed)
        server.accept()
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        socket.send("a")
        got = await socket.receive()
        socket.close(4001, "bye")
        socket.close(4002, "again")
        await asyncio.sleep(3)
        return got, socket.close_code, await scopes_left(app), await own(app).log()

    assert played(scenario, listening) == ("a", 4001, 0, [("CLOSED", 4001, "bye", True), "cleaned up"])


def test_nothing_is_kept_of_sockets_that_are_closed() -> None:  # F-WS-05, R-WS-09, R-WS-10, R-WS-26, R-WS-08
    async def scenario(app: App) -> Any:
        client = app.client("a")
        for number in range(30):
            socket = await client.websocket("/")
            socket.send("a")
            if number % 3:
                await socket.receive()
            socket.close(4000 + number)
            if number % 2:
                await all_of(socket)
        gone = await scopes_left(app)
        client.tidy()
        return gone, len(client._scopes), client.scope.handles

    assert played(scenario, *CHAINS[1]) == (0, 1, {})


def test_a_session_has_no_ends_after_its_sockets_are_closed() -> None:  # F-WS-05
    using = asking("""
    async def use(self):
        for _ in range(10):
            socket = await self.socket()
            socket.send("a")
            socket.close(4001)
            async for message in socket:
                pass
        scope = self.ctx._scope
        open = [len(asking.side.ends) for asking in scope.sessions.values()]
        return open, len(scope.handles), len(scope.holders)
    """)

    async def scenario(app: App) -> Any:
        return await own(app, "web").use()

    # What is left is the call itself, and its task, which has read to the end and may go on.
    assert played(scenario, ECHO, using) == ([0], 1, 2)
