"""Generations of a worker: how one follows the other, and what happens while it is loaded."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from detrun.errors import Disconnected
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, Configured, play, played, worker
from tests.runtime.heard import HEARD
from tests.runtime.versions import FRONT, SOURCE, WEB, active, states, upload, version


def test_a_generation_has_a_number_a_state_and_two_instants_and_is_listed_a_minute_after_its_end() -> None:  # F-GEN-01
    async def scenario(app: App) -> Any:
        seen: list[Any] = [states(app)]
        call = asyncio.ensure_future(app.service("web").slow(2))
        await app.sleep(0.1)
        old = active(app)
        seen.append([(len(old.isolate.scopes), old.ended)])
        await app.reload(version(2))
        await app.sleep(0.1)
        seen.append(states(app))
        await call
        await app.sleep(0.1)
        seen.append(states(app))
        assert old.ended is not None
        assert 2e9 <= old.ended - old.began < 2.1e9
        await app.sleep(59)
        seen.append(states(app))
        await app.sleep(1)
        seen.append(states(app))
        return seen

    assert played(scenario, WEB) == [
        [(1, "active")],
        [(1, None)],
        [(1, "draining"), (2, "active")],
        [(1, "stopped"), (2, "active")],
        [(1, "stopped"), (2, "active")],
        [(2, "active")],
    ]


def test_how_far_a_generation_has_come_is_in_the_journal_and_events_say_whose_they_are() -> None:  # F-GEN-01, F-GEN-09
    names: list[str] = []

    async def scenario(app: App) -> Any:
        app.application.engine.trace.observers.append(lambda event: names.append(getattr(event, "path", "")))
        await app.service("web").number()
        await app.reload(version(2))
        await app.service("web").number()
        await app.sleep(1)

    play(scenario, WEB, strategy="default").result()

    steps = ["load", "ready", "stop claims", "hand over", "move pointer", "drain", "stop"]
    assert [name.split("/")[-1] for name in names if name.split("/")[-1] in steps][: len(steps)] == steps
    assert "web@1/stop" in names
    assert "web@2/load" in names


def test_what_was_changed_is_so_after_one_reload_and_nothing_of_a_module_survives() -> None:  # F-GEN-02
    async def scenario(app: App) -> Any:
        before = await app.service("web").number()
        await app.reload(version(2))
        return before, await app.service("web").number()

    assert played(scenario, WEB) == (1, 2)


def test_all_who_ask_during_a_reload_get_the_same_next_one_with_what_is_newest() -> None:  # F-GEN-03, R-GEN-11
    async def scenario(app: App) -> Any:
        first = app.application.order_reload(version(2))
        others = [app.application.order_reload(version(number)) for number in (3, 4, 5)]
        assert len({id(order) for orders in others for order in orders}) == 1
        numbers = await asyncio.gather(*(order.wait() for orders in (first, *others) for order in orders))
        generation = app.application.worker("web").generations
        return len(set(numbers[1:])), len(generation), await app.service("web").number()

    assert played(scenario, WEB) == (1, 3, 5)


@pytest.mark.parametrize("broken", ["def", "1 / 0", "import nowhere", "raise SystemExit(3)"])
def test_a_load_that_fails_changes_nothing_and_the_next_one_is_not_concerned(  # F-GEN-03, F-GEN-04, R-GEN-08
    broken: str,
) -> None:
    async def scenario(app: App) -> Any:
        call = asyncio.ensure_future(app.service("web").slow(1))
        orders = app.application.order_reload({"web/main.py": broken})
        (failed,) = await asyncio.gather(*(order.wait() for order in orders), return_exceptions=True)
        assert isinstance(failed, BaseException)
        assert states(app)[0] == (1, "active")
        seen = await app.service("web").number(), await call
        first = app.application.order_reload({"web/main.py": broken})[0].wait()
        second = app.application.order_reload(version(3))[0].wait()
        # Nobody waits for the first to fail: what it gets is what newer sources gave, or why there was none.
        await asyncio.gather(first, return_exceptions=True)
        await second
        return *seen, await app.service("web").number()

    assert played(scenario, WEB) == (1, 1, 3)


def test_nobody_need_wait_for_a_reload_that_fails() -> None:  # R-GEN-12
    async def scenario(app: App) -> Any:
        for _ in range(3):
            app.application.order_reload({"web/main.py": "def"})
        await app.sleep(1)
        with pytest.raises(SyntaxError):
            await app.reload({"web/main.py": "def", "front/main.py": "def"})
        await app.sleep(1)
        gc.collect()
        return await app.service("web").number(), app.complaints

    assert played(scenario, FRONT, WEB) == (1, [])


def test_no_new_event_comes_to_a_generation_after_the_pointer_moved() -> None:  # F-GEN-05
    async def scenario(app: App) -> Any:
        web = app.service("web")
        calls = [asyncio.ensure_future(web.slow(1))]
        reload = asyncio.ensure_future(app.reload(version(2)))
        for _ in range(20):
            calls.append(asyncio.ensure_future(web.slow(0.001)))
            await asyncio.sleep(0)
        await reload
        after = await app.service("web").number()
        results = await asyncio.gather(*calls)
        assert results == sorted(results)
        return results[-1], after

    for seed in range(10):
        assert play(scenario, WEB, seed=seed).result()[1] == 2


# R-GEN-39, R-GEN-40
def test_no_event_comes_before_a_generation_is_loaded_and_calls_wait_for_that() -> None:  # F-GEN-09, R-GEN-13, R-STR-15
    order: list[str] = []

    async def scenario(app: App) -> Any:
        app.application.engine.trace.observers.append(lambda event: order.append(getattr(event, "path", "")))
        app.crash("web")
        while app.application.worker("web").active is not None:
            await app.sleep(0.01)
        early = asyncio.ensure_future(upload(app))
        return await early

    assert played(scenario, WEB) == "3"
    starts = [index for index, name in enumerate(order) if "/call of web" in name]
    loads = [index for index, name in enumerate(order) if name == "web@2/load"]
    assert len(starts) == len(loads) == 6
    assert all(load < start for load, start in zip(loads, starts, strict=True))


def test_who_calls_a_service_while_modules_are_imported_is_told_that_he_cannot() -> (
    None
):  # F-GEN-09, R-GEN-13, R-GEN-33
    source = "import detrun\nMODE = detrun.env.MODE\ndetrun.env.API.number()\n" + SOURCE

    async def scenario(app: App) -> Any:
        with pytest.raises(Disconnected, match="possible while an event is handled only") as caught:
            await app.reload({"web/main.py": source})
        assert "do it in a handler" in str(caught.value)
        await app.reload({"web/main.py": source.replace("detrun.env.API.number()", "VALUE = MODE")})
        return await app.service("web").number()

    assert played(scenario, worker("web", SOURCE, Bound("API", "web"), MODE="fast")) == 1


def test_workers_are_loaded_one_after_another_and_the_main_one_last() -> None:  # F-MW-02
    def saying(name: str) -> Configured:
        return worker(name, f"from tests.runtime.heard import HEARD\nHEARD.append({name!r})", Bound("OTHER", "front"))

    async def scenario(app: App) -> Any:
        return list(HEARD), [len(each.generations) for each in app.application.workers]

    for seed in range(5):
        HEARD.clear()
        order, generations = play(scenario, saying("b"), saying("a"), saying("front"), seed=seed).result()
        assert (order, generations) == (["b", "a", "front"], [1, 1, 1])


def test_what_must_survive_a_reload_is_the_workers_and_not_the_generations() -> None:  # F-GEN-11
    async def scenario(app: App) -> Any:
        known = app.application.worker("web")
        before = known.door, known.reloads, known.supervisor, app.application.roots
        await app.reload(version(2))
        return before == (known.door, known.reloads, known.supervisor, app.application.roots)

    assert played(scenario, WEB)


def test_a_future_that_another_event_resolves_goes_on_in_its_own() -> None:
    source = worker(
        "web",
        """
        from detrun import wait_until
        waiting = []

        class Other(WorkerEntrypoint):
            def done(self):
                return "done"

        class Default(WorkerEntrypoint):
            async def wait(self):
                future = asyncio.get_running_loop().create_future()
                waiting.append(future)
                value = await future
                return value, await self.ctx.exports.Other.done()

            def wake(self, value):
                for future in waiting:
                    future.set_result(value)
        """,
    )

    async def scenario(app: App) -> Any:
        waiting = asyncio.ensure_future(app.service("web").wait())
        # What nobody here will ever resolve is not waited for: something else has to be under way.
        ticking = asyncio.ensure_future(app.service("web").wake("x"))
        results = await asyncio.gather(waiting, ticking, return_exceptions=True)
        return results[0] if not isinstance(results[0], BaseException) else type(results[0]).__name__

    outcomes = {str(play(scenario, source, seed=seed).result()) for seed in range(12)}
    assert "['x', 'done']" in outcomes or "('x', 'done')" in outcomes
