"""Scenarios: functions of an application under test, as programs that can be run, replayed and searched like any."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from detrun.errors import UsageError
from detrun.runtime.application import Application
from detrun.runtime.configuration.loading import load
from detrun.runtime.modules.graph import outside
from detrun.runtime.modules.snapshot import Snapshot
from detrun.runtime.scopes import SCOPE
from detrun.scheduler.active import ACTIVE
from detrun.testing.app import App

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from detrun.runtime.configured import Configured
    from detrun.scheduler.loop import Loop

    Scenario = Callable[[App], Awaitable[Any]]


def of_directory(
    directory: str, scenario: Scenario, recorded: Mapping[str, Mapping[str, bytes]] | None = None
) -> Callable[[], Any]:
    """The program that plays a scenario with the application in this directory.

    Its sources are read here and now, unless they were recorded: then these are taken, by the names of workers.
    """
    configured = load(Path(directory))
    snapshots = {
        worker.name: Snapshot.of(recorded[worker.name], worker.directory)
        if recorded is not None and worker.name in recorded
        else Snapshot.taken(worker.directory)
        for worker in configured.workers
    }
    return playing(configured, snapshots, scenario)


def playing(configured: Configured, snapshots: Mapping[str, Snapshot], scenario: Scenario) -> Callable[[], Any]:
    """The program that plays a scenario with an application of these sources."""

    async def main() -> Any:
        engine = ACTIVE.engine
        if engine is None:
            raise UsageError("expected a scenario to be played in a run, got none: use `detrun run --scenario`")
        application = Application(engine, configured, snapshots)
        loop = cast("Loop", asyncio.get_running_loop())
        _stand_outside(loop)
        app = App(application, loop.home)
        SCOPE.set(app.default.scope)
        try:
            await application.start()
            result = await scenario(app)
        except GeneratorExit:
            raise  # the run was ended in the middle, and nothing more happens in it
        except BaseException:
            await app.stop()
            raise
        else:
            await app.stop()
        finally:
            outside()
        application.check()
        return result

    return main


def _stand_outside(loop: Loop) -> None:
    """Have no generation's modules in place while the scenario itself runs."""
    iterate = loop.iterate

    def iterated() -> int:
        outside()
        return iterate()

    loop.iterate = iterated  # type: ignore[method-assign]


def checked(scenario: Any, place: str) -> Scenario:
    """A scenario that can be played; raises if it is no async function of one argument."""
    try:
        inspect.signature(scenario).bind(None)
    except TypeError as error:
        raise UsageError(
            f"expected a scenario to take the application and nothing else, got {place}{inspect.signature(scenario)}"
        ) from error
    if not inspect.iscoroutinefunction(scenario):
        raise UsageError(f"expected a scenario to be an async function, got {scenario!r}: {place}")
    return cast("Scenario", scenario)
