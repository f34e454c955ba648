"""Services: whom a call of one comes to, with which props, and what it costs."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any

import pytest

from detrun.errors import BudgetSpent, Disconnected, NotSendable, UsageError
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, limited, play, played, worker

API = worker(
    "api",
    """
    import detrun

    class Default(WorkerEntrypoint):
        limit = 3
        made = 0

        def __init__(self, ctx, env):
            super().__init__(ctx, env)
            type(self).made += 1
            self.own = "mine alone"

        def number(self, n=1):
            return n

        def instances(self):
            return self.made

        def props(self):
            return self.ctx.props

        async def fetch(self, request):
            return Response(f"{self.ctx.props}")

        def length(self, data):
            return len(data)

        def bytes(self, n):
            return bytes(n)

        def identity(self):
            return self.ctx.props, self.ctx._scope.root.number, self.ctx._scope.depth

        async def boom(self):
            try:
                raise KeyError("first")
            except KeyError as error:
                raise Odd("second", code=7) from error

    class Odd(Exception):
        def __init__(self, text, *, code):
            super().__init__(text)
            self.code = code
            self.unsendable = object()

    class Admin(WorkerEntrypoint):
        def props(self):
            return self.ctx.props

        async def other(self):
            with_props = self.ctx.exports.Admin(props={"role": "guest"})
            return await self.ctx.exports.Admin.props(), await with_props.props()

    class Broken(WorkerEntrypoint):
        def __init__(self, ctx, env):
            raise RuntimeError("cannot be made")
    """,
)
WEB = worker(
    "web",
    """
    import detrun

    class Default(WorkerEntrypoint):
        async def call(self, binding, times, n=1):
            service = getattr(self.env, binding)
            for _ in range(times):
                await service.number(n)
            return times

        async def read(self, times):
            for _ in range(times):
                await self.env.API.limit

        async def deep(self, depth):
            return await detrun.env.SELF.deep(depth - 1) + 1 if depth else 0

        async def props(self):
            response = await self.env.API.fetch("http://any/")
            return await self.env.API.props(), await response.text(), await self.env.ADMIN.props(), self.ctx.props

        async def forged(self):
            return await self.env.API.props(props={"role": "root"})

        async def identity(self):
            return self.ctx._scope.root.number, self.ctx._scope.depth, await self.env.API.identity()

        async def unsendable(self, spend):
            errors = []
            for _ in range(spend):
                try:
                    self.env.API.number({"a": [1, object()]})
                except TypeError as error:
                    errors.append(str(error).splitlines()[0])
            return set(errors), await self.env.API.number(4)

        async def lost(self, times):
            errors = []
            for name in ("BROKEN", "NOWHERE") * times:
                try:
                    await getattr(self.env, name).number()
                except Exception as error:
                    errors.append(str(error).splitlines()[0])
            return sorted(set(errors)), await self.env.API.number(5)

        async def boom(self):
            return await self.env.API.boom()
    """,
    Bound("API", "api", props={"role": "user"}),
    Bound("ADMIN", "api", "Admin", props={"role": "admin"}),
    Bound("SELF", "web"),
    Bound("BROKEN", "broken"),
    Bound("NOWHERE", "api", "Nowhere"),
)
BROKEN = worker("broken", "1 / 0")


def test_each_call_has_an_instance_of_its_own_and_sees_what_its_class_has() -> None:  # F-RPC-02
    async def scenario(app: App) -> Any:
        api = app.service("api")
        first, second = await api.instances(), await api.instances()
        with pytest.raises(AttributeError, match="'own' is an attribute of one Default, only what its class has"):
            await api.own
        with pytest.raises(TypeError, match="is a value and no function"):
            await api.limit()
        return second - first

    assert played(scenario, API) == 1


def test_a_constructor_that_fails_is_the_error_of_its_call_alone() -> None:  # F-RPC-02, R-RPC-22
    async def scenario(app: App) -> Any:
        with pytest.raises(RuntimeError, match="cannot be made"):
            await app.service("api", "Broken").anything()
        with pytest.raises(AttributeError, match="no entrypoint 'Amin'; those it has: Default, Admin, Broken"):
            await app.service("api", "Amin").props()
        return await app.service("api").number()

    assert played(scenario, API) == 1


def test_props_of_a_binding_come_with_calls_and_requests_and_cannot_be_forged() -> None:  # F-RPC-09, R-RPC-18
    async def scenario(app: App) -> Any:
        web = app.service("web")
        with pytest.raises(TypeError, match="unexpected keyword argument 'props'"):
            await web.forged()
        return await web.props()

    user, admin = {"role": "user"}, {"role": "admin"}
    assert played(scenario, API, BROKEN, WEB) == (user, str(user), admin, {})


def test_a_worker_calls_its_own_entrypoints_with_props_of_its_choice() -> None:  # F-RPC-09
    async def scenario(app: App) -> Any:
        return await app.service("api", "Admin").other()

    assert played(scenario, API) == ({}, {"role": "guest"})


def test_identity_is_the_same_at_both_ends_of_each_hop() -> None:  # F-RPC-13, R-RPC-07, R-RPC-17
    async def scenario(app: App) -> Any:
        here, depth, (props, there, deeper) = await app.service("web").identity()
        assert here == there
        other, _, _ = await app.service("web").identity()
        return depth, deeper, props, other != here

    assert played(scenario, API, BROKEN, WEB) == (1, 2, {"role": "user"}, True)


def test_an_error_comes_over_two_hops_with_what_can_travel_of_it() -> None:  # F-RPC-08, R-RPC-12, R-RPC-13
    async def scenario(app: App) -> Any:
        with pytest.raises(Exception, match="second") as caught:
            await app.service("web").boom()
        error: Any = caught.value
        hops = "".join(error.__notes__).count("web.boom")
        return type(error).__name__, error.code, hasattr(error, "unsendable"), repr(error.__cause__), hops

    name, code, unsendable, cause, hops = played(scenario, API, BROKEN, WEB)
    assert (name, code, unsendable, cause) == ("RemoteError", 7, False, "KeyError('first')")
    assert hops == 1


def test_what_cannot_travel_is_refused_by_name_and_path_before_anything_is_sent() -> None:  # F-RPC-06, R-RPC-20
    async def scenario(app: App) -> Any:
        errors, number = await app.service("web").unsendable(1_500)
        api = app.service("api")
        await api.number()
        before = app.application.engine.trace.digest
        with pytest.raises(NotSendable, match=r"argument 1 of api.number: \['a'\]\[1\]"):
            api.number({"a": [1, object()]})
        assert app.application.engine.trace.digest == before
        return errors, number

    errors, number = played(scenario, API, BROKEN, WEB)
    assert number == 4
    assert [error.split(": ")[:2] for error in errors] == [["argument 1 of API.number", "['a'][1]"]]


def test_a_message_has_a_size_at_most_either_way() -> None:  # F-RPC-11
    small = limited(API, message_bytes=1_000)

    async def scenario(app: App) -> Any:
        api = app.service("api")
        sizes = [await api.length(bytes(900)), len(await api.bytes(900))]
        with pytest.raises(NotSendable, match="at most 1,000 can"):
            api.length(bytes(1_001))
        with pytest.raises(NotSendable, match=r"the result of api\.bytes: a message of 1,003 bytes cannot travel"):
            await api.bytes(1_000)
        return sizes

    assert played(scenario, small) == [900, 900]


def test_a_message_of_32_mib_travels_and_a_larger_one_does_not() -> None:  # F-RPC-11
    async def scenario(app: App) -> Any:
        with pytest.raises(NotSendable, match="at most 33,554,432 can"):
            app.service("api").length(bytes(32 * 1024 * 1024))
        return await app.service("api").length(bytes(32 * 1024 * 1024 - 64))

    assert play(scenario, API, strategy="default").result() == 32 * 1024 * 1024 - 64


@pytest.mark.parametrize(("limit", "what"), [(None, "call"), (5, "call"), (5, "read")])
def test_one_event_from_outside_may_lead_to_so_many_calls_and_the_next_one_to_as_many(  # F-RPC-10
    limit: int | None, what: str
) -> None:
    """R-RPC-14, R-RPC-16: counted for one event from outside, wherever that leads."""
    web = WEB if limit is None else limited(WEB, subrequests=limit)
    most = limit or 1_000

    async def scenario(app: App) -> Any:
        web = app.service("web")

        async def ask(times: int) -> None:
            await (web.read(times) if what == "read" else web.call("API", times))

        for _ in range(2):
            await ask(most)
        with pytest.raises(BudgetSpent, match=f"the limit of {most:,} calls for one event from outside is met at API"):
            await ask(most + 1)

    play(scenario, API, BROKEN, web, strategy="default").result()


def test_calls_of_all_hops_are_counted_together() -> None:  # F-RPC-10, R-RPC-16
    middle = worker(
        "middle",
        """
        class Default(WorkerEntrypoint):
            async def number(self, n):
                for _ in range(n):
                    await self.env.API.number()
        """,
        Bound("API", "api"),
    )
    web = limited(worker("web", WEB.source.partition("\n\n")[2], Bound("API", "middle")), subrequests=30)

    async def scenario(app: App) -> Any:
        await app.service("web").call("API", 5, 5)
        with pytest.raises(BudgetSpent, match="the limit of 30 calls"):
            await app.service("web").call("API", 6, 5)

    played(scenario, API, middle, web)


def test_calls_are_nested_so_deeply_and_no_deeper() -> None:
    async def scenario(app: App) -> Any:
        depth = await app.service("web").deep(31)
        with pytest.raises(BudgetSpent, match="calls nested 32 deep"):
            await app.service("web").deep(32)
        return depth

    assert played(scenario, API, BROKEN, WEB) == 31


def test_what_finds_nobody_costs_nothing() -> None:  # F-RPC-10, R-RPC-15, R-GEN-22
    async def scenario(app: App) -> Any:
        return await app.service("web").lost(5)

    errors, number = played(scenario, API, BROKEN, limited(WEB, subrequests=3))
    assert number == 5
    assert errors == [
        "broken does not run: it could not be loaded: division by zero",
        "main has no entrypoint 'Nowhere'; those it has: Default, Admin, Broken",
    ]


def test_there_are_no_raw_connections() -> None:  # F-RPC-12
    async def scenario(app: App) -> Any:
        with pytest.raises(NotImplementedError, match="connect\\(\\) of the service api is not supported"):
            app.service("api").connect("example.org:443")
        return await app.service("api").number()

    assert played(scenario, API) == 1


def test_a_call_and_a_stop_in_any_order_end_both() -> None:  # F-RPC-15, R-GEN-14, R-GEN-23
    """Whatever comes between a call and its answer, it has exactly one, and nothing happens after a stop."""

    async def scenario(app: App) -> Any:
        calls = [asyncio.ensure_future(app.service("web").call("API", 2)) for _ in range(4)]
        await asyncio.sleep(0)
        app.crash("api")
        await asyncio.sleep(0)
        calls += [asyncio.ensure_future(app.service("web").call("API", 2)) for _ in range(4)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert all(outcome == 2 or isinstance(outcome, Disconnected) for outcome in outcomes)
        return sum(outcome == 2 for outcome in outcomes)

    slow = worker(
        "api", API.source.partition("\n\n")[2].replace("return n\n", "return await asyncio.sleep(0.001, n)\n")
    )
    slow = worker("api", slow.source.replace("def number", "async def number"))
    completed = {play(scenario, slow, BROKEN, WEB, seed=seed).result() for seed in range(40)}
    assert len(completed) > 1


def test_a_worker_that_cannot_be_loaded_is_told_of_and_the_others_answer(  # F-MW-02
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(app: App) -> Any:
        started = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        with pytest.raises(Disconnected, match="broken does not run: it could not be loaded: division by zero"):
            await app.service("broken").number()
        await app.reload({"broken/main.py": API.source})
        return started, await app.service("broken").number(), await app.service("web").call("BROKEN", 1)

    run = play(scenario, API, BROKEN, WEB, strategy="default")
    assert run.result() == (["broken could not be loaded, and answers nothing"], 1, 1)
    told = next(record.exc_info for record in caplog.records if record.levelno == logging.ERROR)
    assert isinstance(told, tuple)
    # What is told begins in the worker's own code.
    assert [frame.name for frame in traceback.extract_tb(told[2])][:1] == ["<module>"]


def test_a_main_worker_that_cannot_be_loaded_is_the_error_of_the_start() -> None:  # F-MW-02
    async def scenario(app: App) -> Any:
        raise AssertionError("it was started")

    with pytest.raises(ZeroDivisionError):
        play(scenario, API, BROKEN, strategy="default").result()


def test_a_worker_that_is_not_there_is_named() -> None:  # F-MW-01, R-GEN-37
    async def scenario(app: App) -> Any:
        return app.service("nowhere")

    with pytest.raises(UsageError, match="expected a worker that is one of api, got 'nowhere'"):
        play(scenario, API, strategy="default").result()
    with pytest.raises(UsageError, match="expected a worker that is one of web, got 'api'"):
        play(scenario, worker("web", "", Bound("API", "api")), strategy="default").result()


def test_a_worker_calls_itself_by_a_binding_and_new_code_answers_after_a_reload() -> None:  # F-MW-01, R-RPC-10
    async def scenario(app: App) -> Any:
        before = await app.service("web").deep(3)
        await app.reload({"web/main.py": WEB.source.replace("+ 1 if depth else 0", "+ 2 if depth else 0")})
        return before, await app.service("web").deep(3)

    assert played(scenario, API, BROKEN, WEB) == (3, 6)


def test_a_request_goes_to_the_worker_whose_route_it_is() -> None:  # F-MW-03
    async def scenario(app: App) -> Any:
        return app.application.route("http://any/path").name

    assert play(scenario, API, BROKEN, WEB, strategy="default").result() == "web"
