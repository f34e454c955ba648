"""What the applications in the zoo are made of: workers in a line or two each, and the run of a scenario with them."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

from detrun.errors import Disconnected
from detrun.runtime.modules.snapshot import Snapshot
from detrun.scenarios.playing import playing
from tests.runtime.applications import Bound, Configured, Scenario, Workers, worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from detrun.scenarios.app import App

SOCKETS = """
from detrun.errors import SocketClosed
from detrun.runtime.sockets import WebSocketPair
"""


def written(source: str, *, mended: bool, **choices: tuple[str, str]) -> str:
    """A source in which each `NAME` is the first of its choices, or the second if it is mended."""
    source = dedent(source)
    for name, choice in choices.items():
        source = source.replace(name, choice[mended])
    return source


def store(source: str, name: str = "store") -> Configured:
    """The worker that the other one asks."""
    return worker(name, SOCKETS + dedent(source))


def front(source: str) -> Configured:
    """The worker that clients ask; `env.STORE` is the other one."""
    return worker("front", SOCKETS + dedent(source), Bound("STORE", "store"))


async def answered(call: Awaitable[Any]) -> Any:
    """What a call gives; nothing if whoever should have answered it is gone, as anybody may be."""
    try:
        return await call
    except Disconnected:
        return None


async def fetched(app: App, path: str, **options: Any) -> Any:
    """The same of a request, which nobody makes before this begins: who is cancelled until then leaves nothing."""
    return await answered(app.fetch(path, **options))


async def play(scenario: Scenario, *workers: Configured) -> Any:
    """Run a scenario with an application of these workers."""
    snapshots: Mapping[str, Snapshot] = {
        each.name: Snapshot.of({f"{each.directory}/main.py": each.source.encode()}, each.directory) for each in workers
    }
    return await playing(Workers(workers), snapshots, scenario)()


LOG = store("""
lines = []
class Default(WorkerEntrypoint):
    async def put(self, line):
        lines.append(line)
        return len(lines)
    async def all(self):
        return lines
""")
