"""Applications with sockets, and what is asked about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from detrun.errors import SocketClosed
from detrun.runtime.sockets import WebSocket
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, Configured, Scenario, play, worker

SEEDS = 200

_IMPORTS = """
from detrun.runtime.sockets import WebSocketPair
from detrun.errors import SocketClosed

log = []
"""

QUIET = worker("quiet", "class Default(WorkerEntrypoint): pass")


def serving(source: str, name: str = "api", *services: Bound) -> Configured:
    """A worker whose default entrypoint has `serve(server)` among its methods, and returns the other end at once.

    `serve` notes what comes and how it ends, unless there is another one.
    """
    return worker(
        name,
        _IMPORTS
        + """
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(web_socket=self.begun())

    def begun(self):
        client, server = WebSocketPair()
        server.accept()
        self.ctx.wait_until(self.serve(server))
        return client

    async def serve(self, server):
        log.extend([message async for message in server])
        log.append((server.close_code, server.close_reason, server.was_clean))

    def log(self):
        return log
"""
        + source,
        *services,
    )


ECHO = serving("""
    async def serve(self, server):
        async for message in server:
            server.send(message)
        log.append((server.close_code, server.close_reason, server.was_clean))
""")


def asking(source: str) -> Configured:
    """A worker that asks `api` for sockets: `response()` is an answer with one, and `socket()` is one, accepted."""
    source = f"""
    async def response(self):
        return await self.env.API.fetch("http://api/", headers={{"upgrade": "websocket"}})

    async def socket(self):
        socket = (await self.response()).web_socket
        socket.accept()
        return socket

    {source}"""
    return serving(source, "web", Bound("API", "api"))


def passing(name: str, to: str) -> Configured:
    """A worker that hands on what it is asked for."""
    source = """
    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return await self.env.NEXT.fetch(request)
    """
    return worker(name, source, Bound("NEXT", to))


CHAINS: list[list[Configured]] = [[ECHO], [ECHO, passing("b", "api")]]
CHAINS.append([*CHAINS[1], passing("c", "b"), passing("d", "c")])

HOPS = pytest.mark.parametrize("workers", CHAINS, ids=["direct", "one hop", "three hops"])

# How a socket is closed by a reload or a stop, and how one is that was lost: code, reason, and whether it was said.
RESTART = (1012, "Service Restart", True)
GONE = (1006, "", False)


def own(application: App, name: str = "api") -> Any:
    """A service of a worker, to ask what it has noted."""
    return application.service(name)


async def unaccepted(app: App) -> WebSocket:
    """A socket as it comes with a response."""
    response = await app.fetch("/", headers={"upgrade": "websocket"})
    assert response.web_socket is not None
    return response.web_socket


async def all_of(socket: WebSocket) -> list[Any]:
    """Each message, and the close at the end."""
    got: list[Any] = []
    try:
        while True:
            got.append(await socket.receive())
    except SocketClosed as error:
        return [*got, (error.code, error.reason, error.was_clean)]


def stop_workers(app: App) -> None:
    """Have all generations stop, while clients are there."""
    for each in app.application.workers:
        each.stop()


def explored(scenario: Scenario, *workers: Configured, seeds: int = SEEDS, **options: Any) -> Iterator[Any]:
    """What a scenario gives on many schedules."""
    for seed in range(seeds):
        yield play(scenario, *workers, seed=seed, **options).result()
