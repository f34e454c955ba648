"""TLS of live runs is OpenSSL's, and none is needed to have it again."""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.live.certificates import certified
from tests.live.served import Client, Meeting, check_ok, connected, received, recorded, replayed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signs itself, with its key in the same file."""
    return certified(tmp_path_factory.mktemp("tls"))[0]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for another name."""
    return certified(tmp_path_factory.mktemp("tls"), "other.test")[0]


def test_a_server_that_speaks_tls_says_the_same_again(certificate: Path) -> None:
    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> list[Any]:
            over, seen = asyncio.Event(), []

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                seen.append(writer.get_extra_info("cipher"))
                while data := await reader.read(65536):
                    seen.append(len(data))
                    writer.write(data)
                    await writer.drain()
                writer.close()
                over.set()

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
            meeting.open(server.sockets[0].getsockname()[1])
            await over.wait()
            await asyncio.sleep(0.05)
            server.close()
            return seen

        return main

    def client(port: int) -> bytes:
        context = ssl.create_default_context(cafile=f"{certificate}.crt")
        with context.wrap_socket(connected(port), server_hostname="localhost") as sock:
            answers = b""
            for number in range(10):
                sock.sendall(b"%d" % number * 1000)
                answers += received(sock, 1000)
            sock.unwrap().shutdown(socket.SHUT_RDWR)
            return answers[::1000]

    recording = recorded(program, client)

    check_ok(recording)
    assert recording.clients == [b"0123456789"]
    replayed(program, recording, times=20)


def test_a_certificate_that_nobody_trusts_fails_again(certificate: Path) -> None:
    async def refused(port: int) -> str:
        with pytest.raises(ssl.SSLCertVerificationError) as raised:
            await asyncio.open_connection("localhost", port, ssl=ssl.create_default_context())
        return f"{raised.value.reason} {raised.value.verify_message}"

    def listening(listener: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        sock, _ = listener.accept()
        with pytest.raises(OSError, match=r"(?i)alert|eof|reset"):
            context.wrap_socket(sock, server_side=True).recv(1)
        sock.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def program(meeting: Meeting) -> Callable[[], Any]:
            meeting.open(port)
            return lambda: refused(port)

        recording = recorded(program, lambda _: listening(listener))

    check_ok(recording)
    assert recording.result.value == "CERTIFICATE_VERIFY_FAILED self-signed certificate"
    replayed(program, recording)


def named(certificate: Path, name: str) -> Client:
    """A client that asks for this name, and says whether it got that or which alert."""

    def client(port: int) -> str:
        context = ssl.create_default_context(cafile=f"{certificate}.crt")
        try:
            with context.wrap_socket(connected(port), server_hostname=name) as sock:
                sock.sendall(b"words")
                return f"{received(sock, 5).decode()} by {sock.getpeercert()['subject'][0][0][1]}"  # type: ignore[index]
        except ssl.SSLError as error:
            return str(error.reason)

    return client


def test_a_server_that_chooses_by_name_is_asked_at_replay_too(certificate: Path, other: Path) -> None:
    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> list[Any]:
            over, seen = asyncio.Event(), list[Any]()
            contexts = dict[str | None, ssl.SSLContext]()
            for name, path in (("localhost", certificate), ("other.test", other)):
                contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                contexts[name].load_cert_chain(path)

            def choose(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
                seen.append((name, type(connection).__name__, context is contexts["localhost"]))
                if name not in contexts:
                    return ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
                connection.context = contexts[name]
                return None

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(await reader.read(100))
                await writer.drain()
                writer.close()
                if seen[-1][0] == "other.test":
                    over.set()

            contexts["localhost"].sni_callback = choose
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=contexts["localhost"])
            meeting.open(server.sockets[0].getsockname()[1])
            await over.wait()
            await asyncio.sleep(0.05)
            server.close()
            return seen

        return main

    def clients(port: int) -> list[str]:
        asked = [(certificate, "localhost"), (certificate, "nobody.test"), (other, "other.test")]
        return [str(named(path, name)(port)) for path, name in asked]

    recording = recorded(program, clients)

    check_ok(recording)
    assert recording.clients[0][0] == "words by localhost"
    assert (
        recording.clients[0][1] == "UNEXPECTED_EOF_WHILE_READING"
    )  # asyncio sends no alert for a handshake that fails
    assert recording.clients[0][2] == "words by other.test"
    assert [name for name, *_ in recording.result.value] == ["localhost", "nobody.test", "other.test"]
    assert {tuple(others) for _, *others in recording.result.value} == {("SSLObject", True)}
    replayed(program, recording, times=20)


def test_a_server_whose_sockets_block_and_speak_tls_says_the_same_again(certificate: Path) -> None:
    def program(meeting: Meeting) -> Callable[[], Any]:
        def serve(listener: socket.socket) -> list[Any]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            seen: list[Any] = []
            with context.wrap_socket(listener, server_side=True) as secured:
                for _ in range(2):
                    sock, _ = secured.accept()
                    with sock:
                        data = sock.recv(65536)
                        seen.append((data, sock.version(), type(sock).__mro__[1].__name__))
                        sock.sendall(data)
                        with suppress(OSError):  # who asks leaves without a word
                            sock.unwrap().close()
            return seen

        async def main() -> Any:
            listener = socket.create_server(("127.0.0.1", 0))
            meeting.open(listener.getsockname()[1])
            return await asyncio.to_thread(serve, listener)

        return main

    recording = recorded(program, lambda port: [named(certificate, "localhost")(port) for _ in range(2)])

    check_ok(recording)
    assert recording.clients == [["words by localhost"] * 2]
    assert recording.result.value[0][0] == b"words"
    replayed(program, recording, times=20)


def test_a_client_that_blocks_and_one_that_does_not_speak_tls_again(certificate: Path) -> None:
    def serving(listener: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        for _ in range(2):
            sock, _ = listener.accept()
            with context.wrap_socket(sock, server_side=True) as secured:
                while data := secured.recv(100_000):
                    secured.sendall(data)

    def blocks(sock: ssl.SSLSocket) -> int:
        sock.sendall(b"x" * 300_000)
        return len(received(sock, 300_000))

    def looks(sock: ssl.SSLSocket) -> int:
        """Never waits but in `select`."""
        sock.setblocking(False)  # noqa: FBT003
        todo: list[Callable[[], Any]] = [sock.do_handshake, lambda: sock.sendall(b"y" * 1000), lambda: sock.recv(1000)]
        got = b""
        while todo:
            try:
                got = todo[0]() or b""
                del todo[0]
            except ssl.SSLWantReadError:
                select.select([sock], [], [], 5)
            except ssl.SSLWantWriteError:
                select.select([], [sock], [], 5)
        return len(got)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def program(meeting: Meeting) -> Callable[[], Any]:
            def main() -> list[Any]:
                meeting.open(port)
                seen: list[Any] = []
                context = ssl.create_default_context(cafile=f"{certificate}.crt")
                for use, at_once in ((blocks, True), (looks, False)):
                    with context.wrap_socket(
                        socket.create_connection(("127.0.0.1", port)),
                        server_hostname="localhost",
                        do_handshake_on_connect=at_once,
                    ) as sock:
                        seen.append((use(sock), sock.version()))
                return seen

            return main

        recording = recorded(program, lambda _: serving(listener))

    check_ok(recording)
    assert recording.result.value == [(300_000, "TLSv1.3"), (1000, "TLSv1.3")]
    replayed(program, recording)


def test_an_answer_by_https_in_a_thread_is_had_again(certificate: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "300000")
            self.end_headers()
            self.wfile.write(b"x" * 300_000)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever).start()

        def fetch() -> int:
            trusted = ssl.create_default_context(cafile=f"{certificate}.crt")
            url = f"https://localhost:{server.server_address[1]}/"
            with urllib.request.urlopen(url, context=trusted, timeout=5) as answer:
                return len(answer.read())

        async def main() -> list[int]:
            return await asyncio.gather(*(asyncio.to_thread(fetch) for _ in range(3)))

        recording = recorded(lambda _: main)
        server.shutdown()

    check_ok(recording)
    assert recording.result.value == [300_000] * 3
    replayed(lambda _: main, recording)
