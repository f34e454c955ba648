"""asyncio's own streams, client and server in one run."""

from __future__ import annotations

import asyncio

from tests.platform.libraries.seeds import check


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def _talk(port: int, name: str) -> list[bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(3):
        writer.write(f"{name} {number}\n".encode())
    await writer.drain()
    writer.write_eof()
    answers = (await reader.read()).splitlines()
    writer.close()
    await writer.wait_closed()
    return answers


def test_clients_of_an_echo_server_get_back_what_they_said() -> None:
    async def main() -> None:
        server = await asyncio.start_server(_echo, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            heard = await asyncio.gather(*(_talk(port, name) for name in ("ann", "ben", "cat")))
        assert heard == [[f"{name} {n}".encode() for n in range(3)] for name in ("ANN", "BEN", "CAT")]

    check(main)


def test_a_megabyte_goes_through_a_slow_reader() -> None:
    size = 1_000_000

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(10):
            writer.write(bytes(size // 10))
            await writer.drain()
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(send, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            got = 0
            while data := await reader.read(50_000):
                got += len(data)
                await asyncio.sleep(0.001)
            assert got == size
            writer.close()

    check(main)


def test_a_unix_socket_is_found_by_its_path() -> None:
    async def main() -> None:
        async with await asyncio.start_unix_server(_echo, "/simulated/echo.sock"):
            talks = [asyncio.open_unix_connection("/simulated/echo.sock") for _ in range(3)]
            for number, (reader, writer) in enumerate(await asyncio.gather(*talks)):
                writer.write(b"hello %d\n" % number)
                assert await reader.readline() == b"HELLO %d\n" % number
                writer.close()

    check(main, talks=False, distinct=1)
