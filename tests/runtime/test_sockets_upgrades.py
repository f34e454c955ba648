"""Sockets that are returned in a response, and what whoever asked gets of them. F-WS-02, F-WS-03, F-WS-04, F-WS-08."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.errors import CrossContextError, NotSendable, NotUpgraded, Released
from detrun.runtime.http.response import Response
from detrun.runtime.sockets import ReadyState, WebSocketPair
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, Configured, play, played, scopes_left, worker
from tests.runtime.sockets import CHAINS, ECHO, HOPS, QUIET, all_of, asking, own, serving, unaccepted


@HOPS
def test_messages_go_both_ways_over_any_number_of_hops(
    workers: list[Configured],
) -> None:  # R-WS-19, R-WS-20, R-WS-21, R-WS-25, F-WS-08
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        for message in ("a", b"b", "", "ä"):
            socket.send(message)
        got = [await socket.receive() for _ in range(4)]
        socket.close(4001, "that was all")
        rest = await all_of(socket)
        return got, rest, await scopes_left(app), await own(app).log()

    close = (4001, "that was all", True)
    assert played(scenario, *workers) == (["a", b"b", "", "ä"], [close], 0, [close])


@HOPS
def test_what_is_said_before_the_response_is_not_lost(
    workers: list[Configured],
) -> None:  # R-WS-02, R-WS-03, R-WS-05, F-WS-03
    early = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        server.send("early")
        server.close(4001, "and gone")
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        socket = await unaccepted(app)
        await asyncio.sleep(1)
        early = socket.ready_state
        socket.accept()
        late = socket.ready_state
        return early, late, await all_of(socket), await scopes_left(app)

    assert played(scenario, early, *workers[1:]) == (3, 3, ["early", (4001, "and gone", True)], 0)


def test_a_response_brings_a_socket_that_is_not_accepted_yet() -> None:  # R-WS-23, F-WS-02
    async def scenario(app: App) -> Any:
        response = await app.fetch("/", headers={"upgrade": "websocket"})
        assert response.web_socket is not None
        return response.status, response.web_socket.ready_state

    assert played(scenario, ECHO) == (101, ReadyState.CONNECTING)


def test_who_has_accepted_what_he_sends_away_is_warned_and_what_nobody_read_still_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:  # F-WS-02, R-WS-04
    accepting = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        client.accept()
        server.accept()
        server.send("read")
        log.append(await client.receive())
        server.send("not read")
        self.ctx.wait_until(self.serve(server))
        return Response(web_socket=client)

    async def serve(self, server):
        server.send("later")
        async for message in server:
            server.send(message)
    """)

    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        socket.send("echo")
        return [await socket.receive() for _ in range(3)]

    assert played(scenario, accepting) == ["not read", "later", "echo"]
    assert "was accepted before it was sent away" in caplog.text


@pytest.mark.parametrize("value", ["'a socket'", "object()", "WebSocketPair()", "{}"])
def test_what_is_no_end_of_a_pair_is_refused_before_anything_is_sent(value: str) -> None:  # R-WS-18, F-WS-02
    wrong = serving(f"""
    async def fetch(self, request):
        return Response(web_socket={value})
    """)

    async def scenario(app: App) -> Any:
        with pytest.raises(NotSendable, match="to be an end of a WebSocketPair, got"):
            await app.websocket("/")
        return await scopes_left(app)

    assert played(scenario, wrong) == 0


def test_what_is_sent_away_does_not_come_to_a_listener_as_well() -> None:
    listening = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        client.accept()
        client.add_event_listener("message", lambda event: log.append(event.data))
        server.accept()
        server.send("a")
        server.close(4001)
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        return await all_of(await app.websocket("/")), await own(app).log()

    assert played(scenario, listening) == (["a", (4001, "", True)], [])


def test_each_hop_carries_each_message_and_one_close_each_way() -> None:
    async def scenario(app: App) -> Any:
        names: list[str] = []
        app.application.engine.trace.observers.append(lambda event: names.append(getattr(event, "path", "")))
        socket = await app.websocket("/")
        socket.send("a")
        await socket.receive()
        socket.close()
        await asyncio.sleep(1)
        app.disconnect()
        await asyncio.sleep(1)
        return [sum(f"{what} of a socket" in name for name in names) for what in ("message", "close", "loss")]

    assert played(scenario, *CHAINS[1]) == [4, 4, 0]


def test_a_socket_has_one_owner() -> None:
    wrong = serving(
        """
    async def twice(self):
        client, server = WebSocketPair()
        return [Response(web_socket=client), Response(web_socket=client)]

    async def once(self):
        client, server = WebSocketPair()
        try:
            await self.env.SELF.take([Response(web_socket=client), object()])
        except TypeError:
            client.accept()
            server.accept()
            server.send("still here")
            return await client.receive()

    async def take(self, responses):
        pass
    """,
        "api",
        Bound("SELF", "api"),
    )

    async def scenario(app: App) -> Any:
        with pytest.raises(Released, match="the socket was sent away in a response"):
            await own(app).twice()
        return await own(app).once(), await scopes_left(app)

    assert played(scenario, wrong) == ("still here", 0)


def test_a_socket_that_was_sent_away_is_of_no_more_use() -> None:
    sending = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        self.ctx.wait_until(self.use(client))
        return Response(web_socket=client)

    async def use(self, client):
        await asyncio.sleep(1)
        for use in (client.accept, client.close, lambda: client.send("a")):
            try:
                use()
            except Exception as error:
                log.append(type(error).__name__)
        log.append(repr(client))
    """)

    async def scenario(app: App) -> Any:
        await app.websocket("/")
        await asyncio.sleep(2)
        return await own(app).log()

    assert played(scenario, sending) == ["Released"] * 3 + ["<WebSocket sent away>"]


def test_a_socket_belongs_to_its_event() -> None:
    sharing = serving("""
    async def serve(self, server):
        log.append(server)
        await server.receive()

    async def use(self):
        log[0].send("from elsewhere")
    """)

    async def scenario(app: App) -> Any:
        await app.websocket("/")
        with pytest.raises(CrossContextError, match="a socket") as caught:
            await own(app).use()
        return caught.value.kind if hasattr(caught.value, "kind") else caught.value.what

    assert played(scenario, sharing) == "a socket"


def test_a_worker_uses_the_socket_of_another() -> None:  # F-WS-08
    using = asking("""
    async def ask(self, messages):
        socket = await self.socket()
        for message in messages:
            socket.send(message)
        got = [await socket.receive() for _ in messages]
        socket.close(4001, "thanks")
        return got
    """)

    async def scenario(app: App) -> Any:
        got = await own(app, "web").ask(["a", "b"])
        return got, await scopes_left(app), await own(app).log()

    assert played(scenario, ECHO, using) == (["a", "b"], 0, [(4001, "thanks", True)])


def test_both_ends_of_a_pair_may_be_sent_away() -> None:
    async def scenario(app: App) -> Any:
        one, two = await own(app).both()
        one.web_socket.accept()
        two.web_socket.accept()
        one.web_socket.send("a")
        two.web_socket.send("b")
        got = await one.web_socket.receive(), await two.web_socket.receive()
        two.web_socket.close(4001, "done")
        return got, await all_of(one.web_socket), await scopes_left(app)

    both = serving("""
    async def both(self):
        return [Response(web_socket=end) for end in WebSocketPair()]
    """)
    assert played(scenario, both) == (("b", "a"), [(4001, "done", True)], 0)


def test_a_socket_goes_along_with_a_call_as_well() -> None:
    async def scenario(app: App) -> Any:
        client, server = WebSocketPair()
        server.accept()
        server.send("a")
        await own(app).take(Response(web_socket=client))
        got = await server.receive()
        server.close(4001, "done")
        closed = await scopes_left(app), len(app.default.scope.handles)
        return got, closed, await own(app).log()

    taking = serving("""
    async def take(self, response):
        response.web_socket.accept()
        self.ctx.wait_until(self.serve(response.web_socket))

    async def serve(self, socket):
        async for message in socket:
            socket.send(message)
        log.append(socket.close_code)
    """)
    assert played(scenario, taking) == ("a", (0, 0), [4001])


def test_a_protocol_that_was_agreed_on_is_known() -> None:
    agreeing = serving("""
    async def fetch(self, request):
        wanted = request.headers.get("sec-websocket-protocol").split(", ")
        return Response(web_socket=WebSocketPair()[0], headers={"sec-websocket-protocol": wanted[1]})
    """)

    async def scenario(app: App) -> Any:
        return (await app.websocket("/", protocols=["chat", "superchat"])).protocol

    assert played(scenario, agreeing) == "superchat"


def test_who_asks_for_a_socket_and_gets_a_page_is_told_its_status() -> None:
    async def scenario(app: App) -> Any:
        with pytest.raises(NotUpgraded, match="expected /a to give a socket, got a response of status 403") as caught:
            await app.websocket("/a")
        return caught.value.status

    refusing = worker("api", "def on_fetch(request, env, ctx):\n    return Response('no', status=403)")
    assert played(scenario, refusing) == 403


def test_a_redirection_leads_to_a_socket() -> None:
    redirecting = serving("""
    async def fetch(self, request):
        if request.url.endswith("/old"):
            return Response.redirect("http://localhost/new")
        client, server = WebSocketPair()
        server.accept()
        server.send(request.url)
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        return await (await app.websocket("/old")).receive()

    assert played(scenario, redirecting) == "http://localhost/new"


def test_what_is_on_its_way_is_counted() -> None:
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        socket.send(b"a" * 100)
        under_way = socket.buffered_amount
        await socket.receive()
        return 100 <= under_way < 120, socket.buffered_amount

    assert played(scenario, ECHO) == (True, 0)


def test_the_same_seed_is_the_same_run() -> None:
    async def scenario(app: App) -> Any:
        async def one(number: int) -> Any:
            socket = await app.websocket("/")
            socket.send(str(number))
            return await socket.receive()

        return await asyncio.gather(*map(one, range(5)))

    digests = [play(scenario, *CHAINS[2], seed=seed).digest for seed in (1, 1, 2)]

    assert digests[0] == digests[1] != digests[2]


def test_scenarios_have_pairs_too() -> None:
    async def scenario(app: App) -> Any:
        client, server = WebSocketPair()
        client.accept()
        server.accept()
        server.send("a")
        return await client.receive()

    assert played(scenario, QUIET) == "a"
