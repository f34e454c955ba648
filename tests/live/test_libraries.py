"""Servers and clients made with libraries, live with real peers, and then again from what came."""

from __future__ import annotations

import asyncio
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.live.served import Meeting, check_ok, connected, received, recorded, replayed

# Clients that are broken off leave sockets behind; whoever complains of those does so in another test.
pytestmark = pytest.mark.usefixtures("untidy")

TIMES = 20


def asks(port: int) -> list[bytes]:
    """Three requests, each on a connection of its own, and one that ends the server."""
    return [_get(port, f"/?q={number}") for number in range(3)] + [_get(port, "/end")]


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        body: bytes = answer.read()
        return body


def leaves(port: int) -> None:
    """A request of which only half comes."""
    with connected(port) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf")
        time.sleep(0.02)


def waits(port: int) -> bytes:
    """A request whose letters come one by one."""
    with connected(port) as sock:
        for letter in b"GET /?q=slow HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n":
            sock.sendall(bytes([letter]))
        return received(sock, 15)


@contextmanager
def serving() -> Iterator[int]:
    """A real server of the standard library's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_address[1]
        server.shutdown()


def test_an_aiohttp_server_answers_its_clients_again() -> None:
    web = pytest.importorskip("aiohttp.web")

    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> list[str]:
            over, seen = asyncio.Event(), list[str]()

            async def root(request: Any) -> Any:
                await asyncio.sleep(0.001)
                seen.append(request.query_string or (await request.read()).decode())
                return web.json_response({"url": str(request.url)})

            async def end(_: Any) -> Any:
                over.set()
                return web.Response(text="bye")

            app = web.Application()
            app.add_routes([web.route("*", "/", root), web.get("/end", end)])
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            meeting.open(site._server.sockets[0].getsockname()[1])
            await over.wait()
            await asyncio.sleep(0.1)
            await runner.cleanup()
            return seen

        return main

    recording = recorded(program, asks, leaves, waits)

    check_ok(recording)
    assert recording.clients[0][-1] == b"bye"
    assert sorted(recording.result.value) == ["q=0", "q=1", "q=2", "q=slow"]
    replayed(program, recording, TIMES)


def test_a_fastapi_application_under_uvicorn_answers_again_threads_included() -> None:
    fastapi, uvicorn = pytest.importorskip("fastapi"), pytest.importorskip("uvicorn")

    def program(meeting: Meeting) -> Callable[[], Any]:
        app, seen = fastapi.FastAPI(), list[str]()

        class Server(uvicorn.Server):  # type: ignore[misc, name-defined]
            async def startup(self, sockets: Any = None) -> None:
                await super().startup(sockets)
                meeting.open(self.servers[0].sockets[0].getsockname()[1])

        server = Server(uvicorn.Config(app, port=0, log_level="critical"))

        @app.get("/")  # type: ignore[untyped-decorator, unused-ignore]
        def root(q: str = "") -> dict[str, Any]:
            seen.append(q)
            return {"q": q, "seen": len(seen), "at": time.time()}

        @app.get("/end")  # type: ignore[untyped-decorator, unused-ignore]
        async def end() -> str:
            server.should_exit = True
            return "bye"

        def main() -> list[str]:
            server.run()
            return seen

        return main

    recording = recorded(program, asks)

    check_ok(recording)
    assert recording.result.value == ["0", "1", "2"]
    replayed(program, recording, TIMES)


def test_a_websocket_chat_is_had_again() -> None:
    server = pytest.importorskip("websockets.asyncio.server")
    client = pytest.importorskip("websockets.sync.client")

    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> int:
            over, said = asyncio.Event(), 0
            present = dict[int, Any]()

            async def chat(sock: Any) -> None:
                nonlocal said
                present[len(present)] = sock
                async for message in sock:
                    said += 1
                    for other in present.values():
                        if other.state.name == "OPEN":
                            await other.send(message)
                if said == 20:
                    over.set()

            async with server.serve(chat, "127.0.0.1", 0) as serving:
                meeting.open(serving.sockets[0].getsockname()[1])
                await over.wait()
            return said

        return main

    def talks(port: int) -> int:
        heard = 0
        with client.connect(f"ws://127.0.0.1:{port}") as sock:
            for number in range(10):
                sock.send(f"message {number}")
                heard += len(sock.recv()) > 0
        return heard

    recording = recorded(program, talks, talks)

    check_ok(recording)
    assert recording.clients == [10, 10]
    replayed(program, recording, TIMES)


@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
def test_a_client_of_a_real_server_gets_the_same_answers_when_that_is_gone(library: str) -> None:
    module = pytest.importorskip(library)

    async def with_httpx(url: str) -> list[Any]:
        async with module.AsyncClient() as client:
            return [(await client.get(f"{url}/{number}")).text for number in range(3)]

    async def with_aiohttp(url: str) -> list[Any]:
        async with module.ClientSession() as session:
            return [await (await session.get(f"{url}/{number}")).text() for number in range(3)]

    client = with_httpx if library == "httpx" else with_aiohttp
    with serving() as port:
        recording = recorded(lambda _: lambda: client(f"http://localhost:{port}"))

    check_ok(recording)
    assert recording.result.value == ["ok", "ok", "ok"]
    replayed(lambda _: lambda: client(f"http://localhost:{port}"), recording, TIMES)


def test_a_server_of_the_redis_protocol_made_of_streams_answers_again() -> None:
    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> dict[bytes, bytes]:
            kept, over = dict[bytes, bytes](), asyncio.Event()

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                while line := await reader.readline():
                    words = []
                    for _ in range(int(line[1:])):
                        size = int((await reader.readline())[1:])
                        words.append((await reader.readexactly(size + 2))[:-2])
                    writer.write(_answer(kept, words))
                    await writer.drain()
                    if words == [b"SHUTDOWN"]:
                        over.set()
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            meeting.open(server.sockets[0].getsockname()[1])
            await over.wait()
            server.close()
            return kept

        return main

    def client(port: int) -> list[bytes]:
        with connected(port) as sock:
            pipeline = b"".join(_command(b"SET", b"key%d" % n, b"x" * n) for n in range(50))
            sock.sendall(pipeline[:333])
            time.sleep(0.01)
            sock.sendall(pipeline[333:])
            answers = [received(sock, 50 * 5)]
            for words in ([b"GET", b"key3"], [b"SHUTDOWN"]):
                sock.sendall(_command(*words))
                answers.append(sock.recv(100))
            return answers

    recording = recorded(program, client)

    check_ok(recording)
    assert recording.clients == [[b"+OK\r\n" * 50, b"$3\r\nxxx\r\n", b"+OK\r\n"]]
    replayed(program, recording, TIMES)


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _answer(kept: dict[bytes, bytes], words: list[bytes]) -> bytes:
    if words[0] == b"GET":
        value = kept[words[1]]
        return b"$%d\r\n%s\r\n" % (len(value), value)
    if words[0] == b"SET":
        kept[words[1]] = words[2]
    return b"+OK\r\n"
