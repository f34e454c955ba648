"""TLS of live runs is OpenSSL's, and none is needed to have it again."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.certificates import certified
from tests.live.served import Meeting, check_ok, connected, received, recorded, replayed


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signs itself, with its key in the same file."""
    return certified(tmp_path_factory.mktemp("tls"))[0]


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
