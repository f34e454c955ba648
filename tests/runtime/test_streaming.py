"""Streams between contexts: what flows when, how much of it waits, and who learns that it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from detrun.errors import BodyUsed
from detrun.model import Run
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, limited, play, played, scopes_left, worker

ORIGIN = worker(
    "origin",
    """
    import detrun
    log = []

    async def chunks(n, pause=0.0):
        try:
            for number in range(n):
                log.append(number)
                yield b"%d," % number
                if pause:
                    await asyncio.sleep(pause)
        finally:
            log.append("closed")

    class Odd:
        def __aiter__(self):
            raise LookupError("no iterator")

    async def stubborn():
        while True:
            try:
                yield b"x"
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                log.append("went on")

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            path = request.url.rpartition("/")[2]
            if path == "endless":
                return Response(chunks(10**9))
            if path == "slow":
                return Response(chunks(10**9, 1.0))
            if path == "few":
                return Response(chunks(3))
            if path == "empty":
                async def empty():
                    yield b""
                    yield b"a"
                    yield b""
                return Response(empty())
            if path == "used":
                response = Response(chunks(3))
                await response.bytes()
                return response
            if path == "fails":
                async def fails():
                    yield b"a"
                    raise LookupError("half-way")
                return Response(fails())
            if path == "odd":
                return Response(Odd())
            if path == "stubborn":
                return Response(stubborn())
            if path == "wrong":
                async def wrong():
                    yield 3
                return Response(wrong())
            if path == "ignored":
                return Response("not read")
            if path == "later":
                async def later():
                    log.append(len(await request.bytes()))
                self.ctx.wait_until(later())
                return Response("soon")
            if path == "broken":
                raise ValueError("no")
            if path == "cookies":
                response = Response("")
                response.headers.append("set-cookie", "a=1")
                response.headers.append("set-cookie", "b=2")
                return response
            async def upper():
                async for chunk in request.body:
                    log.append(len(chunk))
                    yield chunk.upper()
            return Response(upper())

        def log(self):
            return list(log)

        async def read(self, stream):
            return b"".join([chunk async for chunk in stream])
    """,
)


def passing(name: str, onto: str) -> Any:
    return worker(
        name,
        """
        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                again = Request(request, headers=[*request.headers.items(), ("x-hop", "1")])
                return await self.env.ON.fetch(again)
        """,
        Bound("ON", onto),
    )


CHAIN = (ORIGIN, passing("second", "origin"), passing("first", "second"))


async def settled(app: App) -> list[Any]:
    """What the origin has noted when nothing is left anywhere."""
    assert await scopes_left(app) == 0
    log: list[Any] = await app.service("origin").log()
    return log


def test_the_head_comes_before_the_body_has_ended_over_any_number_of_hops() -> None:  # F-STR-01, R-STR-01
    async def scenario(app: App) -> Any:
        response = await app.fetch("/slow")
        reader = aiter(response)
        first = [await anext(reader), await anext(reader)]
        assert response.body is not None
        await response.body.cancel()
        return response.status, first, await settled(app)

    assert played(scenario, *CHAIN) == (200, [b"0,", b"1,"], [0, 1, "closed"])


def test_a_request_flows_chunk_by_chunk_over_two_hops_and_back() -> None:  # F-STR-01, F-STR-11, R-STR-02, R-STR-18
    async def scenario(app: App) -> Any:
        answered = asyncio.Event()

        async def chunks() -> AsyncIterator[bytes]:
            for number in range(20):
                yield b"chunk-%d " % number
                # The next one is given when the one before has come back through all workers.
                await answered.wait()
                answered.clear()

        got = []
        response = await app.fetch("/upper", method="POST", body=chunks())
        async for chunk in response:
            got.append(chunk)
            answered.set()
        return b"".join(got) == b"".join(b"CHUNK-%d " % number for number in range(20)), await scopes_left(app)

    assert played(scenario, *CHAIN) == (True, 0)


@pytest.mark.parametrize("hops", [1, 2, 3])
@pytest.mark.parametrize("window", [1, 3, 8])
def test_a_reader_who_stands_still_stops_the_source(window: int, hops: int) -> None:  # F-STR-02, R-STR-10, R-STR-11
    async def scenario(app: App) -> Any:
        response = await app.fetch("/endless")
        reader = aiter(response)
        counts = []
        for _ in range(3):
            await app.sleep(1)
            counts.append(len(await app.service("origin").log()))
            await anext(reader)
        app.disconnect()
        await app.sleep(1)
        return counts, (await app.service("origin").log())[-1]

    # What is under way or waits to be read is the window on each hop, and one chunk more for each read.
    bound = hops * window
    workers = [limited(each, stream_window=window) for each in CHAIN[:hops]]
    assert played(scenario, *workers) == ([bound, bound + 1, bound + 2], "closed")


def test_a_reader_who_reads_on_gets_all_of_it_in_order() -> None:  # F-STR-02, F-STR-03, F-STR-09
    async def scenario(app: App) -> Any:
        async def chunks() -> AsyncIterator[bytes]:
            for number in range(64):
                yield number.to_bytes(1, "big") * 65_536

        response = await app.fetch("/upper", method="POST", body=chunks())
        data = await response.bytes()
        return len(data), await scopes_left(app)

    expected = (4 * 1024 * 1024, 0)
    assert play(scenario, *CHAIN, strategy="default").result() == expected
    assert play(scenario, *CHAIN, seed=1).result() == expected


@pytest.mark.parametrize("path", ["slow", "endless"])
def test_who_cancels_ends_the_source_three_hops_away(path: str) -> None:  # F-STR-04, R-STR-03, R-STR-04, R-STR-12
    async def scenario(app: App) -> Any:
        response = await app.fetch(f"/{path}")
        await anext(aiter(response))
        if path == "endless":
            await app.sleep(1)  # all pumps wait for room
        assert response.body is not None
        await response.body.cancel("enough")
        return (await settled(app))[-1]

    assert played(scenario, *CHAIN) == "closed"


def test_a_source_that_goes_on_although_it_was_cancelled_is_not_sent_any_further() -> None:  # F-STR-04
    async def scenario(app: App) -> Any:
        response = await app.fetch("/stubborn")
        await anext(aiter(response))
        await app.sleep(0.5)
        assert response.body is not None
        await response.body.cancel("enough")
        return (await settled(app))[0]

    assert played(scenario, *CHAIN) == "went on"


def test_chunks_without_a_byte_arrive_too() -> None:  # F-STR-05, R-STR-06
    async def scenario(app: App) -> Any:
        return [chunk async for chunk in await app.fetch("/empty")]

    assert played(scenario, *CHAIN) == [b"", b"a", b""]


def test_a_body_that_was_read_is_an_error_and_no_end() -> None:  # F-STR-06, R-STR-09
    async def scenario(app: App) -> Any:
        with pytest.raises(BodyUsed):
            await app.fetch("/used")
        await settled(app)

    played(scenario, *CHAIN)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("fails", LookupError("half-way")),
        ("odd", LookupError("no iterator")),
        ("wrong", TypeError("expected a chunk of a body to be bytes, got int")),
    ],
)
def test_what_the_source_raises_is_raised_to_the_reader(path: str, error: Exception) -> None:  # F-STR-06
    async def scenario(app: App) -> Any:
        response = await app.fetch(f"/{path}")
        with pytest.raises(type(error), match=str(error)):
            await response.text()
        assert await scopes_left(app) == 0

    played(scenario, *CHAIN)


@pytest.mark.parametrize("path", ["ignored", "broken", "nothing-of-the-body-is-read-if-the-target-is-not-there"])
def test_what_is_not_read_is_closed_when_the_handler_has_answered(path: str) -> None:  # F-STR-07, R-STR-07
    """R-STR-05, R-STR-13, R-STR-14: whatever becomes of the call, its body ends with it."""
    workers = CHAIN if path in ("ignored", "broken") else (passing("second", "gone"), worker("gone", "1 / 0"), CHAIN[2])

    async def scenario(app: App) -> Any:
        ended: list[str] = []

        async def chunks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 10
            finally:
                ended.append("closed")

        outcome = await asyncio.gather(app.fetch(f"/{path}", method="POST", body=chunks()), return_exceptions=True)
        await app.sleep(0.1)
        return type(outcome[0]).__name__, ended, await scopes_left(app)

    kinds = {"ignored": "Response", "broken": "ValueError"}
    ordered = sorted(workers, key=lambda each: each.name == "first")
    assert played(scenario, *ordered) == (kinds.get(path, "Disconnected"), ["closed"], 0)


def test_what_goes_on_after_the_answer_may_read_what_came_with_the_call() -> None:  # F-STR-07
    async def scenario(app: App) -> Any:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(20):
                await asyncio.sleep(0.1)
                yield b"12345"

        response = await app.client("other").fetch("http://any/later", method="POST", body=chunks())
        text = await response.text()
        await app.sleep(3)
        return text, await settled(app), app.complaints

    assert played(scenario, ORIGIN) == ("soon", [100], [])


def test_a_stream_is_an_argument_like_any_other() -> None:
    async def scenario(app: App) -> Any:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        return await app.service("origin").read(chunks()), await scopes_left(app)

    assert played(scenario, ORIGIN) == (b"ab", 0)


def test_an_upload_that_is_broken_off_is_an_error_and_no_end() -> None:  # R-ABT-05
    async def scenario(app: App) -> Any:
        uploading = app.client("uploader")

        async def chunks() -> AsyncIterator[bytes]:
            yield b"half"
            await asyncio.sleep(50)

        sending = asyncio.ensure_future(uploading.fetch("http://any/later", method="POST", body=chunks()))
        await app.sleep(1)
        uploading.disconnect()
        await asyncio.gather(sending, return_exceptions=True)
        log = await settled(app)
        return log, [type(complaint.error).__name__ for complaint in app.complaints]

    log, errors = played(scenario, ORIGIN)
    assert log == []
    assert errors in (["Disconnected"], ["RemoteError"])


def test_headers_that_are_there_twice_stay_two() -> None:  # F-STR-13, R-STR-20
    async def scenario(app: App) -> Any:
        return [pair for pair in (await app.fetch("/cookies")).headers.items() if pair[0] == "set-cookie"]

    assert played(scenario, *CHAIN) == [("set-cookie", "a=1"), ("set-cookie", "b=2")]


def test_a_discarded_body_ends_its_source_at_once() -> None:  # F-STR-10, R-STR-08
    discards = worker(
        "web",
        """
        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                response = await self.env.ON.fetch(request.url)
                await response.body.cancel("something else is answered")
                await asyncio.sleep(1)
                return Response(str(await self.env.ON.log()))
        """,
        Bound("ON", "origin"),
    )

    async def scenario(app: App) -> Any:
        return (await (await app.fetch("/slow")).text()).endswith("'closed']")

    assert played(scenario, ORIGIN, discards)


def test_a_response_that_nobody_reads_ends_with_the_event_that_asked_for_it() -> None:  # F-STR-07, R-STR-14, R-STR-17
    forgets = worker(
        "web",
        """
        class Default(WorkerEntrypoint):
            async def forget(self):
                await self.env.ON.fetch("http://any/slow")

            async def too_late(self):
                asyncio.ensure_future(self.env.ON.fetch("http://any/slow"))
                await asyncio.sleep(0.0001)
        """,
        Bound("ON", "origin"),
    )

    async def scenario(app: App) -> Any:
        await app.service("web").forget()
        log = await settled(app)
        await app.service("web").too_late()
        await settled(app)
        return log[-1]

    assert played(scenario, ORIGIN, forgets) == "closed"


def test_the_same_bytes_come_whatever_the_order_of_frames() -> None:  # F-STR-03, R-STR-02
    async def scenario(app: App) -> Any:
        responses = await asyncio.gather(*(app.client(str(n)).fetch("http://any/few") for n in range(3)))
        return await asyncio.gather(*(response.text() for response in responses))

    runs: list[Run] = [play(scenario, *CHAIN, seed=seed) for seed in range(20)]
    assert all(run.result() == ["0,1,2,"] * 3 for run in runs)
    assert len({run.digest for run in runs}) == 20
