"""Small applications, made of sources that stand in a test, and scenarios that are played with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from textwrap import dedent
from typing import Any

import msgspec

import detrun
from detrun.model import Run
from detrun.runtime.application import Application
from detrun.runtime.modules.snapshot import Snapshot
from detrun.runtime.scopes import SCOPE
from detrun.scheduler.active import ACTIVE
from detrun.testing.app import App

Scenario = Callable[[App], Awaitable[Any]]

IMPORTS = """
import asyncio
from detrun.runtime.entrypoints import WorkerEntrypoint
from detrun.runtime.http.request import Request
from detrun.runtime.http.response import Response
from detrun.runtime.members import RpcTarget
"""


class Bound(msgspec.Struct, frozen=True):
    """A binding to a service."""

    binding: str
    service: str
    entrypoint: str | None = None
    props: dict[str, Any] = {}


class Configured(msgspec.Struct, frozen=True):
    """A worker as its configuration has it."""

    name: str
    source: str
    services: Sequence[Bound] = ()
    vars: Mapping[str, Any] = {}
    secrets: Mapping[str, str] = {}
    main: str = "main.py"


class Workers(msgspec.Struct, frozen=True):
    """An application; requests from outside come to the last of its workers."""

    workers: tuple[Configured, ...]

    @property
    def main(self) -> str:
        return self.workers[-1].name


def worker(name: str, source: str, *services: Bound, **variables: Any) -> Configured:
    """A worker of one file, which has imported what workers are made of."""
    return Configured(name, IMPORTS + dedent(source), services, variables)


def play(scenario: Scenario, *workers: Configured, **options: Any) -> Run:
    """Play a scenario with an application of these workers, in the simulated world."""
    application = Workers(workers)

    async def main() -> Any:
        engine = ACTIVE.engine
        assert engine is not None
        snapshots = {
            each.name: Snapshot.of({f"/app/{each.name}/main.py": each.source.encode()}, f"/app/{each.name}")
            for each in workers
        }
        runs = Application(engine, application, snapshots)
        app = App(runs, asyncio.get_running_loop().home)  # type: ignore[attr-defined]
        await runs.start()
        SCOPE.set(app.default.scope)
        try:
            return await scenario(app)
        finally:
            await app.stop()

    return detrun.run(main, **options)


def played(scenario: Scenario, *workers: Configured, **options: Any) -> Any:
    """What a scenario gives, on the default schedule and on some others."""
    results = [play(scenario, *workers, strategy="default", **options).result()]
    results += [play(scenario, *workers, seed=seed, **options).result() for seed in range(5)]
    assert all(result == results[0] for result in results), results
    return results[0]
