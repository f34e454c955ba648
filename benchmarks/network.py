"""The simulated network beside real loopback on stock asyncio: `python -m benchmarks.network [ROUNDS]`."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

import detrun
from benchmarks.harness import elapsed, interleaved, ratio, title

ROUND_TRIPS = 3_000
MEGABYTES = 20
_CHUNK = 64 * 1024


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    writer.close()


async def connected() -> tuple[asyncio.Server, asyncio.StreamReader, asyncio.StreamWriter]:
    server = await asyncio.start_server(copy, "127.0.0.1", 0)
    return server, *await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])


async def round_trips() -> None:
    server, reader, writer = await connected()
    for _ in range(ROUND_TRIPS):
        writer.write(bytes(100))
        await reader.readexactly(100)
    await _closed(server, reader, writer)


async def megabytes() -> None:
    server, reader, writer = await connected()

    async def send() -> None:
        for _ in range(MEGABYTES * 1024 * 1024 // _CHUNK):
            writer.write(bytes(_CHUNK))
            await writer.drain()
        writer.write_eof()

    sending = asyncio.create_task(send())
    left = MEGABYTES * 1024 * 1024
    while data := await reader.read(_CHUNK):
        left -= len(data)
    assert not left
    await sending
    await _closed(server, reader, writer)


async def _closed(server: asyncio.Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await reader.read()
    server.close()


PROGRAMS = {
    f"{ROUND_TRIPS:,} round trips of 100 bytes": (round_trips, ROUND_TRIPS, "round trips/s", 1.3),
    f"{MEGABYTES} MB there and back": (megabytes, MEGABYTES, "MB/s", None),
}


def compare(rounds: int) -> None:
    title("the simulated network against real loopback on stock asyncio, median of ratios")
    for name, (program, count, unit, target) in PROGRAMS.items():
        arms = {
            "stock": partial(elapsed, lambda program=program: asyncio.run(program())),
            "detrun": partial(elapsed, lambda program=program: detrun.run(program, max_steps=10**9).result()),
        }
        seconds = interleaved(arms, rounds)
        faster = ratio(seconds["stock"], seconds["detrun"])
        wanted = f" (target {target})" if target else ""
        rates = [count / sorted(taken)[len(taken) // 2] for taken in seconds.values()]
        print(f"{name:32}{faster:6.2f}{wanted:14}{rates[0]:10,.0f} and {rates[1]:,.0f} {unit}")


if __name__ == "__main__":
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
