"""Calls between workers: what arrives, what is refused, and what becomes of a call that nobody waits for."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from detrun.errors import Disconnected, Hung, RemoteError
from detrun.scenarios.app import App
from detrun.scheduler.machinery import DETRUN
from tests.runtime.applications import Bound, play, played, worker

API = worker(
    "api",
    """
    class Counter(RpcTarget):
        def __init__(self):
            self.n = 0

        def add(self, by=1):
            self.n += by
            return self.n

    class Default(WorkerEntrypoint):
        limit = 3

        def total(self, n):
            return n + 1

        def counter(self):
            return Counter()

        def named(this, /, **given):
            return given

        def listed(self, n):
            return [n]

        def boom(self):
            raise ValueError("no", 3)

        async def twice(self, function):
            return await function(await function(5))

        async def hang(self):
            await asyncio.Event().wait()

        async def slow(self):
            await asyncio.sleep(5)
            return "slow"
    """,
)
WEB = worker(
    "web",
    """
    class Default(WorkerEntrypoint):
        async def total(self, n):
            return await self.env.API.total(await self.env.API.total(n))
    """,
    Bound("API", "api"),
)


def test_a_call_goes_through_a_service_binding_and_back() -> None:
    async def scenario(app: App) -> Any:
        return await app.service("web").total(1)

    assert played(scenario, API, WEB) == 3


def test_a_property_is_read_and_not_called() -> None:  # F-RPC-03
    async def scenario(app: App) -> Any:
        return await app.service("api").limit

    assert played(scenario, API) == 3


def test_an_argument_may_have_any_name() -> None:
    async def scenario(app: App) -> Any:
        return await app.service("api").named(self=1, name=2, path=3)

    assert played(scenario, API) == {"self": 1, "name": 2, "path": 3}


def test_an_object_stays_where_it_is_and_its_stub_is_called() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        with await app.service("api").counter() as counter:
            return [await counter.add(), await counter.add(5)]

    assert played(scenario, API) == [1, 6]


def test_more_can_be_asked_of_an_answer_that_is_not_there_yet() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        return await app.service("api").counter().add(2)

    assert played(scenario, API) == 2


def test_a_function_is_called_back_where_it_lives() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        return await app.service("api").twice(lambda n: n * 2)

    assert played(scenario, API) == 20


def test_an_error_of_a_method_arrives_at_whoever_called() -> None:  # F-RPC-08
    async def scenario(app: App) -> Any:
        with pytest.raises(ValueError, match="no") as caught:
            await app.service("api").boom()
        return caught.value.args

    assert played(scenario, API) == ("no", 3)


def test_a_handler_that_can_never_end_fails_at_once_and_says_what_it_waits_for() -> None:
    async def scenario(app: App) -> Any:
        with pytest.raises(Hung, match=r"api.hang in api@1 can never end.*\n.*Event.wait\(\)"):
            await app.service("api").hang()

    played(scenario, API)


def test_what_is_told_of_a_failure_has_no_lines_of_detrun() -> None:
    async def scenario(app: App) -> Any:
        with pytest.raises(ValueError, match="no") as raised:
            await app.service("api").boom()
        with pytest.raises(AttributeError, match="totle") as missed:
            await app.service("api").totle()
        with pytest.raises(Hung) as hung:
            await app.service("api").hang()
        notes = [note for caught in (raised, missed) for note in getattr(caught.value, "__notes__", [])]
        return [str(note) for note in notes], str(hung.value)

    notes, hung = played(scenario, API)

    assert len(notes) == 1
    assert 'File "/app/api/main.py"' in notes[0]
    assert "/app/api/main.py" in hung
    assert DETRUN not in notes[0] + hung


def test_who_waits_for_ever_in_a_scenario_is_told_without_lines_of_detrun() -> None:
    async def scenario(app: App) -> Any:
        await asyncio.Event().wait()

    failure = play(scenario, API).failure

    assert failure is not None
    assert "Task-1 waits for Event.wait()" in failure.message
    assert __file__ in failure.message
    assert DETRUN not in failure.message


def test_a_call_that_nobody_waits_for_is_aborted() -> None:
    async def scenario(app: App) -> Any:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await app.service("api").slow()
        await asyncio.sleep(0.1)
        active = app.application.worker("api").active
        assert active is not None
        return len(active.isolate.scopes)

    assert played(scenario, API) == 0


def test_the_same_seed_is_the_same_run() -> None:
    async def scenario(app: App) -> Any:
        return await asyncio.gather(*(app.service("web").total(n) for n in range(5)))

    digests = [play(scenario, API, WEB, seed=seed).digest for seed in (1, 1, 2)]

    assert digests[0] == digests[1] != digests[2]


def test_what_calls_gave_is_kept_no_longer_than_more_can_be_asked_of_it() -> None:
    async def scenario(app: App) -> Any:
        api = app.service("api")
        for n in range(20):
            await api.listed(n)
        return [len(side.kept or ()) for side in app.application.sessions]

    assert played(scenario, API) == [1]


TASKS = worker(
    "api",
    """
    class Default(WorkerEntrypoint):
        def __init__(self, ctx, env):
            super().__init__(ctx, env)
            self.maker = asyncio.current_task()

        def plain(self):
            return [self.maker is None, asyncio.current_task() is None, len(asyncio.all_tasks())]

        async def waiting(self):
            return [self.maker is None, asyncio.current_task().get_name(), len(asyncio.all_tasks())]

        def given(self):
            return self.waiting()

        def armed(self, count):
            for _ in range(count):
                asyncio.get_running_loop().call_later(60, print)
    """,
)


def test_only_what_has_to_be_awaited_has_a_task() -> None:
    async def scenario(app: App) -> Any:
        api = app.service("api")
        return [await api.plain(), await api.waiting(), await api.given()]

    assert played(scenario, TASKS) == [[True, True, 0], [True, "api.waiting", 1], [True, "api.given", 1]]


@pytest.mark.parametrize("before", [0, 1, 5])
def test_ids_of_what_a_plain_function_asks_for_do_not_depend_on_calls_before_it(before: int) -> None:
    async def scenario(app: App, before: int = before) -> Any:
        api = app.service("api")
        await api.armed(before)
        await api.armed(1)
        return app.application.engine.clock.timers[-1][3].id

    async def alone(app: App) -> Any:
        return await scenario(app, 0)

    assert played(scenario, TASKS) == played(alone, TASKS)


def test_a_call_that_ends_a_plain_function_by_an_exit_ends_its_generation() -> None:
    async def scenario(app: App) -> Any:
        with pytest.raises(Disconnected, match="exited"):
            await app.service("api").leave()
        return app.application.worker("api").active

    leaving = worker("api", "class Default(WorkerEntrypoint):\n    def leave(self):\n        raise SystemExit(3)\n")
    assert played(scenario, leaving) is None


FAILING = worker(
    "api",
    """
    class Final(BaseException):
        pass

    class Unbound:
        @property
        def __class__(self):
            raise RuntimeError("nothing is bound")

    class Default(WorkerEntrypoint):
        def final(self):
            raise Final("plain")

        async def later(self):
            raise Final("awaited")

        def closed(self):
            raise GeneratorExit("by hand")

        async def closed_later(self):
            raise GeneratorExit("by hand")

        async def closed_late(self):
            await asyncio.sleep(1)
            raise GeneratorExit("by hand")

        def several(self):
            raise BaseExceptionGroup("several", [Final("inner")])

        def unbound(self):
            return Unbound()

        async def ask(self, function):
            return await function()
    """,
)
RAISED = {
    "final": "main.Final: plain",
    "later": "main.Final: awaited",
    "closed": "GeneratorExit: by hand",
    "closed_later": "GeneratorExit: by hand",
    "closed_late": "GeneratorExit: by hand",
    "several": "several",
    "unbound": "nothing is bound",
}


@pytest.mark.parametrize("name", RAISED)
def test_whatever_a_method_raises_is_the_answer(name: str) -> None:
    async def scenario(app: App) -> Any:
        with pytest.raises(Exception, match=f"^{re.escape(RAISED[name])}"):
            await getattr(app.service("api"), name)()

    played(scenario, FAILING)


def test_whatever_a_function_of_a_client_raises_is_the_answer() -> None:
    def closed() -> None:
        raise GeneratorExit("by hand")

    async def scenario(app: App) -> Any:
        with pytest.raises(RemoteError, match="by hand"):
            await app.service("api").ask(closed)

    played(scenario, FAILING)
