"""Stubs: who has one, who is called by it and where, and when the object behind it is let go of."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.errors import BudgetSpent, Disconnected, Released
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, played, scopes_left, worker

API = worker(
    "api",
    """
    import detrun
    disposed = []

    class Item(RpcTarget):
        def __init__(self, name, parent=None):
            self.name_, self.parent_ = name, parent

        @property
        def name(self):
            return self.name_

        @property
        def parent(self):
            return self.parent_

        def child(self, name):
            return Item(name, self)

        def fail(self):
            raise LookupError(self.name_)

        async def tell(self, function):
            return await function(self.name_)

        def dispose(self):
            disposed.append(self.name_)

    root = Item("root")

    class Default(WorkerEntrypoint):
        def root(self):
            return root

        def item(self, name):
            return Item(name)

        def both(self):
            return {"first": root, "rest": [root, Item("other")]}

        def adder(self, n):
            return lambda m: n + m

        async def item_slowly(self, name):
            await asyncio.sleep(1)
            return Item(name)

        def none(self):
            return None

        async def none_slowly(self):
            await asyncio.sleep(1)

        async def disposed(self):
            return list(disposed)

        async def same(self, one, two):
            return one is two, await one(1), await two(2)

        async def keep(self, function):
            kept = function.dup()

            async def later():
                await asyncio.sleep(1)
                await kept("later")
                kept.dispose()

            self.ctx.wait_until(later())

        async def forget(self, function):
            async def later():
                await asyncio.sleep(1)
                await function("later")

            self.ctx.wait_until(later())
    """,
)
FRONT = worker(
    "front",
    """
    class Default(WorkerEntrypoint):
        async def named(self, item):
            return await item.name

        async def pass_on(self, function):
            return await self.env.API.same(function, function)

        async def borrowed(self, name):
            item = await self.env.API.item(name)
            return item

        async def lend(self):
            return self.env.API

        async def use(self, api, name):
            with await api.item(name) as item:
                return await item.name
    """,
    Bound("API", "api"),
)


def test_the_same_object_is_one_object_however_often_it_is_given() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        api = app.service("api")
        both = await api.both()
        with both["first"] as first, both["rest"][0] as again, both["rest"][1] as other:
            side = first._imported.side
            assert first._imported is again._imported is not other._imported
            assert len(side.ends) == 2
            names = [await first.name, await again.name, await other.name]
        return names, await scopes_left(app), await api.disposed()

    assert played(scenario, API) == (["root", "root", "other"], 0, ["other", "root"])


def test_a_stub_that_was_duplicated_is_released_by_itself() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        api = app.service("api")
        one = await api.item("a")
        two = one.dup()
        one.dispose()
        one.dispose()
        with pytest.raises(Released, match="the stub was released before"):
            one.dup()
        before = await two.name, await api.disposed()
        two.dispose()
        return before, await scopes_left(app), await api.disposed()

    assert played(scenario, API) == (("a", []), 0, ["a"])


def test_calls_and_reads_are_asked_of_answers_that_are_not_there() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        api = app.service("api")
        names = await api.item_slowly("a").child("b").child("c").parent.parent.name
        kept = await scopes_left(app)
        # What nobody has seen is nobody's to release: it ends with who asked for it.
        app.disconnect()
        return names, kept, await scopes_left(app)

    assert played(scenario, API) == ("a", 1, 0)


def test_errors_come_through_whatever_was_asked_of_them() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        api = app.service("api")
        texts = []
        for promise in (
            api.item("a").fail().child("b").name,
            api.item_slowly("a").fail(),
            api.item("a").child("b").nothing(),
            api.item("a").name.child("c"),
            api.none().child("b"),
            api.none_slowly().child("b"),
        ):
            with pytest.raises((LookupError, AttributeError)) as caught:
                await promise
            texts.append(str(caught.value).split(": ")[-1])
        app.disconnect()
        return texts, await scopes_left(app)

    assert played(scenario, API) == (
        [
            "a",
            "a",
            "Item has no 'nothing'",
            "a str has no members that can be reached from outside",
            "plain data has no members that can be reached from outside",
            "plain data has no members that can be reached from outside",
        ],
        0,
    )


def test_an_answer_that_nobody_awaited_is_let_go_of() -> None:  # F-RPC-05, R-STR-17
    async def scenario(app: App) -> Any:
        client = app.client("other")
        promise = client.service("api").item_slowly("a")
        name = promise.name
        assert name is not None
        await app.sleep(3)
        del promise, name
        client.disconnect()
        return await scopes_left(app), await app.service("api").disposed()

    assert played(scenario, API) == (0, ["a"])


def test_a_function_that_was_given_adds_where_it_was_made() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        with await app.service("api").adder(3) as add:
            total = await add(4)
        again = await app.service("api").adder(1)(2)
        app.disconnect()
        return total, again, await scopes_left(app)

    assert played(scenario, API) == (7, 3, 0)


def test_a_stub_is_handed_on_to_a_third_worker() -> None:  # F-RPC-05, R-RPC-11
    async def scenario(app: App) -> Any:
        item = await app.service("api").item("far")
        named = await app.service("front").named(item)
        named_again = await app.service("front").named(item)
        item.dispose()
        borrowed = await app.service("front").borrowed("lent")
        lent = await borrowed.name
        borrowed.dispose()
        return named, named_again, lent, await scopes_left(app), await app.service("api").disposed()

    assert played(scenario, API, FRONT) == ("far", "far", "lent", 0, ["far", "lent"])


def test_a_service_is_handed_on_like_a_stub() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        api = await app.service("front").lend()
        name = await app.service("front").use(api, "b")
        await app.service("front").use(app.service("api"), "c")
        api.dispose()
        return name, await scopes_left(app), await app.service("api").disposed()

    assert played(scenario, API, FRONT) == ("b", 0, ["b", "c"])


def test_a_function_is_called_back_through_two_workers() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        heard: list[int] = []

        def hear(n: int) -> int:
            heard.append(n)
            return n

        results = await app.service("front").pass_on(hear)
        return results, heard, await scopes_left(app)

    assert played(scenario, API, FRONT) == ((False, 1, 2), [1, 2], 0)


def test_who_keeps_what_came_with_a_call_calls_back_after_it_was_answered() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        heard: list[str] = []
        await app.service("api").keep(heard.append)
        before = list(heard)
        await app.sleep(2)
        return before, heard, await scopes_left(app), app.complaints

    assert played(scenario, API) == ([], ["later"], 0, [])


def test_what_came_with_a_call_is_let_go_of_when_that_is_answered() -> None:  # F-RPC-05
    async def scenario(app: App) -> Any:
        heard: list[str] = []
        await app.service("api").forget(heard.append)
        await app.sleep(2)
        (complaint,) = app.complaints
        return heard, type(complaint.error).__name__, "`dup()` gives another one" in str(complaint.error)

    assert played(scenario, API) == ([], "Released", True)


def test_a_stub_says_why_its_object_is_gone() -> None:
    async def scenario(app: App) -> Any:
        item = await app.service("api").item("a")
        app.crash("api", "power cut")
        while app.application.worker("api").active is not None:
            await app.sleep(0.01)
        await app.sleep(0.1)
        with pytest.raises(Disconnected, match="power cut"):
            await item.name
        with pytest.raises(Disconnected, match="power cut"):
            await item.child("b").name

    played(scenario, API)


def test_a_call_that_is_refused_leaves_nothing_of_what_it_would_have_brought() -> None:  # F-RPC-14, R-GEN-18, R-STR-05
    source = worker(
        "web",
        """
        class Default(WorkerEntrypoint):
            async def chunks(self):
                yield b"x"

            async def refused(self, spend):
                for _ in range(spend):
                    await self.env.API.none()
                with_everything = [self.chunks(), lambda: 1, self.env.API]
                errors = []
                for arguments in (with_everything, [*with_everything, object()]):
                    try:
                        self.env.API.same(*arguments)
                    except Exception as error:
                        errors.append(type(error).__name__)
                return errors
        """,
        Bound("API", "api"),
    )

    async def scenario(app: App) -> Any:
        errors = await app.service("web").refused(1_000)
        return errors, await scopes_left(app)

    assert played(scenario, API, source) == (["BudgetSpent", "NotSendable"], 0)
    assert issubclass(BudgetSpent, Exception)


def test_a_call_on_a_stub_waits_for_none_of_another_and_those_on_one_keep_their_order() -> None:
    ordered = worker(
        "api",
        """
        log = []

        class Cell(RpcTarget):
            def put(self, n):
                log.append(n)

        class Default(WorkerEntrypoint):
            def cell(self):
                return Cell()

            def log(self):
                return log
        """,
    )

    async def scenario(app: App) -> Any:
        with await app.service("api").cell() as cell:
            await asyncio.gather(*(cell.put(n) for n in range(8)))
        return await app.service("api").log()

    assert played(scenario, ordered) == list(range(8))
