"""At every step of every scenario: a reload, which nobody notices, clients that hang up, and crashes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from detrun.errors import BindingError
from detrun.model import Run
from detrun.runtime.generations import State
from detrun.scenarios.app import App
from tests.runtime.applications import Scenario, play
from tests.runtime.injecting import all_steps, injected, nothing
from tests.runtime.plays import PLAYS, WORKERS

# The default schedule always, others when there is time.
SEEDS = (None, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 6)))


def reload(app: App) -> None:
    app.application.order_reload({})


def reload_twice(app: App) -> None:
    app.application.order_reload({})
    app.application.order_reload({})


def save_nonsense(app: App) -> None:
    app.application.order_reload({"store/main.py": "def", "front/main.py": "1 / 0"})


def jump(app: App) -> None:
    app.jump(3_600)


def hang_up(app: App) -> None:
    # As an event of its own: in the middle of somebody's turn nothing comes from outside.
    app.application.workers[0].supervisor.control.order("clients hang up", app.disconnect)


def crash(app: App) -> None:
    app.crash("store")
    app.crash("front")


def check(run: Run, step: int) -> None:
    """A run ended as it may after something went wrong: the one who asked was told, or was not concerned."""
    allowed = run.outcome == "ok" or isinstance(run.error, BindingError)
    assert allowed, f"at event {step}: {run.failure and run.failure.traceback}"


# What nobody who asks for something may notice.
UNNOTICED = (reload, reload_twice, save_nonsense, jump)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("action", UNNOTICED, ids=lambda action: action.__name__)
@pytest.mark.parametrize("scenario", PLAYS, ids=lambda play: play.__name__)
def test_nobody_notices_what_happens_at_any_step(  # F-GEN-04, R-GEN-03, R-GEN-04, R-GEN-05, R-GEN-07, R-GEN-08
    scenario: Scenario, action: Callable[[App], None], seed: int | None
) -> None:
    expected, _ = injected(scenario, WORKERS, 0, nothing, seed)
    for step in all_steps(scenario, WORKERS, seed):
        run, _ = injected(scenario, WORKERS, step, action, seed)
        assert run.outcome == "ok", f"at event {step}: {run.failure and run.failure.traceback}"
        assert run.value == expected.value, f"at event {step}"


# R-ABT-01
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", PLAYS, ids=lambda play: play.__name__)
def test_clients_that_hang_up_at_any_step_leave_nothing_behind(scenario: Scenario, seed: int | None) -> None:
    for step in all_steps(scenario, WORKERS, seed):
        check(injected(scenario, WORKERS, step, hang_up, seed)[0], step)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", PLAYS, ids=lambda play: play.__name__)
# F-RPC-15, R-GEN-19
def test_workers_that_crash_at_any_step_leave_nothing_behind(scenario: Scenario, seed: int | None) -> None:
    for step in all_steps(scenario, WORKERS, seed):
        check(injected(scenario, WORKERS, step, crash, seed)[0], step)


def test_there_are_many_steps_with_something_in_flight() -> None:
    flights = [injected(scenario, WORKERS, 0, nothing, None)[1].in_flight for scenario in PLAYS]

    assert sum(frames > 0 for flight in flights for frames in flight) >= 200


def test_an_application_is_as_before_after_crashes_and_pauses_longer_after_each() -> None:  # F-GEN-10
    async def scenario(app: App) -> Any:
        loop = asyncio.get_running_loop()
        began = loop.time()
        times = []
        for _ in range(3):
            crash(app)
            await app.sleep(0.01)
            assert await PLAYS[0](app) == "16"
            times.append(loop.time() - began)
        return times, [worker.active and worker.active.state for worker in app.application.workers]

    times, states = play(scenario, *WORKERS, strategy="default").result()
    assert times == [pytest.approx(after, abs=0.1) for after in (1, 3, 7)]
    assert states == [State.ACTIVE, State.ACTIVE]
