"""Scenarios: functions of an application under test, as programs that can be run, replayed and searched like any."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from detrun.errors import UsageError
from detrun.runtime.application import Application
from detrun.runtime.configuration.loading import load
from detrun.runtime.environment import check_services
from detrun.runtime.modules.snapshot import Snapshot
from detrun.runtime.scopes import SCOPE, log
from detrun.scenarios.app import App
from detrun.scenarios.mishaps import Mishaps
from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from detrun.runtime.configured import Configured
    from detrun.scheduler.contexts import Context
    from detrun.scheduler.loop import Loop

    Scenario = Callable[[App], Awaitable[Any]]


def of_directory(
    directory: str, scenario: Scenario, recorded: Mapping[str, Mapping[str, bytes]] | None = None
) -> Callable[[], Any]:
    """The program that plays a scenario with the application in this directory.

    Its sources are read here and now, unless they were recorded: then these are taken, by the names of workers.
    """
    return playing(*read(directory, recorded), scenario)


def read(
    directory: str, recorded: Mapping[str, Mapping[str, bytes]] | None = None
) -> tuple[Configured, dict[str, Snapshot]]:
    """The application in a directory, as it is configured, and the sources of its workers."""
    configured = load(Path(directory))
    for warning in configured.warnings:
        log.warning("%s", warning)
    check_services(configured)
    snapshots = {
        worker.name: Snapshot.of(recorded[worker.name], worker.directory)
        if recorded is not None and worker.name in recorded
        else Snapshot.taken(worker.directory)
        for worker in configured.workers
    }
    return configured, snapshots


def playing(configured: Configured, snapshots: Mapping[str, Snapshot], scenario: Scenario) -> Callable[[], Any]:
    """The program that plays a scenario with an application of these sources."""

    async def main() -> Any:
        async with Opened(configured, snapshots) as app:
            return await scenario(app)

    return main


class Opened:
    """An application that runs as long as this is entered, in the simulated world of the run that enters it."""

    def __init__(self, configured: Configured, snapshots: Mapping[str, Snapshot]) -> None:
        self._configured = configured
        self._snapshots = snapshots
        self._app: App

    async def __aenter__(self) -> App:
        engine = ACTIVE.engine
        if engine is None:
            raise UsageError("expected an application to run in a run, got none: use `detrun run`, or `@detrun.test`")
        self._app = app = App(Application(engine, self._configured, self._snapshots), _home())
        SCOPE.set(app.default.scope)
        Mishaps(app).watch()
        try:
            await app.application.start()
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        return app

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, GeneratorExit):
            return  # the run was ended in the middle, and nothing more happens in it
        await self._app.stop()
        if error is None:
            self._app.application.check()


def _home() -> Context:
    """The context of the loop that runs."""
    return cast("Loop", asyncio.get_running_loop()).home


def checked(scenario: Any, place: str) -> Scenario:
    """A scenario that can be played; raises if it is no async function of one argument."""
    try:
        inspect.signature(scenario).bind(None)
    except TypeError as error:
        raise UsageError(
            f"expected a scenario to take the application and nothing else, got {place}{inspect.signature(scenario)}"
        ) from error
    if not inspect.iscoroutinefunction(scenario):
        raise UsageError(f"expected a scenario to be an async function, got one that is not: {place}")
    return cast("Scenario", scenario)
