"""Something that is done to an application in the middle of a run, after each number of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from detrun.model import Run
from detrun.runtime.lines import Line
from detrun.scenarios.app import App
from tests.runtime.applications import Configured, Scenario, play
from tests.runtime.heard import HEARD

Action = Callable[[App], None]


class Injection:
    """Does something to an application in the middle of a run, as soon as so many events have happened."""

    def __init__(self, scenario: Scenario, at: int, action: Action) -> None:
        self._scenario, self._at, self._action = scenario, at, action
        self.events = 0
        # How many there were when the scenario was over, and the application not stopped yet.
        self.played = 0
        # How many frames were on their way at each event, beside the one that it was.
        self.in_flight: list[int] = []

    async def __call__(self, app: App) -> Any:
        def happens(_: object) -> None:
            self.events += 1
            arrivals = app.application.engine.arrivals
            self.in_flight.append(sum(isinstance(channel, Line) for channel in arrivals))
            if self.events == self._at:
                self._action(app)

        app.application.engine.trace.observers.append(happens)
        value = await self._scenario(app)
        self.played = self.events
        return value


def injected(
    scenario: Scenario, workers: Sequence[Configured], at: int, action: Action, seed: int | None
) -> tuple[Run, Injection]:
    """The run in which this is done after so many events; on the default schedule without a seed."""
    injection = Injection(scenario, at, action)
    options = {"strategy": "default"} if seed is None else {"seed": seed}
    return play(injection, *workers, **options), injection


def nothing(_: App) -> None:
    """Do nothing."""


def at_each_step(
    scenario: Scenario, workers: Sequence[Configured], action: Action, seeds: Iterable[int | None]
) -> Iterator[tuple[int, Any]]:
    """What a scenario gives if this is done after each number of events that it has, on each of these schedules.

    What workers have said, they have said in the last of these runs.
    """
    for seed in seeds:
        # The last event of a scenario is its end.
        for step in range(1, injected(scenario, workers, 0, nothing, seed)[1].played):
            HEARD.clear()
            yield step, injected(scenario, workers, step, action, seed)[0].result()


def all_steps(scenario: Scenario, workers: Sequence[Configured], seed: int | None) -> range:
    """After how many events something can be done."""
    run, injection = injected(scenario, workers, 0, nothing, seed)
    assert run.outcome == "ok", run.failure
    return range(1, injection.events + 1)
