"""To look at what stands for something elsewhere sends nothing, whatever looks."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import pickle
import pprint
import reprlib
import traceback
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from _pytest._io.saferepr import saferepr

import detrun
from detrun.errors import NotSendable
from detrun.scenarios.app import App
from tests.runtime.applications import play, played, worker

API = worker(
    "api",
    """
    class Counter(RpcTarget):
        def __init__(self):
            self.n = 0

        def add(self):
            self.n += 1
            return self.n

        @property
        def value(self):
            return self.n

        def then(self):
            return "then"

    class Default(WorkerEntrypoint):
        def counter(self):
            return Counter()

        def number(self):
            return 1

        def to_json(self):
            return "never asked"
    """,
)


def refused(probe: Callable[[Any], Any], *errors: type[Exception]) -> Callable[[Any], Any]:
    """A probe that raises."""

    def probed(thing: Any) -> None:
        with pytest.raises(errors):
            probe(thing)

    return probed


def rich_like(thing: Any) -> None:
    """What printers of objects ask for, an attribute that nothing has included."""
    for name in ("__rich__", "__rich_console__", "__rich_repr__", "__rich_measure__", "_repr_html_", "_repr_pretty_"):
        assert not hasattr(thing, name)
    assert not hasattr(thing, "_ipython_canary_method_should_not_exist_")
    hasattr(thing, "awehflow_fiuwhe")


def in_a_debugger(thing: Any) -> None:
    """What a debugger, and whoever shows a traceback with the variables of its frames, does with each of these."""
    with pytest.raises(ValueError, match="where") as caught:
        raise ValueError("where")
    for value in caught.tb.tb_frame.f_locals.values():
        dir(value)
        hasattr(value, "shape")
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert repr(thing) in "".join(told.format())


def in_an_assertion(thing: Any) -> None:
    """Pytest shows both sides of a comparison that fails."""
    with pytest.raises(AssertionError):
        assert thing == [thing, 1]


PROBES: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "str": str,
    "format": lambda thing: f"{thing} {thing!r:>10}",
    "reprlib": reprlib.repr,
    "pprint": pprint.pformat,
    "saferepr": saferepr,
    "bool": bool,
    "hash": hash,
    "eq": lambda thing: (thing == 1, thing != 1, thing in [1, thing]),
    "hasattr": lambda thing: (hasattr(thing, "add"), hasattr(thing, "_private"), hasattr(thing, "__len__")),
    "getattr": lambda thing: (getattr(thing, "then", None), getattr(thing, "to_json", None)),
    "dir": dir,
    "copy": refused(copy.copy, TypeError),
    "deepcopy": refused(copy.deepcopy, TypeError),
    "pickle": refused(pickle.dumps, TypeError),
    "json": refused(json.dumps, TypeError),
    "len": refused(len, TypeError),
    "iter": refused(iter, TypeError),
    "int": refused(int, TypeError),
    "index": refused(lambda thing: [][thing], TypeError),
    "item": refused(lambda thing: thing[0], TypeError),
    "private": refused(lambda thing: thing._secret, AttributeError),
    "inspect": lambda thing: [
        inspect.isawaitable(thing),
        inspect.iscoroutinefunction(thing),
        inspect.isfunction(thing),
        inspect.isclass(thing),
        inspect.unwrap(thing),
        inspect.getdoc(thing),
        inspect.getmodule(thing),
        asyncio.iscoroutinefunction(thing),
        callable(thing),
    ],
    "members": inspect.getmembers_static,
    "signature": lambda thing: callable(thing) and inspect.signature(thing),
    "isinstance": lambda thing: (isinstance(thing, str), isinstance(thing, mock.Mock), issubclass(type(thing), int)),
    "mock": lambda thing: (mock.Mock(spec=thing), mock.MagicMock(spec_set=thing), mock.create_autospec(thing)),
    "patch": lambda thing: mock.patch.object(thing, "__class__").__class__,
    "rich": rich_like,
    "debugger": in_a_debugger,
    "assertion": in_an_assertion,
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_to_look_sends_nothing(probe: Callable[[Any], Any]) -> None:  # F-RPC-04, R-RPC-01, R-RPC-02, R-RPC-03, R-RPC-04
    async def scenario(app: App) -> Any:
        service = app.service("api")
        counter = await service.counter()
        promise = service.counter()
        await app.sleep(1)
        looked_at = [service, service.number, service.number.deeper, counter, counter.add, promise, promise.add]
        before = app.application.engine.trace.digest
        for thing in looked_at:
            probe(thing)
        assert app.application.engine.trace.digest == before
        return await counter.add(), await promise.add()

    assert play(scenario, API, strategy="default").result() == (1, 1)


def test_who_logs_what_a_task_runs_sees_the_promise_and_sends_nothing() -> None:  # F-RPC-04
    async def scenario(app: App) -> Any:
        task = asyncio.ensure_future(app.service("api").number())
        before = app.application.engine.trace.digest
        text = repr(task)
        assert app.application.engine.trace.digest == before
        return "member" not in text, await task

    assert played(scenario, API) == (True, 1)


def test_a_member_that_is_called_then_is_a_member() -> None:  # F-RPC-04
    async def scenario(app: App) -> Any:
        with await app.service("api").counter() as counter:
            return await counter.then()

    assert played(scenario, API) == "then"


def test_with_and_async_with_let_go_of_a_stub_here() -> None:  # F-RPC-04, R-RPC-03
    async def scenario(app: App) -> Any:
        async with await app.service("api").counter() as one:
            await one.add()
        with await app.service("api").counter() as other:
            await other.add()
        refusals = []
        for stub in (one, other):
            with pytest.raises(detrun.errors.Released):
                stub.add()
            refusals.append(repr(stub).endswith("released>"))
        await app.sleep(1)
        active = app.application.worker("api").active
        assert active is not None
        return refusals, len(active.isolate.scopes)

    assert played(scenario, API) == ([True, True], 0)


def test_the_environment_of_modules_can_be_looked_at_where_there_is_no_worker() -> None:
    for name in ("__wrapped__", "__len__", "__rich__", "__deepcopy__"):
        assert not hasattr(detrun.env, name)
    assert inspect.unwrap(detrun.env) is detrun.env  # type: ignore[arg-type]


def test_a_read_and_a_call_are_two_things_and_tell_what_they_found() -> None:  # F-RPC-03, R-RPC-05, R-RPC-06
    async def scenario(app: App) -> Any:
        counter = await app.service("api").counter()
        value, method = await counter.value, await counter.add
        called = await method()
        with pytest.raises(TypeError, match="is a value and no function"):
            await counter.value()
        with pytest.raises(AttributeError, match=r"Counter has no 'ad' \(did you mean 'add'\?\)"):
            await counter.ad()
        return value, called

    assert played(scenario, API) == (0, 1)


LIKE_FUNCTIONS = ["function", "__function__", {"type": "function"}, {"$stub": 2}, [1, 2], b"\xc7\x01\x01\x02", "<stub>"]


@pytest.mark.parametrize("value", LIKE_FUNCTIONS, ids=repr)
def test_what_looks_like_a_function_is_a_value(value: Any) -> None:  # R-RPC-06
    """Whatever a value says, it is one; and what could be taken for a stub on its way does not travel."""
    api = worker(
        "api",
        f"""
        import msgspec

        class Default(WorkerEntrypoint):
            read = {value!r}

            def extension(self):
                return msgspec.msgpack.Ext(1, b"\\x02")

            def raw(self):
                return [msgspec.Raw(b"\\xc7\\x01\\x01\\x02")]
        """,
    )

    async def scenario(app: App) -> Any:
        service = app.service("api")
        for method in (service.extension, service.raw):
            with pytest.raises(NotSendable, match="cannot travel between contexts"):
                await method()
        with pytest.raises(TypeError, match="is a value and no function"):
            await service.read()
        return await service.read

    assert played(scenario, api) == value
