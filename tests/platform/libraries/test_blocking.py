"""Servers and clients that block: those of the standard library, and requests, each in threads of its own."""

from __future__ import annotations

import asyncio
import http.client
import http.server
import json
import socket
import socketserver
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.platform.libraries.seeds import check_order

NAMES = ("ann", "ben", "cat")


@contextmanager
def _serving(server: Any) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _side_by_side(call: Any, *names: Any) -> None:
    threads = [threading.Thread(target=call, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Hello(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # as the library wants it
        body = f"hello {self.path[1:]}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


def test_a_threading_server_answers_its_clients() -> None:
    def main() -> Any:
        order: list[str] = []

        def talk(name: str) -> None:
            host, port = address.split(":")
            with socket.create_connection((host, int(port)), timeout=60) as sock, sock.makefile("rw") as file:
                for number in range(2):
                    file.write(f"{name} {number}\n")
                    file.flush()
                    order.append(file.readline())

        with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Upper)) as address:
            _side_by_side(talk, *NAMES)
        assert sorted(order) == [f"{name} {number}\n".upper() for name in NAMES for number in range(2)]
        return order

    check_order(main)


def test_an_http_server_answers_urllib_and_http_client() -> None:
    def main() -> Any:
        order: list[Any] = []

        def fetch(name: str) -> None:
            with urllib.request.urlopen(f"http://{address}/{name}", timeout=60) as answer:
                order.append(answer.read().decode())

        def keep(name: str) -> None:
            connection = http.client.HTTPConnection(address, timeout=60)
            for number in range(2):
                connection.request("GET", f"/{name}{number}")
                order.append(connection.getresponse().read().decode())
            connection.close()

        with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hello)) as address:
            _side_by_side(lambda job: job(), lambda: fetch("ann"), lambda: fetch("ben"), lambda: keep("cat"))
        assert sorted(order) == [f"hello {name}" for name in ("ann", "ben", "cat0", "cat1")]
        return order

    check_order(main)


def test_a_client_in_a_thread_speaks_https_with_a_server_in_another() -> None:
    def main() -> Any:
        order: list[Any] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        def fetch(name: str) -> None:
            with urllib.request.urlopen(f"https://{address}/{name}", timeout=60, context=context) as answer:
                order.append(answer.read().decode())

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
        server.socket = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(server.socket, server_side=True)
        with _serving(server) as address:
            _side_by_side(fetch, *NAMES)
        assert sorted(order) == [f"hello {name}" for name in NAMES]
        return order

    check_order(main)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while request := await reader.readuntil(b"\r\n\r\n"):
            body = json.dumps({"path": request.split()[1].decode()}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await asyncio.sleep(0.001)
    except asyncio.IncompleteReadError:
        writer.close()


def test_requests_in_threads_ask_a_server_on_the_loop() -> None:
    requests = pytest.importorskip("requests", reason="shows that requests runs unmodified")

    async def main() -> Any:
        order: list[str] = []

        def ask(name: str) -> None:
            with requests.Session() as session:
                for path in (f"{name}0", f"{name}1"):
                    answer = session.get(f"http://127.0.0.1:8080/{path}", timeout=60)
                    order.append(answer.json()["path"])

        async with await asyncio.start_server(_answer, "127.0.0.1", 8080):
            await asyncio.gather(*(asyncio.to_thread(ask, name) for name in NAMES))
        assert sorted(order) == [f"/{name}{number}" for name in NAMES for number in range(2)]
        return order

    check_order(main, warm=True)


def test_a_client_of_a_slow_server_has_a_timeout() -> None:
    requests = pytest.importorskip("requests", reason="shows that requests runs unmodified")

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(100)
        writer.close()

    async def main() -> Any:
        def ask() -> None:
            with pytest.raises(requests.Timeout):
                requests.get("http://127.0.0.1:8080/", timeout=5)

        loop = asyncio.get_running_loop()
        began = loop.time()
        async with await asyncio.start_server(slow, "127.0.0.1", 8080):
            await asyncio.gather(*(asyncio.to_thread(ask) for _ in range(2)))
        return round(loop.time() - began) == 5

    check_order(main, warm=True)
