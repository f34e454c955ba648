"""Programs that rely on nothing but what TCP and asyncio promise never fail, whatever arrives when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

import detrun

SEEDS = range(1_000)
pytestmark = pytest.mark.usefixtures("untidy")


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1_000):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def echo() -> None:
    """Three clients talk to an echo server line by line."""
    server = await asyncio.start_server(copy, "localhost", 7)

    async def client(name: str) -> None:
        reader, writer = await asyncio.open_connection("localhost", 7)
        for number in range(4):
            line = f"{name} {number}\n".encode()
            writer.write(line)
            assert await reader.readline() == line
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client(name) for name in "abc"))
    server.close()
    await server.wait_closed()


async def pipeline() -> None:
    """One client sends many requests before it reads the first answer; answers keep the order."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await asyncio.sleep(0.001 * (len(line) % 3))
            writer.write(line.upper())
        writer.close()

    server = await asyncio.start_server(serve, "localhost", 7)
    reader, writer = await asyncio.open_connection("localhost", 7)
    requests = [b"x" * size + b"\n" for size in (1, 5, 2, 8, 3, 4)]
    writer.writelines(requests)
    writer.write_eof()
    assert [await reader.readline() for _ in requests] == [request.upper() for request in requests]
    assert await reader.read() == b""
    writer.close()
    server.close()


async def proxy() -> None:
    """A proxy copies both ways between two connections, half-closes included."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_connection("localhost", 7)
        await asyncio.gather(forward(reader, downstream), forward(upstream, writer))
        for closing in (writer, downstream):
            closing.close()

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(str(len(await reader.read())).encode())
        writer.close()

    servers = [await asyncio.start_server(count, "localhost", 7), await asyncio.start_server(handle, "localhost", 8)]

    async def client(size: int) -> None:
        reader, writer = await asyncio.open_connection("localhost", 8)
        writer.write(bytes(size))
        writer.write_eof()
        assert await reader.read() == str(size).encode()
        writer.close()

    await asyncio.gather(*(client(size) for size in (0, 250, 1_000)))
    for server in servers:
        server.close()


async def chat() -> None:
    """What one member says reaches all, in one order that is the same for everybody."""
    members: list[asyncio.StreamWriter] = []
    everybody = asyncio.Barrier(3)

    async def member(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        members.append(writer)
        while line := await reader.readline():
            for other in members:
                other.write(line)

    server = await asyncio.start_server(member, "localhost", 7)

    async def client(name: str) -> list[bytes]:
        reader, writer = await asyncio.open_connection("localhost", 7)
        writer.write(b"joins\n")
        while await reader.readline() != b"joins\n":
            pass
        await everybody.wait()
        await asyncio.sleep(0.05)
        for number in range(3):
            writer.write(f"{name}{number}\n".encode())
        heard: list[bytes] = []
        while len(heard) < 9:
            line = await reader.readline()
            heard += [line] * (line != b"joins\n")
        await everybody.wait()
        writer.close()
        return heard

    heard = await asyncio.gather(*(client(name) for name in "abc"))
    assert heard[0] == heard[1] == heard[2]
    for name in b"abc":
        assert [line for line in heard[0] if line[0] == name] == [b"%c%d\n" % (name, number) for number in range(3)]
    server.close()


PROGRAMS = [echo, pipeline, proxy, chat]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_correct_program_holds_under_every_schedule(program: Callable[[], Awaitable[None]]) -> None:
    digests = set()
    for seed in SEEDS:
        run = detrun.run(program, seed=seed)
        assert run.outcome == "ok", f"seed {seed}: {run.failure}"
        digests.add(run.digest)

    assert len(digests) >= 300


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_chunks_may_fall_apart_and_together(program: Callable[[], Awaitable[None]]) -> None:
    happened: dict[str, int] = {}
    for seed in range(200):
        run = detrun.run(program, seed=seed, faults=("split", "merge", "delay"))
        assert run.outcome == "ok", f"seed {seed}: {run.failure}"
        for kind, times in run.faults.items():
            happened[kind] = happened.get(kind, 0) + times

    assert min(happened["split"], happened["delay"]) >= 10
    # Whoever awaits each answer seldom has two chunks under way that could merge.
    assert happened["merge"] >= 1


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_same_seed_is_the_same_run_with_faults(program: Callable[[], Awaitable[None]]) -> None:
    faults = ("split", "merge", "delay", "reset", "refuse")
    for seed in range(30):
        one, other = (detrun.run(program, seed=seed, faults=faults) for _ in range(2))
        assert (one.digest, one.outcome, one.decisions) == (other.digest, other.outcome, other.decisions)
        again = detrun.run(program, strategy=detrun.Recorded(one.decisions), faults=faults)
        assert (again.digest, again.outcome) == (one.digest, one.outcome)
