"""Threads of a live program that wait for sockets let the others go on, and wait for the same at replay."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.served import Meeting, check_ok, connected, received, recorded, replayed
from tests.live.test_libraries import serving


def speaks_late(port: int) -> bytes:
    with connected(port) as sock:
        time.sleep(0.1)
        sock.sendall(b"late")
        return received(sock, 4)


def test_a_server_of_threads_that_block_serves_beside_the_loop() -> None:
    def program(meeting: Meeting) -> Callable[[], Any]:
        def answer(sock: socket.socket) -> None:
            with sock:
                sock.settimeout(5)
                sock.sendall(sock.recv(100).upper())

        def serve(listener: socket.socket, clients: int) -> None:
            threads = [threading.Thread(target=answer, args=listener.accept()[:1]) for _ in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        async def main() -> int:
            ticks = 0
            with socket.create_server(("127.0.0.1", 0)) as listener:
                meeting.open(listener.getsockname()[1])
                served = asyncio.create_task(asyncio.to_thread(serve, listener, 3))
                while not served.done():
                    ticks += 1
                    await asyncio.sleep(0.01)
                await served
            return ticks

        return main

    recording = recorded(program, speaks_late, speaks_late, speaks_late)

    check_ok(recording)
    assert recording.clients == [b"LATE"] * 3
    assert recording.result.value >= 5
    replayed(program, recording)


def test_a_client_that_blocks_in_a_thread_lets_the_loop_go_on() -> None:
    import urllib.request  # noqa: PLC0415

    def fetch(port: int) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            body: bytes = answer.read()
            return body

    with serving() as port:

        async def main() -> list[bytes]:
            return await asyncio.gather(*(asyncio.to_thread(fetch, port) for _ in range(3)))

        recording = recorded(lambda _: main)

    check_ok(recording)
    assert recording.result.value == [b"ok"] * 3
    replayed(lambda _: main, recording)


def test_who_waits_for_a_socket_with_a_limit_is_told_that_time_is_up() -> None:
    def main() -> list[Any]:
        one, other = socket.socketpair()
        with one, other:
            seen: list[Any] = [select.select([one], [], [], 0.01)]
            one.settimeout(0.01)
            with pytest.raises(TimeoutError):
                one.recv(1)
            other.settimeout(0)
            other.send(b"x")
            poll = select.poll()
            poll.register(one, select.POLLIN)
            return [*seen, len(poll.poll(1000)), one.recv(1)]

    recording = recorded(lambda _: main)

    check_ok(recording)
    assert recording.result.value == [([], [], []), 1, b"x"]
    replayed(lambda _: main, recording)


def test_a_signal_reaches_the_main_thread_while_another_waits() -> None:
    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> list[str]:
            seen: list[str] = []
            over = asyncio.Event()

            def handle() -> None:
                seen.append(threading.current_thread().name)
                over.set()

            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, handle)
            meeting.open(1)
            waiting = asyncio.create_task(asyncio.to_thread(_wait, 0.3))
            await over.wait()
            await waiting
            return seen

        return main

    number = os.getpid()

    def kills(_: int) -> None:
        time.sleep(0.1)
        os.kill(number, signal.SIGTERM)

    recording = recorded(program, kills, interrupted=True)

    check_ok(recording)
    assert recording.result.value == ["MainThread"]
    replayed(program, recording)


def _wait(seconds: float) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(seconds)
        with pytest.raises(TimeoutError):
            one.recv(1)


def test_what_a_client_of_sockets_gets_in_a_thread_is_the_loops_to_use() -> None:
    import urllib.request  # noqa: PLC0415

    with serving() as port:

        async def main() -> tuple[int, bytes]:
            answer = await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/", timeout=5)
            with answer:
                return answer.status, await asyncio.to_thread(answer.read)

        recording = recorded(lambda _: main)

    check_ok(recording)
    assert recording.result.value == (200, b"ok")
    replayed(lambda _: main, recording)


def test_requests_answers_the_same_again() -> None:
    requests = pytest.importorskip("requests")

    with serving() as port:
        requests.get(f"http://127.0.0.1:{port}/")  # what it does the first time, it does once in a process

        async def main() -> list[tuple[int, str]]:
            asked = [asyncio.to_thread(requests.get, f"http://127.0.0.1:{port}/{number}") for number in range(3)]
            return [(answer.status_code, answer.text) for answer in await asyncio.gather(*asked)]

        recording = recorded(lambda _: main)

    check_ok(recording)
    assert recording.result.value == [(200, "ok")] * 3
    replayed(lambda _: main, recording)


def test_files_of_pipes_and_sockets_are_read_in_threads() -> None:
    async def main() -> list[bytes]:
        with subprocess.Popen(["sh", "-c", "sleep 0.05; echo one"], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            said = [await asyncio.to_thread(process.stdout.readline)]
        one, other = socket.socketpair()
        with one, other, one.makefile("rb") as file:
            waiting = asyncio.create_task(asyncio.to_thread(file.readline))
            await asyncio.sleep(0.01)
            await asyncio.to_thread(other.sendall, b"two\nthree")
            return [*said, await waiting, await asyncio.to_thread(file.read, 5)]

    recording = recorded(lambda _: main)

    check_ok(recording)
    assert recording.result.value == [b"one\n", b"two\n", b"three"]
    replayed(lambda _: main, recording)
