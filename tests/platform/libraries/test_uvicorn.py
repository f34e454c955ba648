"""uvicorn with starlette and with FastAPI, and httpx as their client, in one run."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import detrun
from tests.platform.libraries.seeds import check

fastapi = pytest.importorskip("fastapi", reason="shows that FastAPI runs unmodified")
httpx = pytest.importorskip("httpx", reason="is the client here")
starlette = pytest.importorskip("starlette.applications", reason="shows that starlette runs unmodified")
responses = pytest.importorskip("starlette.responses", reason="shows that starlette runs unmodified")
routing = pytest.importorskip("starlette.routing", reason="shows that starlette runs unmodified")
uvicorn = pytest.importorskip("uvicorn", reason="shows that uvicorn runs unmodified")
websockets = pytest.importorskip("websockets.asyncio.client", reason="is the client of web sockets here")


@asynccontextmanager
async def _served(application: Any) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(application, port=8000, log_config=None, timeout_graceful_shutdown=5))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _client() -> Any:
    return httpx.AsyncClient(base_url="http://127.0.0.1:8000", verify=False)


def test_starlette_answers_requests_and_streams() -> None:
    async def hello(request: Any) -> Any:
        return responses.JSONResponse({"hello": request.path_params["name"], "sent": (await request.body()).decode()})

    async def count(_: Any) -> Any:
        async def chunks() -> AsyncIterator[str]:
            for number in range(3):
                await asyncio.sleep(0.01)
                yield f"{number},"

        return responses.StreamingResponse(chunks())

    routes = [routing.Route("/hello/{name}", hello, methods=["POST"]), routing.Route("/count", count)]

    async def main() -> None:
        async with _served(starlette.Starlette(routes=routes)), _client() as client:
            first, second, streamed = await asyncio.gather(
                client.post("/hello/ann", content="hi"), client.post("/hello/ben", content="ho"), client.get("/count")
            )
        assert (first.json(), second.json()) == ({"hello": "ann", "sent": "hi"}, {"hello": "ben", "sent": "ho"})
        assert streamed.text == "0,1,2,"

    check(main)


def test_starlette_echoes_on_a_web_socket() -> None:
    async def echo(socket: Any) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text.upper())

    async def main() -> None:
        application = starlette.Starlette(routes=[routing.WebSocketRoute("/echo", echo)])
        async with _served(application), websockets.connect("ws://127.0.0.1:8000/echo") as socket:
            for word in ("one", "two"):
                await socket.send(word)
            assert [await socket.recv() for _ in range(2)] == ["ONE", "TWO"]

    check(main)


def _slow() -> Any:
    async def work(_: Any) -> Any:
        await asyncio.sleep(3)
        return responses.PlainTextResponse("done")

    return starlette.Starlette(routes=[routing.Route("/work", work)])


def test_a_signal_ends_a_server_once_it_has_answered() -> None:
    async def main() -> list[object]:
        log: list[object] = []
        # The server ends, and then sends itself what it was sent, to whoever handled that before.
        signal.signal(signal.SIGTERM, lambda number, _: log.append(number))
        server = uvicorn.Server(uvicorn.Config(_slow(), port=8000, log_config=None))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        async with _client() as client:
            asyncio.get_running_loop().call_later(1, os.kill, os.getpid(), signal.SIGTERM)
            log.append((await client.get("/work")).text)
            await serving
            with pytest.raises(httpx.TransportError):
                await client.get("/work")
        assert sorted(log, key=str) == [signal.SIGTERM, "done"]
        return log

    before = signal.getsignal(signal.SIGTERM)
    check(main, talks=False)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_program_that_is_a_server_ends_by_a_signal_as_it_would() -> None:
    def main(number: int) -> str:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), number))
        signal.alarm(5)
        uvicorn.run(_slow(), port=8000, log_config=None)
        return "interrupted"

    interrupted, terminated = (detrun.run(lambda: main(number)) for number in (signal.SIGINT, signal.SIGTERM))  # noqa: B023

    assert interrupted.result() == "interrupted"
    assert terminated.failure is not None
    assert (terminated.failure.kind, terminated.exit_code) == ("signal", 143)


def _bank() -> Any:
    bank = fastapi.FastAPI()
    balance, lock = {"ann": 0}, asyncio.Lock()

    async def locked() -> AsyncIterator[None]:
        async with lock:
            yield

    async def pay(name: str, amount: int) -> dict[str, int]:
        before = balance[name]
        await asyncio.sleep(0.01)
        balance[name] = before + amount
        return {"balance": balance[name]}

    bank.add_api_route("/accounts/{name}", pay, methods=["POST"], dependencies=[fastapi.Depends(locked)])
    return bank


def test_fastapi_checks_what_it_is_sent_and_injects_dependencies() -> None:
    async def main() -> None:
        async with _served(_bank()), _client() as client:
            paid = await asyncio.gather(*(client.post("/accounts/ann", params={"amount": 2}) for _ in range(3)))
            wrong = await client.post("/accounts/ann", params={"amount": "much"})
        assert sorted(answer.json()["balance"] for answer in paid) == [2, 4, 6]
        assert wrong.status_code == 422

    check(main)
