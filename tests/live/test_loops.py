"""However a live program gets its loop, it is the run's: uvloop's ways, uvicorn's own factory, and `run_app`."""

from __future__ import annotations

import asyncio
import signal
import urllib.request
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from detrun.scheduler.loop import Loop
from tests.live.served import Meeting, check_ok, recorded, replayed

uvloop = pytest.importorskip("uvloop")
pytestmark = pytest.mark.usefixtures("untidy")


async def which() -> bool:
    await asyncio.sleep(0.01)
    return isinstance(asyncio.get_running_loop(), Loop)


def ran_by_uvloop() -> bool:
    found: bool = uvloop.run(which())
    return found


def made_by_uvloop() -> bool:
    loop = uvloop.new_event_loop()
    try:
        found: bool = loop.run_until_complete(which())
    finally:
        loop.close()
    return found


def installed() -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        uvloop.install()
    return asyncio.run(which())


def by_policy() -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    return asyncio.run(which())


def by_runner() -> bool:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(which())


@pytest.mark.parametrize("main", [ran_by_uvloop, made_by_uvloop, installed, by_policy, by_runner])
def test_a_program_that_asks_for_uvloop_gets_the_runs_own_loop(main: Callable[[], bool]) -> None:
    recording = recorded(lambda _: main)

    check_ok(recording)
    assert recording.result.value is True
    replayed(lambda _: main, recording)


def asks(port: int) -> list[bytes]:
    return [_get(port, f"/{number}") for number in range(3)] + [_get(port, "/end")]


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        body: bytes = answer.read()
        return body


@pytest.mark.parametrize(("loop", "http"), [("uvloop", "httptools"), ("asyncio", "h11"), ("auto", "auto")])
def test_uvicorn_runs_an_application_with_the_loop_and_the_parser_that_it_is_told(loop: str, http: str) -> None:
    uvicorn = pytest.importorskip("uvicorn")
    pytest.importorskip("httptools")

    def program(meeting: Meeting) -> Callable[[], Any]:
        seen: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                while (await receive())["type"] != "lifespan.shutdown":
                    await send({"type": "lifespan.startup.complete"})
                await send({"type": "lifespan.shutdown.complete"})
                return
            seen.append(scope["path"])
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
            if scope["path"] == "/end":
                asyncio.get_running_loop().call_later(0.05, signal.raise_signal, signal.SIGTERM)

        class Server(uvicorn.Server):  # type: ignore[misc, name-defined]
            async def startup(self, sockets: Any = None) -> None:
                await super().startup(sockets)
                meeting.open(self.servers[0].sockets[0].getsockname()[1])

        def main() -> tuple[list[str], str]:
            config = uvicorn.Config(app, port=0, log_level="critical", loop=loop, http=http)
            signal.signal(signal.SIGTERM, lambda *_: None)
            Server(config).run()
            return seen, config.http_protocol_class.__name__

        return main

    recording = recorded(program, asks)

    check_ok(recording)
    seen, parser = recording.result.value
    assert seen == ["/0", "/1", "/2", "/end"]
    assert parser == ("H11Protocol" if http == "h11" else "HttpToolsProtocol")
    assert recording.clients == [[b"ok"] * 4]
    replayed(program, recording)


def test_aiohttps_run_app_runs_until_it_is_told_to_stop() -> None:
    web = pytest.importorskip("aiohttp.web")

    def program(meeting: Meeting) -> Callable[[], Any]:
        seen: list[str] = []

        async def handle(request: Any) -> Any:
            seen.append(request.path)
            if request.path == "/end":
                asyncio.get_running_loop().call_later(0.05, signal.raise_signal, signal.SIGTERM)
            return web.Response(text="ok")

        def main() -> list[str]:
            app = web.Application()
            app.router.add_get("/{name}", handle)
            web.run_app(app, host="127.0.0.1", port=0, print=lambda said: meeting.open(_port(said)))
            return seen

        return main

    recording = recorded(program, asks)

    check_ok(recording)
    assert recording.result.value == ["/0", "/1", "/2", "/end"]
    replayed(program, recording)


def _port(said: str) -> int:
    """The port in what is said as it begins to serve."""
    return int(said.split("http://127.0.0.1:")[1].split(maxsplit=1)[0])
