"""aiohttp: its client and its server in one run."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.platform.libraries.seeds import check

aiohttp = pytest.importorskip("aiohttp", reason="shows that aiohttp runs unmodified")
web = pytest.importorskip("aiohttp.web", reason="shows that aiohttp runs unmodified")


async def _hello(request: Any) -> Any:
    return web.json_response(
        {"scheme": request.scheme, "hello": request.match_info["name"], "sent": await request.text()}
    )


async def _echo(request: Any) -> Any:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data.upper())
    return socket


def _application() -> Any:
    application = web.Application()
    application.add_routes([web.post("/hello/{name}", _hello), web.get("/echo", _echo)])
    return application


async def _served(context: ssl.SSLContext | None = None) -> tuple[Any, str]:
    runner = web.AppRunner(_application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return runner, f"{'http' if context is None else 'https'}://127.0.0.1:{runner.addresses[0][1]}"


def test_requests_at_the_same_time_get_their_own_answers() -> None:
    async def ask(session: Any, url: str) -> Any:
        async with session.post(url, data="x" * 1000) as response:
            return (await response.json())["hello"]

    async def main() -> None:
        runner, url = await _served()
        names = ["ann", "ben", "cat"]
        async with aiohttp.ClientSession(url) as session:
            assert await asyncio.gather(*(ask(session, f"/hello/{name}") for name in names)) == names
        await runner.cleanup()

    check(main)


def test_https_has_an_encrypted_connection_and_the_same_answers() -> None:
    async def ask(session: Any, name: str) -> Any:
        async with session.post(f"/hello/{name}", data="hi") as response:
            answer = await response.json()
            return answer["scheme"], answer["hello"]

    async def main() -> None:
        runner, url = await _served(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        async with aiohttp.ClientSession(url) as session:
            assert list(await asyncio.gather(ask(session, "ann"), ask(session, "ben"))) == [
                ("https", "ann"),
                ("https", "ben"),
            ]
            async with session.ws_connect("/echo") as socket:
                await socket.send_str("one")
                assert await socket.receive_str() == "ONE"
        await runner.cleanup()

    check(main)


def test_a_connection_is_kept_for_the_next_request_until_it_was_idle_for_too_long() -> None:
    async def main() -> None:
        ports = []

        async def whence(request: Any) -> Any:
            ports.append(request.transport.get_extra_info("peername")[1])
            return web.Response()

        server = web.Server(whence, keepalive_timeout=10)
        runner = web.ServerRunner(server)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 8080).start()
        async with aiohttp.ClientSession("http://127.0.0.1:8080") as session:
            for pause in (0, 1, 60):
                await asyncio.sleep(pause)
                async with session.get("/") as response:
                    await response.read()
        await runner.cleanup()
        first, second, last = ports
        assert first == second != last

    check(main)


def test_a_web_socket_carries_messages_both_ways() -> None:
    async def main() -> None:
        runner, url = await _served()
        async with aiohttp.ClientSession(url) as session, session.ws_connect("/echo") as socket:
            for word in ("one", "two", "three"):
                await socket.send_str(word)
            assert [await socket.receive_str() for _ in range(3)] == ["ONE", "TWO", "THREE"]
        await runner.cleanup()

    check(main)


def test_a_slow_answer_runs_into_the_clients_timeout() -> None:
    async def main() -> None:
        async def slow(_: Any) -> Any:
            await asyncio.sleep(100)
            return web.Response()

        runner = web.ServerRunner(web.Server(slow))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 8080).start()
        async with aiohttp.ClientSession("http://127.0.0.1:8080") as session:
            for _ in range(3):
                with pytest.raises(asyncio.TimeoutError):
                    await session.get("/", timeout=aiohttp.ClientTimeout(total=5))
        await runner.cleanup()

    check(main)


def test_run_app_serves_on_a_loop_of_its_own_until_it_is_told_to_exit() -> None:
    def leave() -> None:
        raise web.GracefulExit

    async def ask(answers: list[Any]) -> None:
        await asyncio.sleep(1)
        asyncio.get_running_loop().call_later(60, leave)
        async with aiohttp.request("POST", "http://127.0.0.1:8080/hello/ann", data="hi") as response:
            answers.append(await response.json())

    def main() -> None:
        answers: list[Any] = []

        async def visited(_: Any) -> AsyncIterator[None]:
            visitor = asyncio.create_task(ask(answers))
            yield
            visitor.cancel()

        application = _application()
        application.cleanup_ctx.append(visited)
        web.run_app(application, host="127.0.0.1", port=8080, print=None)
        assert answers == [{"scheme": "http", "hello": "ann", "sent": "hi"}]

    check(main)
