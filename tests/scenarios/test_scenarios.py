"""Scenarios: what is said of an application that cannot be played with, before anything of it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from detrun.errors import UsageError
from detrun.explore.attempt import Attempts
from detrun.scenarios.app import App
from detrun.scenarios.playing import checked, of_directory, read
from detrun.scheduler.strategies.random import Random
from tests.runtime.applications import play, worker

TWO = """
[[workers]]
name = "web"
main = "web.py"
services = [{ binding = "API", service = "ap" }]

[[workers]]
name = "api"
main = "api.py"
"""


def test_a_service_that_no_worker_has_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "detrun.toml").write_text(TWO)
    for name in ("web", "api"):
        (tmp_path / f"{name}.py").touch()

    with pytest.raises(UsageError, match=r"one of web, api, got 'ap': API of the worker 'web'"):
        read(str(tmp_path))


def test_what_is_worth_a_warning_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "detrun.toml").write_text('name = "web"\nmain = "web.py"\n')
    (tmp_path / "wrangler.toml").write_text('name = "web"\nmain = "web.py"\n')
    (tmp_path / "web.py").touch()
    # Other tests here want nothing logged.
    logging.disable(logging.NOTSET)

    read(str(tmp_path))

    assert caplog.messages == [f"{tmp_path}/detrun.toml is the configuration: wrangler.toml is not read"]


KEEPING = """
import asyncio
from detrun import WorkerEntrypoint

SEEN = []

class Default(WorkerEntrypoint):
    async def see(self, number):
        SEEN.append(number)
        await asyncio.sleep(0.001)
        self.env.FIRST.append(number)
        return SEEN + self.env.FIRST
"""


def test_a_schedule_is_the_same_whichever_came_before_it_and_finds_fresh_modules(tmp_path: Path) -> None:
    (tmp_path / "detrun.toml").write_text('name = "web"\nmain = "web.py"\nvars = { FIRST = [0] }\n')
    (tmp_path / "web.py").write_text(KEEPING)
    seen: list[list[int]] = []

    async def scenario(app: App) -> None:
        web = app.service("web")
        await asyncio.gather(web.see(1), web.see(2))
        seen.append(await web.see(3))

    program = of_directory(str(tmp_path), scenario)
    attempts = Attempts(lambda: program)
    seeds = [*range(8), *reversed(range(8)), *range(8)]
    digests = [attempts.attempt(Random(seed)).digest for seed in seeds]

    assert len(set(zip(seeds, digests, strict=True))) == 8
    assert len(set(digests)) > 1
    assert {tuple(sorted(each)) for each in seen} == {(0, 1, 1, 2, 2, 3, 3)}


Ask = Callable[[App], Awaitable[object]]
ASKS: tuple[Ask, ...] = (
    lambda app: app.fetch("/"),
    lambda app: app.service("web").fetch("/"),
    lambda app: app.service("web").number(),
    lambda app: app.websocket("/"),
    lambda app: app.client("another").fetch("/"),
)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("ask", ASKS)
def test_who_asks_when_a_scenario_is_over_does_not_keep_it_from_its_end(ask: Ask, *, fails: bool) -> None:
    web = worker("web", "class Default(WorkerEntrypoint):\n    def number(self):\n        return 1")
    asked: list[bool] = []

    async def asking(app: App) -> None:
        while True:
            asked.append(len(await asyncio.gather(ask(app), return_exceptions=True)) == 1)
            await asyncio.sleep(0)

    async def scenario(app: App) -> str:
        task = asyncio.create_task(asking(app))
        await app.sleep(0.01)
        if fails:
            raise LookupError("its own error")
        return task.get_name()

    for seed in range(10):
        asked.clear()
        run = play(scenario, web, seed=seed)
        assert isinstance(run.error, LookupError) if fails else run.outcome == "ok", run.failure
        assert asked


async def _of_two(app: object, more: object) -> None: ...


def _not_async(app: object) -> None: ...


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (_of_two, r"take the application and nothing else, got here\(app: .*, more: .*\)"),
        (_not_async, "to be an async function, got .*: here"),
    ],
)
def test_a_function_that_cannot_be_a_scenario_is_refused(scenario: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        checked(scenario, "here")
