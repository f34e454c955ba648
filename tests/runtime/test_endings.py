"""A generation ends at any step: then nothing of it happens, whoever asked is told, and nobody gets its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from detrun.errors import Disconnected
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, play, scopes_left, worker
from tests.runtime.heard import HEARD
from tests.runtime.injecting import at_each_step

STORE = worker(
    "store",
    """
    from tests.runtime.heard import HEARD

    class Default(WorkerEntrypoint):
        async def put(self, tag):
            HEARD.append((self.ctx._scope.context.name, "put", tag))
            await asyncio.sleep(0.001)
            return tag
    """,
)
WEB = worker(
    "web",
    """
    from tests.runtime.heard import HEARD

    class Default(WorkerEntrypoint):
        async def work(self, tag):
            me = self.ctx._scope.context.name
            for part in ("a", "b"):
                HEARD.append((me, "asks", tag + part))
                assert await self.env.STORE.put(tag + part) == tag + part
                HEARD.append((me, "got", tag + part))
            return tag
    """,
    Bound("STORE", "store"),
)
CLIENTS, ATTEMPTS = 3, 3


async def clients_that_try_again(app: App) -> Any:
    """What each client got, by what it asked for; whoever is told that a generation is gone asks again."""
    gone: set[str] = set()

    def look(_: object) -> None:
        known = [generation for each in app.application.workers for generation in each.generations]
        for generation in known:
            if generation.ended is not None and generation.name not in gone:
                gone.add(generation.name)
                HEARD.append((generation.name, "is gone", ""))

    app.application.engine.trace.observers.append(look)

    async def ask(client: int) -> dict[str, str]:
        answers = {}
        for attempt in range(ATTEMPTS):
            tag = f"{client}{attempt}"
            try:
                answers[tag] = await app.service("web").work(tag)
            except Disconnected as error:
                answers[tag] = str(error)
        return answers

    return [await asyncio.gather(*map(ask, range(CLIENTS))), await scopes_left(app)]


def crash_web(app: App) -> None:
    app.crash("web")


def crash_store(app: App) -> None:
    app.crash("store")


def stop_web(app: App) -> None:
    app.application.grace = 0
    app.application.order_reload({"web/main.py": WEB.source + "\n# new"})


@pytest.mark.parametrize("seeds", [(None, 1), pytest.param(range(2, 12), marks=pytest.mark.soak)], ids=str)
@pytest.mark.parametrize("ending", [crash_web, crash_store, stop_web], ids=lambda ending: ending.__name__)
def test_nothing_of_a_generation_happens_after_its_end_and_nobody_gets_its_answers(  # F-GEN-08, F-RPC-15
    ending: Callable[[App], None], seeds: Any
) -> None:
    """R-GEN-15, R-GEN-16, R-GEN-17: what it had sent arrives once or not at all, what comes for it is lost."""
    lost = under_way = 0
    for step, (answers, left) in at_each_step(clients_that_try_again, [STORE, WEB], ending, seeds):
        told = {tag: answer for client in answers for tag, answer in client.items()}
        answered = {tag for tag, answer in told.items() if answer == tag}
        assert left == 0
        # An answer is one's own, or says what became of whoever was to give it.
        assert all("crashed by the scenario" in told[tag] or "was stopped" in told[tag] for tag in {*told} - answered)
        check(step, answered)
        lost += len(told) - len(answered)
        under_way += arrived_late()
    # Calls were interrupted, and some had been sent by who was gone when they arrived.
    assert lost >= 10
    assert under_way > 0 or ending is crash_store


def check(step: int, answered: set[str]) -> None:
    """Raise if anything was done by who was gone, or twice, or was not done though it was answered."""
    gone: set[str] = set()
    puts: list[str] = []
    for name, what, tag in HEARD:
        assert what == "is gone" or name not in gone, f"at event {step}: {name} {what} {tag} after its end"
        gone |= {name} if what == "is gone" else set()
        puts += [tag] if what == "put" else []
    assert len(puts) == len(set(puts)), f"at event {step}"
    assert {tag + part for tag in answered for part in ("a", "b")} <= set(puts), f"at event {step}"


def arrived_late() -> int:
    """How many calls of one generation arrived when it was gone."""
    gone: set[str] = set()
    asked: dict[str, str] = {}
    late = 0
    for name, what, tag in HEARD:
        gone |= {name} if what == "is gone" else set()
        asked |= {tag: name} if what == "asks" else {}
        late += what == "put" and asked[tag] in gone
    return late


def test_whoever_waited_for_a_generation_that_is_gone_at_once_is_told_or_gets_the_next() -> None:  # F-RPC-15, R-GEN-14
    """The end comes between the moment in which there is a generation again and that in which a call gets there."""

    async def scenario(app: App) -> Any:
        ends = 0

        def look(event: Any) -> None:
            nonlocal ends
            if getattr(event, "path", "").endswith("/load") and ends < 3:
                ends += 1
                app.application.worker("web").supervisor.control.order("end at once", crash_web, app)

        app.application.engine.trace.observers.append(look)
        crash_web(app)
        while app.application.worker("web").active is not None:
            await app.sleep(0.001)
        waiting = [asyncio.ensure_future(work(app, f"{number}")) for number in range(4)]
        answers = await asyncio.gather(*waiting)
        return answers, await scopes_left(app), ends

    async def work(app: App, tag: str) -> Any:
        try:
            return await app.service("web").work(tag) == tag
        except Disconnected:
            return None

    outcomes = []
    for seed in range(40):
        answers, left, ends = play(scenario, STORE, WEB, seed=seed).result()
        assert left == 0
        assert False not in answers
        outcomes.append((ends > 1, None in answers, True in answers))
    # Some were told, and some waited for one generation after the other.
    assert all(map(any, zip(*outcomes, strict=True))), set(outcomes)


def test_whoever_waits_for_a_generation_that_cannot_be_loaded_is_told_why() -> None:  # F-GEN-10, R-GEN-22
    """The first cause is told, of a load that failed after a crash and not of the crash, nor of what came after."""
    fickle = worker(
        "web",
        """
        from tests.runtime.heard import HEARD

        HEARD.append("load")
        if len(HEARD) == 2:
            raise LookupError("the second load")

        class Default(WorkerEntrypoint):
            def number(self):
                return 1
        """,
    )

    async def scenario(app: App) -> Any:
        web = app.application.worker("web")
        crash_web(app)
        while web.active is not None:
            await app.sleep(0.001)
        waiting = [asyncio.ensure_future(number(app)) for _ in range(3)]
        told = await asyncio.gather(*waiting, return_exceptions=True)
        crash_web(app)
        told.append((await asyncio.gather(number(app), return_exceptions=True))[0])
        await app.reload()
        return {str(each).splitlines()[0] for each in told}, await number(app)

    async def number(app: App) -> Any:
        return await app.service("web").number()

    for seed in range(6):
        HEARD.clear()
        told, after = play(scenario, fickle, seed=seed).result()
        assert (told, after) == ({"web does not run: it could not be loaded: the second load"}, 1)
