"""Bugs of applications with sockets."""

from __future__ import annotations

from typing import Any

from detrun.scenarios.app import App
from tests.planted.zoo.applications import LOG, front, play, written
from tests.planted.zoo.planting import planted

SOCKET = """
from detrun.errors import Disconnected
state = {}
class Default(WorkerEntrypoint):
    members, welcomed = [], []
    async def log(self, line):
        try:
            await self.env.STORE.put(line)
        except Disconnected:
            pass  # at the very end
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        self.ctx.wait_until(self.serve(server, request.url.rsplit("/", 1)[-1]))
        return Response(web_socket=client)
"""


def serving(source: str, *, mended: bool, **choices: tuple[str, str]) -> Any:
    """A worker that serves sockets; choices as for a written source."""
    body = written(source, mended=mended, **choices)
    indented = "".join(f"    {line}\n" if line else "\n" for line in body.strip().splitlines())
    return front(SOCKET + indented)


@planted()
async def message_before_the_registration(*, mended: bool) -> None:  # R-WS-01
    """A member of a room is not told what is said between his welcome and his registration."""
    room = serving(
        """
        async def serve(self, server, name):
            self.welcomed.append(name)
            EARLY
            await self.log(name)
            LATE
        async def broadcast(self):
            return len(self.members), len(self.welcomed)
        """,
        mended=mended,
        EARLY=("pass", "self.members.append(server)"),
        LATE=("self.members.append(server)", "pass"),
    )

    async def scenario(app: App) -> None:
        await app.websocket("/ann")
        await app.sleep(0.010)
        told, welcomed = await app.service("front").broadcast()
        assert told == welcomed

    await play(scenario, LOG, room)


@planted()
async def closed_twice(*, mended: bool) -> None:  # R-WS-11
    """Who says goodbye and hangs up is counted down twice, if the first count is under way."""
    room = serving(
        """
        async def serve(self, server, name):
            state["online"] = state.get("online", 0) + 1
            here = [name]
            server.add_event_listener("close", lambda event: self.leave(here))
            server.add_event_listener("message", lambda event: self.leave(here))
            await asyncio.sleep(0)
        async def leave(self, here):
            if here:
                EARLY
                await self.log("left")
                LATE
                state["online"] -= 1
        async def online(self):
            return state.get("online", 0)
        """,
        mended=mended,
        EARLY=("pass", "here.clear()"),
        LATE=("here.clear()", "pass"),
    )

    async def scenario(app: App) -> None:
        socket = await app.websocket("/one")
        socket.send("bye")
        await app.sleep(0.010)
        socket.close()
        await app.sleep(0.010)
        assert await app.service("front").online() >= 0

    await play(scenario, LOG, room)


@planted()
async def reconnected_before_the_close(*, mended: bool) -> None:  # R-WS-14
    """The end of an old connection removes the new one of the same name."""
    room = serving(
        """
        async def serve(self, server, name):
            online = state.setdefault("online", {})
            online[name] = server
            async for message in server:
                pass
            await self.log("left")
            if MINE:
                online.pop(name, None)
        async def names(self):
            return list(state.get("online", {}))
        """,
        mended=mended,
        MINE=("True", "online.get(name) is server"),
    )

    async def scenario(app: App) -> None:
        first = await app.websocket("/ann")
        await app.sleep(0.010)
        first.close()
        await app.sleep(0.010)
        second = await app.websocket("/ann")
        second.send("here")
        await app.sleep(0.010)
        before = await app.service("front").names()
        await app.sleep(60)
        assert not before or await app.service("front").names() == ["ann"]

    await play(scenario, LOG, room)
