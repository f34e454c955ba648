"""An error is the same whichever way it comes: by a call, a read, a request, a stub, a function, or within a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from detrun.scenarios.app import App
from tests.runtime.applications import Bound, played, scopes_left, worker
from tests.runtime.versions import active

DEEP = worker(
    "deep",
    """
    class Odd(Exception):
        def __init__(self, text, *, code):
            super().__init__(text)
            self.code = code
            self.unsendable = object()
            self.add_note("a note")

    def boom():
        try:
            raise KeyError("first")
        except KeyError as error:
            raise Odd("second", code=7) from error

    class Hostile(Exception):
        def __getattribute__(self, name):
            raise SystemExit(name)

        def __str__(self):
            raise KeyboardInterrupt

        __repr__ = __reduce__ = __str__

    class Item(RpcTarget):
        def boom(self):
            boom()

        @property
        def read(self):
            boom()

    class Default(WorkerEntrypoint):
        def boom(self):
            boom()

        async def later(self):
            await asyncio.sleep(0.001)
            boom()

        @property
        def read(self):
            boom()

        def item(self):
            return Item()

        def function(self):
            return boom

        async def call(self, function):
            await function()

        def hostile(self):
            raise Hostile

        async def fetch(self, request):
            if request.url.endswith("/stream"):
                async def chunks():
                    yield b"a"
                    boom()
                return Response(chunks())
            if request.url.endswith("/hostile"):
                raise Hostile
            boom()
    """,
)
FRONT = worker(
    "front",
    """
    class Default(WorkerEntrypoint):
        async def boom(self):
            await self.env.DEEP.boom()

        async def later(self):
            await self.env.DEEP.later()

        @property
        async def read(self):
            return await self.env.DEEP.read

        async def item(self):
            return await self.env.DEEP.item()

        async def function(self):
            return await self.env.DEEP.function()

        async def call(self, function):
            await self.env.DEEP.call(function)

        async def hostile(self):
            await self.env.DEEP.hostile()

        async def fetch(self, request):
            return await self.env.DEEP.fetch(request)
    """,
    Bound("DEEP", "deep"),
)
Way = Callable[[App, Any], Awaitable[object]]


async def by_a_call(app: App, service: Any) -> None:
    await service.boom()


async def by_a_call_that_takes_its_time(app: App, service: Any) -> None:
    await service.later()


async def by_a_read(app: App, service: Any) -> None:
    await service.read


async def by_a_stub(app: App, service: Any) -> None:
    with await service.item() as item:
        await item.boom()


async def by_a_read_of_a_stub(app: App, service: Any) -> None:
    with await service.item() as item:
        await item.read


async def by_an_answer_that_is_not_there_yet(app: App, service: Any) -> None:
    await service.item().boom()


async def by_a_function(app: App, service: Any) -> None:
    with await service.function() as function:
        await function()


async def by_a_function_that_is_called_back(app: App, service: Any) -> None:
    """There and back: the error is one of the other worker, raised by a function that was handed to it."""
    with await app.service("deep").function() as function:
        await service.call(function)


async def by_a_request(app: App, service: Any) -> None:
    await service.fetch("http://any/")


async def by_a_stream(app: App, service: Any) -> None:
    await (await service.fetch("http://any/stream")).text()


async def by_an_upload(app: App, service: Any) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        with await app.service("deep").function() as function:
            yield b"a"
            await function()

    await service.call(lambda: _all(chunks()))


async def _all(chunks: AsyncIterator[bytes]) -> list[bytes]:
    return [chunk async for chunk in chunks]


WAYS: tuple[Way, ...] = (
    by_a_call,
    by_a_call_that_takes_its_time,
    by_a_read,
    by_a_stub,
    by_a_read_of_a_stub,
    by_an_answer_that_is_not_there_yet,
    by_a_function,
    by_a_function_that_is_called_back,
    by_a_request,
    by_a_stream,
    by_an_upload,
)


@pytest.mark.parametrize("name", ["deep", "front"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_error_has_all_that_can_travel_by_every_path(way: Way, name: str) -> None:  # F-RPC-08, R-RPC-12
    async def scenario(app: App) -> Any:
        with pytest.raises(Exception, match="second") as caught:
            await way(app, app.service(name))
        error: Any = caught.value
        notes = [note for note in error.__notes__ if note == "a note"]
        remote = any("in boom" in str(note) for note in error.__notes__)
        app.disconnect()
        told = error.code, hasattr(error, "unsendable"), repr(error.__cause__), notes, remote
        return told, await scopes_left(app), app.complaints

    assert played(scenario, DEEP, FRONT) == ((7, False, "KeyError('first')", ["a note"], True), 0, [])


@pytest.mark.parametrize("name", ["deep", "front"])
@pytest.mark.parametrize("path", ["call", "request"])
def test_an_error_that_resists_is_told_of_and_its_generation_goes_on(path: str, name: str) -> None:  # R-RPC-13
    async def scenario(app: App) -> Any:
        service: Any = app.service(name)
        with pytest.raises(Exception, match="Hostile"):
            await (service.hostile() if path == "call" else service.fetch("http://any/hostile"))
        return active(app, "deep").number, active(app, "front").number, await scopes_left(app)

    assert played(scenario, DEEP, FRONT) == (1, 1, 0)
