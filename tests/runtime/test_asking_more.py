"""More is asked of answers that are not there yet: what those are told who ask of a call that failed or is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detrun.errors import Disconnected, Released
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, play, played, scopes_left, worker

CELLS = worker(
    "web",
    """
    import sys

    MODULE = sys.modules[__name__]

    class Cell(RpcTarget):
        name = "cell"

        def get(self):
            return self

        async def slowly(self):
            await asyncio.sleep(0.001)
            return self

        def modules(self):
            return sys.modules[__name__] is MODULE

    class Default(WorkerEntrypoint):
        def cell(self):
            return Cell()
    """,
)
BROKEN = worker("web", "1 / 0")
MAIN = worker("main", "class Default(WorkerEntrypoint): pass")


def test_what_is_asked_of_a_call_that_was_refused_is_told_why() -> None:  # F-RPC-05, R-GEN-22, R-RPC-15
    async def scenario(app: App) -> Any:
        told = []
        for promise in (
            app.service("web").cell(),
            app.service("web").cell().get(),
            app.service("web").cell().get().name,
        ):
            with pytest.raises(Disconnected) as caught:
                await promise
            told.append(str(caught.value).splitlines()[0])
        return set(told)

    assert played(scenario, BROKEN, MAIN) == {"web does not run: it could not be loaded: division by zero"}


def test_more_is_asked_of_answers_after_calls_that_were_refused() -> None:  # F-RPC-05
    """Which answers have arrived is counted by both sides alike, refusals included."""

    async def scenario(app: App) -> Any:
        web = app.service("web")
        for _ in range(3):
            with pytest.raises(Disconnected):
                await web.cell()
        await app.reload({"web/main.py": CELLS.source})
        names = [await web.cell().get().slowly().get().name for _ in range(3)]
        app.disconnect()
        return names, await scopes_left(app)

    assert played(scenario, BROKEN, MAIN) == (["cell"] * 3, 0)


def crash(app: App) -> None:
    app.crash("web")


def stop(app: App) -> None:
    app.application.grace = 0
    app.application.order_reload({"web/main.py": CELLS.source + "\n# new"})


def test_more_is_asked_where_the_answer_was_given_whichever_generation_is_active() -> None:  # R-GEN-22
    async def scenario(app: App) -> Any:
        cell = await app.service("web").cell()
        app.application.order_reload({"web/main.py": CELLS.source + "\n# new"})
        return [await cell.slowly().get().modules() for _ in range(8)], await app.service("web").cell().modules()

    assert played(scenario, CELLS) == ([True] * 8, True)


@pytest.mark.parametrize("ending", [crash, stop], ids=lambda ending: ending.__name__)
def test_a_call_of_an_object_that_is_gone_when_it_arrives_says_so(ending: Callable[[App], None]) -> None:  # R-GEN-22
    """It was sent before its caller was told, and there is nothing left to ask: that is no mistake of the caller's."""

    async def scenario(app: App) -> Any:
        cell = await app.service("web").cell()
        ending(app)
        asked, told = 0, ""
        while not told:
            asked += 1
            try:
                # Of the answer, too, more is asked before it is there.
                (await cell.slowly().get().slowly()).dispose()
            except (Disconnected, Released) as error:
                told = str(error)
        # Whoever comes next is answered by the next one, and may ask more as ever.
        return asked, told, await app.service("web").cell().get().name

    runs = [play(scenario, CELLS, seed=seed).result() for seed in range(80)]
    assert len({asked for asked, _, _ in runs}) > 1
    assert any("the object that slowly is asked of is gone" in told for _, told, _ in runs)
    assert {name for _, _, name in runs} == {"cell"}


PASSING = worker(
    "web",
    """
    class Default(WorkerEntrypoint):
        def called(self):
            return self.env.API.counter()

        async def awaited(self):
            return await self.env.API.counter()

        async def within(self):
            return {"one": {"counter": await self.env.API.counter()}}

        def echo(self, what):
            return what
    """,
    Bound("API", "api"),
)
COUNTING = worker(
    "api",
    """
    class Counter(RpcTarget):
        def add(self, by):
            return by + 1

    class Default(WorkerEntrypoint):
        def counter(self):
            return Counter()
    """,
)


def test_more_is_asked_of_a_stub_that_whoever_answers_only_passes_on() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        web = app.service("web")
        results = [await web.called().add(1), await web.awaited().add(2), await web.within().one.counter.add(3)]
        results.append(await web.echo(lambda by: by + 1)(4))
        with await app.service("api").counter() as counter:
            results += [await web.echo(counter).add(5), await web.echo({"counter": counter}).counter.add(6)]
        return results

    assert played(scenario, COUNTING, PASSING) == [2, 3, 4, 5, 6, 7]


RAISING = worker(
    "api",
    """
    class Default(WorkerEntrypoint):
        def at_once(self):
            raise LookupError("at_once")

        async def later(self):
            await asyncio.sleep(1)
            raise LookupError("later")
    """,
)


@pytest.mark.parametrize("name", ["at_once", "later"])
def test_what_is_asked_of_a_call_that_raised_is_told_what(name: str) -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        asked = getattr(app.service("api"), name)
        for promise in (asked().more(), asked().more().than().that()):
            with pytest.raises(LookupError, match=name):
                await promise

    played(scenario, RAISING)
