"""What belongs to one event: its signal, what outlives its answer, its handlers, and what it is aborted by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from detrun.errors import Aborted, Disconnected
from detrun.runtime.http.signals import AbortController, AbortSignal
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, play, played, scopes_left, worker

HEARS = """
log = []

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        request.signal.add_event_listener("abort", lambda: log.append("signal"))
        try:
            if "ON" in vars(self.env):
                return await self.env.ON.fetch(request)
            if request.url.endswith("/stream"):
                async def chunks():
                    try:
                        while True:
                            yield b"x"
                            await asyncio.sleep(1)
                    finally:
                        log.append("stream")
                return Response(chunks())
            if request.url.endswith("/quick"):
                return Response("quick")
            await asyncio.sleep(50)
        finally:
            log.append("handler")

    def log(self):
        return list(log)
"""
LAST, MIDDLE, FIRST = (
    worker("last", HEARS),
    worker("middle", HEARS, Bound("ON", "last")),
    worker("first", HEARS, Bound("ON", "middle")),
)
ALL = {name: ["handler", "signal"] for name in ("first", "middle", "last")}


async def logs(app: App) -> dict[str, list[str]]:
    """What was heard where, when nothing is left anywhere."""
    await app.sleep(1)
    for known in app.application.workers:
        assert known.active is not None
        assert not known.active.isolate.scopes
    return {name: sorted(await app.service(name).log()) for name in ("first", "middle", "last")}


def test_a_client_that_hangs_up_ends_the_handlers_of_all_hops() -> None:  # F-REQ-01, R-ABT-01
    async def scenario(app: App) -> Any:
        client = app.client("impatient")
        asking = asyncio.ensure_future(client.fetch("/wait"))
        await app.sleep(1)
        client.disconnect()
        with pytest.raises(Disconnected):
            await asking
        return await logs(app)

    assert played(scenario, LAST, MIDDLE, FIRST) == ALL


def test_who_does_not_wait_any_more_ends_the_handlers_of_all_hops() -> None:  # F-REQ-01
    async def scenario(app: App) -> Any:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await app.fetch("/wait")
        return await logs(app)

    assert played(scenario, LAST, MIDDLE, FIRST) == ALL


def test_a_disconnect_while_the_body_flows_ends_the_streams_of_all_hops() -> None:  # F-REQ-01, R-ABT-03
    async def scenario(app: App) -> Any:
        client = app.client("impatient")
        response = await client.fetch("/stream")
        await anext(aiter(response))
        client.disconnect()
        return await logs(app)

    assert played(scenario, LAST, MIDDLE, FIRST) == {**ALL, "last": ["handler", "signal", "stream"]}


HURRIED = worker(
    "web",
    """
    log = []

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            try:
                await asyncio.sleep(50 if request.url.endswith("/wait") else 0.001)
            except asyncio.CancelledError:
                log.append((request.url, "aborted"))
                raise
            log.append((request.url, "answered"))
            return Response("answered")

        def log(self):
            return list(log)
    """,
)


def test_an_abort_comes_after_its_call_in_every_order_and_is_late_after_the_answer() -> None:  # R-ABT-02, R-ABT-04
    """Both go by one line, so that no order has the abort first; whoever swaps them has to build a second line."""
    names: list[str] = []

    async def scenario(app: App) -> Any:
        app.application.engine.trace.observers.append(lambda event: names.append(getattr(event, "path", "")))
        got = 0
        for number in range(8):
            client = app.client(f"{number}")
            asking = asyncio.ensure_future(client.fetch(f"/{number}{'/wait' if number % 2 else '/quick'}"))
            await app.sleep(0.0005 * number)
            client.disconnect()
            (outcome,) = await asyncio.gather(asking, return_exceptions=True)
            got += not isinstance(outcome, BaseException)
        assert await scopes_left(app) == 0
        return got, await app.service("web").log()

    seen = set()
    for seed in range(60):
        names.clear()
        got, log = play(scenario, HURRIED, seed=seed).result()
        calls, aborts = ([name.startswith(f"web/{what} of web.fetch") for name in names] for what in ("call", "abort"))
        assert all(sum(aborts[:end]) <= sum(calls[:end]) for end in range(len(names)))
        # Each call began a handler, which ended once, and those that wait for long because they were told to.
        assert len({url for url, _ in log}) == len(log) == sum(calls)
        assert {how for url, how in log if url.endswith("/wait")} <= {"aborted"}
        answered = sum(how == "answered" for _, how in log)
        assert got <= answered
        seen |= {"late"} if got < answered else set()
        seen |= {how for _, how in log}
    assert seen == {"late", "aborted", "answered"}


def test_a_signal_of_the_callers_own_ends_the_call() -> None:  # F-REQ-01
    async def scenario(app: App) -> Any:
        controller = AbortController()
        asking = asyncio.ensure_future(app.fetch("/wait", signal=controller.signal))
        await app.sleep(1)
        controller.abort(LookupError("mine"))
        with pytest.raises(LookupError, match="mine"):
            await asking
        return await logs(app)

    assert played(scenario, LAST, MIDDLE, FIRST) == ALL


def test_what_was_aborted_before_is_not_even_sent() -> None:  # F-REQ-01, R-ABT-02
    async def scenario(app: App) -> Any:
        with pytest.raises(Aborted):
            await app.fetch("/wait", signal=AbortSignal.abort())
        return await logs(app)

    assert played(scenario, LAST, MIDDLE, FIRST) == {"first": [], "middle": [], "last": []}


WORKS = worker(
    "web",
    """
    import detrun
    from contextvars import ContextVar
    log = []
    name = ContextVar("name", default="nobody")

    async def work(seconds):
        await asyncio.sleep(seconds)
        log.append((seconds, name.get()))

    class Default(WorkerEntrypoint):
        def work(self, seconds):
            name.set("me")
            self.ctx.wait_until(work(seconds))
            return "answered"

        async def freely(self):
            detrun.wait_until(work(1))
            async def twice():
                await asyncio.sleep(20)
                detrun.wait_until(work(29))
            self.ctx.wait_until(twice())

        def nothing(self):
            for thing in (None, 3, object()):
                self.ctx.wait_until(thing)
            self.ctx.pass_through_on_exception()
            return "answered"

        def log(self):
            return list(log)
    """,
)


def test_work_is_known_by_what_it_is_and_not_counted() -> None:  # F-REQ-02, R-GEN-25
    """Work that was given twice, that ends in another order, fails, or is over before, holds its event once each."""
    many = worker(
        "web",
        """
        async def fails():
            raise LookupError("unseen")

        class Default(WorkerEntrypoint):
            async def many(self):
                twice, over = asyncio.ensure_future(asyncio.sleep(3.5)), asyncio.ensure_future(asyncio.sleep(0))
                await asyncio.sleep(0.001)
                for work in (twice, asyncio.sleep(1), over, fails(), asyncio.sleep(2), twice, None):
                    self.ctx.wait_until(work)
        """,
    )

    async def scenario(app: App) -> Any:
        await app.service("web").many()
        left = [await scopes_left(app) for _ in range(4)]
        await app.reload({"web/main.py": many.source + "\n# new"})
        await app.sleep(0.1)
        return left, [known.state.value for known in app.application.worker("web").generations]

    assert played(scenario, many) == ([1, 1, 1, 0], ["stopped", "active"])


@pytest.mark.parametrize("seconds", [0, 29.9])
def test_what_is_given_to_wait_until_goes_on_after_the_answer(seconds: float) -> None:  # F-REQ-02, R-GEN-25
    async def scenario(app: App) -> Any:
        answer = await app.service("web").work(seconds)
        active = app.application.worker("web").active
        assert active is not None
        held = [active.isolate.scopes and not active.idle]
        await app.sleep(30)
        return answer, bool(held[0]) or seconds == 0, len(active.isolate.scopes), await app.service("web").log()

    assert played(scenario, WORKS) == ("answered", True, 0, [(seconds, "me")])


def test_it_may_take_half_a_minute_and_no_longer(caplog: pytest.LogCaptureFixture) -> None:  # F-REQ-02
    async def scenario(app: App) -> Any:
        await app.service("web").work(30.1)
        await app.sleep(29.9)
        active = app.application.worker("web").active
        assert active is not None
        before = len(active.isolate.scopes)
        await app.sleep(0.15)
        return before, len(active.isolate.scopes), await app.service("web").log()

    assert play(scenario, WORKS, strategy="default").result() == (1, 0, [])
    assert "work after the answer in web.work in web@1 was not over 30 s after the answer" in caplog.text


def test_what_is_given_later_has_its_own_half_minute() -> None:  # F-REQ-02
    async def scenario(app: App) -> Any:
        await app.service("web").freely()
        await app.sleep(51)
        return await app.service("web").log()

    assert played(scenario, WORKS) == [(1, "nobody"), (29, "nobody")]


def test_what_cannot_be_awaited_is_over_already() -> None:  # F-REQ-02, R-GEN-26
    async def scenario(app: App) -> Any:
        answer = await app.service("web").nothing()
        await app.sleep(0.1)
        active = app.application.worker("web").active
        assert active is not None
        return answer, len(active.isolate.scopes)

    assert played(scenario, WORKS) == ("answered", 0)


KINDS = {
    "a class": """
        class Default(WorkerEntrypoint):
            def fetch(self, request):
                return Response(f"{self.env.NAME} {self.ctx.props}")
    """,
    "a class of another kind": """
        class default:
            def __init__(self, ctx, env):
                self.env = env
                self.ctx = ctx

            async def fetch(self, request):
                return Response(f"{self.env.NAME} {self.ctx.props}")
    """,
    "an attribute of an instance": """
        class Default(WorkerEntrypoint):
            def __init__(self, ctx, env):
                super().__init__(ctx, env)
                self.fetch = lambda request: Response(f"{self.env.NAME} {self.ctx.props}")
    """,
    "an object": """
        class Handlers:
            async def fetch(self, request, env, ctx):
                return Response(f"{env.NAME} {ctx.props}")

        default = Handlers()
    """,
    "a function": """
        async def on_fetch(request, env, ctx):
            return Response(f"{env.NAME} {ctx.props}")
    """,
}


@pytest.mark.parametrize("source", KINDS.values(), ids=KINDS)
def test_a_request_is_handled_by(source: str) -> None:  # F-REQ-03, R-RPC-19
    front = worker(
        "front", "async def on_fetch(request, env, ctx):\n    return await env.ON.fetch(request)", Bound("ON", "web")
    )

    async def scenario(app: App) -> Any:
        by_call = app.service("web").fetch("http://any/")
        return [await (await response).text() for response in (app.fetch("/"), by_call)]

    # From outside, through a binding, and by a call.
    assert played(scenario, worker("web", source, NAME="x"), front) == ["x {}"] * 2


def test_a_worker_without_a_handler_says_what_it_would_take() -> None:  # F-REQ-03
    async def scenario(app: App) -> Any:
        with pytest.raises(AttributeError, match="expected a class `Default`, an object `default`, or a function"):
            await app.fetch("/")
        await app.reload({"web/main.py": "from detrun import WorkerEntrypoint\nclass Default(WorkerEntrypoint): pass"})
        with pytest.raises(AttributeError, match=r"web\.fetch has no `fetch`, and cannot be asked for a page"):
            await app.fetch("/")

    played(scenario, worker("web", ""))


def test_what_is_no_response_is_an_error() -> None:  # F-REQ-03
    async def scenario(app: App) -> Any:
        with pytest.raises(TypeError, match=r"expected a Response from the fetch of web\.fetch, got 'text'"):
            await app.fetch("/")

    played(scenario, worker("web", "def on_fetch(request, env, ctx):\n    return 'text'\n"))


def test_an_upload_and_its_client_that_is_gone_leave_nothing_behind() -> None:  # F-REQ-01, R-ABT-05
    async def scenario(app: App) -> Any:
        client = app.client("uploader")

        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0.1)

        asking = asyncio.ensure_future(client.fetch("/wait", method="POST", body=chunks()))
        await app.sleep(1)
        client.disconnect()
        await asyncio.gather(asking, return_exceptions=True)
        return await logs(app)

    assert played(scenario, LAST, MIDDLE, FIRST) == ALL
