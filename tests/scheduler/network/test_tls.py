"""TLS above the simulated network, as asyncio's own transports use it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Any

import pytest

import detrun
from tests.scheduler.network.tls_programs import (
    HOST,
    PORT,
    Handler,
    always,
    closed,
    connected,
    echo,
    for_client,
    for_server,
    results,
    serving,
)


def test_lines_go_there_and_back() -> None:
    async def main() -> list[bytes]:
        async with serving(echo):
            reader, writer = await connected()
            lines = []
            for number in range(3):
                writer.write(b"%d\n" % number)
                lines.append(await reader.readline())
            await closed(writer)
            return lines

    always(main, [b"0\n", b"1\n", b"2\n"])


def test_many_clients_are_served_at_once() -> None:
    async def ask(number: int) -> bytes:
        reader, writer = await connected()
        writer.write(b"%d\n" % number)
        line = await reader.readline()
        await closed(writer)
        return line

    async def main() -> list[bytes]:
        async with serving(echo):
            return await asyncio.gather(*map(ask, range(5)))

    always(main, [b"%d\n" % number for number in range(5)])
    assert len({detrun.run(main, seed=seed).digest for seed in range(20)}) == 20


def test_a_transport_tells_what_it_is() -> None:
    async def main() -> list[Any]:
        async with serving(echo, ssl=for_server("http/1.1", "h2")):
            client = for_client("h2", "http/1.1")
            _, writer = await connected(ssl=client)
            found = writer.get_extra_info("ssl_object")
            facts = [found.version(), found.selected_alpn_protocol(), isinstance(found, ssl.SSLObject)]
            facts += [writer.get_extra_info("sslcontext") is client, writer.get_extra_info("cipher")]
            facts += [writer.get_extra_info("peercert")["subjectAltName"], writer.get_extra_info("compression")]
            facts += [writer.get_extra_info("peername"), writer.can_write_eof()]
            await closed(writer)
            return facts

    cipher = ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)
    names = (("DNS", HOST),)
    always(main, ["TLSv1.3", "http/1.1", True, True, cipher, names, None, ("127.0.0.1", PORT), False])


def test_a_server_learns_the_name_it_is_asked_for() -> None:
    asked = list[Any]()

    async def main() -> list[Any]:
        asked.clear()
        context = for_server()
        context.sni_callback = lambda found, name, _: asked.append((isinstance(found, ssl.SSLObject), name))
        async with serving(echo, ssl=context):
            for name in ("a.test", "b.test"):
                _, writer = await connected(server_hostname=name)
                await closed(writer)
        return list(asked)

    always(main, [(True, "a.test"), (True, "b.test")])


def test_a_server_that_asks_for_a_certificate_gets_one() -> None:
    async def main() -> Any:
        seen = asyncio.get_running_loop().create_future()

        async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set_result(writer.get_extra_info("peercert")["subject"])
            await closed(writer)

        context = for_server()
        context.verify_mode = ssl.CERT_REQUIRED
        async with serving(tell, ssl=context):
            _, writer = await connected()
            subject = await seen
            await closed(writer)
            return subject

    always(main, ((("commonName", "client"),),))


def test_a_big_answer_waits_for_its_reader() -> None:
    size = 3_000_000

    async def main() -> tuple[int, bool]:
        drained = []

        async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _number in range(30):
                writer.write(b"x" * (size // 30))
                await writer.drain()
            drained.append(True)
            await closed(writer)

        async with serving(pour):
            reader, writer = await connected()
            await asyncio.sleep(1)
            waits = not drained
            count = len(await reader.read(-1))
            await closed(writer)
            return count, waits

    always(main, (size, True))


def test_a_connection_is_upgraded_on_both_sides_by_start_tls() -> None:
    async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go\n")
        await writer.start_tls(for_server())
        await echo(reader, writer)

    async def main() -> list[Any]:
        async with serving(upgrade, ssl=None):
            reader, writer = await connected(ssl=None)
            writer.write(b"STARTTLS\n")
            answer = await reader.readline()
            await writer.start_tls(for_client(), server_hostname=HOST)
            writer.write(b"secret\n")
            found = [answer, await reader.readline(), writer.get_extra_info("ssl_object").version()]
            await closed(writer)
            return found

    always(main, [b"go\n", b"secret\n", "TLSv1.3"])


class Collector(asyncio.Protocol):
    """Collects what it receives until the connection is lost."""

    def __init__(self) -> None:
        self.lost: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, error: BaseException | None) -> None:
        self.lost.set_result(error)


def test_tls_goes_through_tls() -> None:
    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"inner\n")
        await writer.drain()
        loop, protocol = asyncio.get_running_loop(), Collector()
        inner = await loop.start_tls(writer.transport, protocol, for_server("in"), server_side=True)
        assert inner is not None
        inner.write(b"from within")
        inner.close()
        await protocol.lost

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        async with serving(tunnel):
            reader, writer = await connected()
            writer.write(b"begin\n")
            assert await reader.readline() == b"inner\n"
            protocol = Collector()
            inner = await loop.start_tls(writer.transport, protocol, for_client("in"), server_hostname="inner.test")
            assert inner is not None
            found = inner.get_extra_info("ssl_object")
            facts = [found.selected_alpn_protocol(), found.server_hostname]
            lost = await protocol.lost
            writer.close()
            return [*facts, lost, protocol.data]

    always(main, ["in", "inner.test", None, b"from within"])


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    await closed(writer)


def test_a_silent_server_lets_the_handshake_time_out() -> None:
    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        async with serving(silent, ssl=None):
            began = loop.time()
            with pytest.raises(ConnectionAbortedError, match="SSL handshake is taking longer than 5 seconds") as caught:
                await connected(ssl_handshake_timeout=5)
            return type(caught.value).__name__, round(loop.time() - began, 1)

    always(main, ("ConnectionAbortedError", 5.0))


def test_a_silent_client_is_dropped_by_the_server_in_time() -> None:
    async def main() -> bytes:
        async with serving(echo, ssl_handshake_timeout=5):
            reader, writer = await connected(ssl=None)
            with suppress(ConnectionError):
                assert not await reader.read()
            await closed(writer)
            return b"dropped"

    always(main, b"dropped")


def test_a_farewell_that_is_not_answered_times_out() -> None:
    async def main() -> tuple[Any, float]:
        loop, stuck = asyncio.get_running_loop(), asyncio.Event()

        async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport._ssl_protocol._transport.pause_reading()  # type: ignore[attr-defined]
            await stuck.wait()
            writer.transport.abort()

        async with serving(deaf):
            protocol = Collector()
            transport, _ = await loop.create_connection(
                lambda: protocol, HOST, PORT, ssl=for_client(), ssl_shutdown_timeout=7
            )
            await asyncio.sleep(1)
            began = loop.time()
            transport.close()
            error = await protocol.lost
            stuck.set()
            return type(error).__name__, round(loop.time() - began, 1)

    always(main, ("TimeoutError", 7.0))


def breaks_off(lines: int) -> Handler:
    """A server that reads something, then resets the connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(lines):
            await reader.read(1)
        writer.transport.abort()

    return handle


@pytest.mark.parametrize("lines", [0, 1])
def test_a_connection_lost_in_the_handshake_is_an_error(lines: int) -> None:
    async def main() -> bool:
        async with serving(breaks_off(lines), ssl=None):
            with pytest.raises(ConnectionError):
                await connected()
            return True

    assert all(results(main))


def test_a_connection_lost_without_farewell_ends_the_stream() -> None:
    async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"last")
        await writer.drain()
        writer.transport.abort()

    async def main() -> bytes:
        async with serving(cut):
            reader, writer = await connected()
            data = b""
            with suppress(ConnectionError):
                data = await reader.read(4)
                data += await reader.read()
            await closed(writer)
            return data

    # An abort is a reset only if something was unread, and then it may overtake the data.
    assert set(results(main)) <= {b"", b"last"}


def test_a_client_that_speaks_in_the_clear_is_turned_away() -> None:
    async def main() -> list[Any]:
        reports: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
        async with serving(echo):
            reader, writer = await connected(ssl=None)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            found = []
            with suppress(ConnectionError):
                found.append(await reader.read())
            await closed(writer)
        return [found in ([], [b""]), reports]

    always(main, [True, []])


def test_a_server_that_speaks_in_the_clear_is_an_error_of_the_handshake() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # To close with the hello unread would be a reset, which may overtake the greeting.
        await reader.read(1000)
        writer.write(b"220 mail.test\r\n")
        await writer.drain()
        await closed(writer)

    async def main() -> str | None:
        async with serving(greet, ssl=None):
            with pytest.raises(ssl.SSLError) as caught:
                await connected()
            return caught.value.reason

    always(main, "WRONG_VERSION_NUMBER")


def test_half_a_connection_cannot_be_closed() -> None:
    async def main() -> bool:
        async with serving(echo):
            _, writer = await connected()
            with pytest.raises(NotImplementedError):
                writer.write_eof()
            await closed(writer)
            return True

    assert all(results(main))


def test_what_was_written_before_closing_is_read() -> None:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 200_000)
        await closed(writer)

    async def main() -> int:
        async with serving(say):
            reader, writer = await connected()
            count = len(await reader.read())
            await closed(writer)
            return count

    always(main, 200_000)


def test_a_name_is_needed_where_it_would_be_checked() -> None:
    async def main() -> None:
        await asyncio.open_connection(sock=socket.socket(), ssl=for_client())

    with pytest.raises(ValueError, match="server_hostname"):
        detrun.run(main).result()
