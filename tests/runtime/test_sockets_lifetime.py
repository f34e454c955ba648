"""How long an event lives that has a socket, and whether a reload waits for it. F-WS-10, F-WS-11."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.errors import Disconnected, Hung
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, played, scopes_left
from tests.runtime.sockets import ECHO, GONE, RESTART, all_of, asking, own, serving

TICKING = serving("""
    async def serve(self, server):
        for number in range(100):
            server.send(str(number))
            await asyncio.sleep(1)
        server.close(4000)
""")


def test_an_open_socket_keeps_its_event_alive_for_as_long_as_it_likes() -> None:  # R-WS-15
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        await asyncio.sleep(500)
        during = await scopes_left(app)
        socket.send("a")
        return during, await socket.receive()

    assert played(scenario, ECHO) == (1, "a")


def test_work_that_goes_with_a_socket_is_not_ended_half_a_minute_after_the_answer() -> None:
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        return (await all_of(socket))[-2:], await scopes_left(app)

    assert played(scenario, TICKING) == (["99", (4000, "", True)], 0)


def test_work_that_goes_on_after_the_close_has_half_a_minute() -> None:
    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        await socket.receive()
        socket.close()
        goes_on = [await scopes_left(app)]
        await asyncio.sleep(25)
        goes_on.append(await scopes_left(app))
        await asyncio.sleep(5)
        return [*goes_on, await scopes_left(app)]

    assert played(scenario, TICKING) == [1, 1, 0]


def test_whoever_reads_to_the_end_may_end_what_he_does() -> None:
    reading = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        self.reader, self.other = asyncio.create_task(self.read(server)), asyncio.create_task(self.tick())
        return Response(web_socket=client)

    async def read(self, server):
        async for message in server:
            await asyncio.sleep(1)
            log.append(message)
        await asyncio.sleep(5)
        log.append("the end")

    async def tick(self):
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise
    """)

    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        for number in range(3):
            socket.send(str(number))
        socket.close()
        await asyncio.sleep(20)
        return await scopes_left(app), await own(app).log()

    assert played(scenario, reading) == (0, ["0", "1", "2", "the end", "cancelled"])


def test_whoever_goes_on_after_the_end_has_half_a_minute() -> None:
    lasting = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        self.reader = asyncio.create_task(self.read(server))
        return Response(web_socket=client)

    async def read(self, server):
        async for message in server:
            pass
        await asyncio.sleep(1000)
    """)

    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        socket.close()
        await asyncio.sleep(25)
        goes_on = await scopes_left(app)
        await asyncio.sleep(10)
        return goes_on, await scopes_left(app)

    assert played(scenario, lasting) == (1, 0)


def test_a_handler_that_waits_for_a_socket_does_not_hang() -> None:
    waiting = asking("""
    async def wait(self):
        return [message async for message in await self.socket()]
    """)

    async def scenario(app: App) -> Any:
        return await own(app, "web").wait()

    assert played(scenario, TICKING, waiting) == [str(number) for number in range(100)]


def test_a_worker_may_go_on_with_a_socket_after_its_answer() -> None:
    using = asking("""
    async def begin(self):
        socket = await self.socket()
        socket.add_event_listener("message", lambda event: log.append(event.data))
        socket.send("a")
        return "begun"
    """)

    async def scenario(app: App) -> Any:
        begun = await own(app, "web").begin()
        return begun, await scopes_left(app), await own(app, "web").log()

    assert played(scenario, ECHO, using) == ("begun", 2, ["a"])


def test_a_reload_does_not_wait_for_sockets() -> None:  # F-WS-10, R-WS-22
    async def scenario(app: App) -> Any:
        loop = asyncio.get_running_loop()
        socket = await app.websocket("/")
        await app.reload()
        began = loop.time()
        got = await all_of(socket)
        return got, loop.time() - began < 1, await scopes_left(app)

    assert played(scenario, ECHO) == ([RESTART], True, 0)


def test_a_reload_that_waits_for_something_else_closes_sockets_at_once_and_lets_them_be_cleaned_up() -> None:
    busy = serving(
        """
    async def slow(self):
        await asyncio.sleep(5)
        return "slow"

    async def serve(self, server):
        async for message in server:
            server.send(message)
        await asyncio.sleep(1)
        await self.env.SELF.note((server.close_code, server.close_reason, server.was_clean))

    def note(self, what):
        log.append(what)
    """,
        "api",
        Bound("SELF", "api"),
    )

    async def scenario(app: App) -> Any:
        loop = asyncio.get_running_loop()
        socket = await app.websocket("/")
        slow = asyncio.create_task(_awaited(own(app).slow()))
        await asyncio.sleep(0.5)
        await app.reload()
        began = loop.time()
        got = await all_of(socket)
        at_once = loop.time() - began < 1
        # What was noted is in the new generation's log, where new calls go.
        return got, at_once, await slow, await own(app).log(), await scopes_left(app)

    assert played(scenario, busy) == ([RESTART], True, "slow", [RESTART], 0)


def test_a_socket_of_an_event_that_has_not_answered_has_the_grace() -> None:
    slow = asking("""
    async def ask(self):
        socket = await self.socket()
        await asyncio.sleep(5)
        socket.send("a")
        return await socket.receive()
    """)

    async def scenario(app: App) -> Any:
        asked = asyncio.create_task(_awaited(own(app, "web").ask()))
        await asyncio.sleep(1)
        await app.reload({"/app/web/main.py": slow.source + "\nchanged = True"})
        return await asked, await scopes_left(app)

    assert played(scenario, ECHO, slow) == ("a", 0)


def test_an_upgrade_during_a_reload_is_answered_and_then_restarted() -> None:
    slow = serving("""
    async def fetch(self, request):
        await asyncio.sleep(5)
        client, server = WebSocketPair()
        server.accept()
        server.send("old")
        return Response(web_socket=client)
    """)

    async def scenario(app: App) -> Any:
        socket = asyncio.create_task(app.websocket("/"))
        await asyncio.sleep(1)
        await app.reload()
        return await all_of(await socket), await scopes_left(app)

    assert played(scenario, slow) == (["old", RESTART], 0)


def test_who_reads_in_a_generation_that_is_stopped_is_cancelled() -> None:
    reading = asking("""
    async def read(self):
        socket = await self.socket()
        try:
            await socket.receive()
        finally:
            socket.send("to nobody")
    """)

    async def scenario(app: App) -> Any:
        read = asyncio.create_task(_awaited(own(app, "web").read()))
        await asyncio.sleep(1)
        app.crash("web")
        with pytest.raises(Disconnected, match="crashed by the scenario"):
            await read
        return await scopes_left(app), await own(app).log()

    assert played(scenario, ECHO, reading) == (0, [GONE])


def test_who_waits_for_a_socket_that_nobody_else_has_waits_for_ever() -> None:
    alone = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        await server.receive()
    """)

    async def scenario(app: App) -> Any:
        with pytest.raises(Hung, match=r"await server.receive\(\)"):
            await app.websocket("/")

    played(scenario, alone)


def test_handlers_run_in_the_event_that_they_belong_to() -> None:
    calling = serving(
        """
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()

        async def answer(event):
            server.send(await self.env.SELF.twice(event.data))

        server.add_event_listener("message", answer)
        return Response(web_socket=client)

    def twice(self, text):
        return text * 2
    """,
        "api",
        Bound("SELF", "api"),
    )

    async def scenario(app: App) -> Any:
        socket = await app.websocket("/")
        socket.send("ab")
        return await socket.receive()

    assert played(scenario, calling) == "abab"


async def _awaited(promise: Any) -> Any:
    return await promise
