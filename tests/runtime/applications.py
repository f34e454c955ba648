"""Small applications, made of sources that stand in a test, and scenarios that are played with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec

import detrun
from detrun.model import Run
from detrun.runtime.configuration.declarations import Limits
from detrun.runtime.modules.snapshot import Snapshot
from detrun.scenarios.app import App
from detrun.scenarios.playing import playing

Scenario = Callable[[App], Awaitable[Any]]

IMPORTS = """
import asyncio
from detrun import Request, Response, RpcTarget, WorkerEntrypoint
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
    variables: Mapping[str, Any] = {}
    limits: Limits = Limits()
    # Other files of it, by their paths beside the main one.
    beside: Mapping[str, str] = {}

    @property
    def directory(self) -> Path:
        return Path("/app") / self.name

    @property
    def main(self) -> str:
        return "main.py"


class Workers(msgspec.Struct, frozen=True):
    """An application; requests from outside come to the last of its workers."""

    workers: tuple[Configured, ...]
    directory: Path = Path("/app")

    @property
    def main(self) -> str:
        return self.workers[-1].name

    def answering(self, host: str, path: str) -> str:
        return self.main


def worker(name: str, source: str, *services: Bound, **variables: Any) -> Configured:
    """A worker of one file, which has imported what workers are made of."""
    return Configured(name, IMPORTS + dedent(source), services, variables)


def with_files(configured: Configured, **files: str) -> Configured:
    """The same worker with modules of these names beside the main one."""
    return msgspec.structs.replace(configured, beside={f"{name}.py": source for name, source in files.items()})


def limited(configured: Configured, **limits: int) -> Configured:
    """The same worker with these limits."""
    return msgspec.structs.replace(configured, limits=Limits(**limits))


def play(scenario: Scenario, *workers: Configured, **options: Any) -> Run:
    """Play a scenario with an application of these workers, in the simulated world."""
    snapshots = {}
    for each in workers:
        files = {"main.py": each.source, **each.beside}
        sources = {f"{each.directory}/{path}": content.encode() for path, content in files.items()}
        snapshots[each.name] = Snapshot.of(sources, each.directory)
    return detrun.run(playing(Workers(workers), snapshots, scenario), **options)


def played(scenario: Scenario, *workers: Configured, **options: Any) -> Any:
    """What a scenario gives, on the default schedule and on some others."""
    results = [play(scenario, *workers, strategy="default", **options).result()]
    results += [play(scenario, *workers, seed=seed, **options).result() for seed in range(5)]
    assert all(result == results[0] for result in results), results
    return results[0]


async def scopes_left(app: App) -> int:
    """How many events still go on in all generations, after what is under way has arrived."""
    await asyncio.sleep(1)
    return sum(len(known.isolate.scopes) for worker in app.application.workers for known in worker.generations)
