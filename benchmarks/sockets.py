"""What an echo through a socket of an application costs, beside a call: `python -m benchmarks.sockets [ROUNDS]`.

The difference between a long run and a short one, in CPU: starting an application is in neither figure.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

from benchmarks.harness import interleaved, title
from detrun.scenarios.app import App
from tests.runtime.applications import Configured, Scenario, play, worker
from tests.runtime.sockets import ECHO, serving

FEW, MANY = 128, 128 * 41
CLIENTS, IN_FLIGHT = 8, 16
LIMIT = 10**9

LISTENING = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        server.add_event_listener("message", lambda event: server.send(event.data))
        return Response(web_socket=client)
""")
CALLED = worker("api", "class Default(WorkerEntrypoint):\n    def same(self, text): return text")


def calls(count: int) -> Scenario:
    async def scenario(app: App) -> None:
        api = app.service("api")
        for _ in range(count):
            await api.same("hello")

    return scenario


def echoes(count: int) -> Scenario:
    async def scenario(app: App) -> None:
        socket = await app.websocket("/")
        for _ in range(count):
            socket.send("hello")
            await socket.receive()

    return scenario


def many_in_flight(count: int) -> Scenario:
    async def one(app: App) -> None:
        socket = await app.websocket("/")
        for _ in range(count // CLIENTS // IN_FLIGHT):
            for _ in range(IN_FLIGHT):
                socket.send("hello")
            for _ in range(IN_FLIGHT):
                await socket.receive()

    async def scenario(app: App) -> None:
        await asyncio.gather(*(one(app) for _ in range(CLIENTS)))

    return scenario


def cost(scenario: Callable[[int], Scenario], application: Configured) -> Callable[[], float]:
    """Microseconds of each."""

    def seconds(count: int) -> float:
        began = process_time()
        play(scenario(count), application, strategy="default", max_steps=LIMIT).result()
        return process_time() - began

    return lambda: (seconds(MANY) - seconds(FEW)) / (MANY - FEW) * 1e6


ARMS: dict[str, tuple[Callable[[int], Scenario], Any]] = {
    "a call and its answer": (calls, CALLED),
    "a message and its echo": (echoes, ECHO),
    "the same by a listener": (echoes, LISTENING),
    f"{CLIENTS} clients, {IN_FLIGHT} messages in flight": (many_in_flight, ECHO),
    "the same by listeners": (many_in_flight, LISTENING),
}


def main(rounds: int) -> None:
    title("microseconds of CPU, both directions")
    for name, found in interleaved({name: cost(*arm) for name, arm in ARMS.items()}, rounds).items():
        print(f"{name:40} {statistics.median(found):6.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
