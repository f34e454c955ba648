"""A live run beside stock asyncio and uvloop, client pinned apart: `python -m benchmarks.live [ROUNDS] [NAME...]`.

Each arm is a server process of its own, the recorded one by `detrun run --live`; all of them stay, and are asked in
turn, 15 times unless told otherwise. Beside the rate stands what a request costs the server in processor time, which is
what remains of it when the client is the slower one, and the steadier figure where others work on the machine. At the
end the journal is replayed. It takes two processors, and two and a half minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.harness import interval, ratio, title

SERVER, CLIENT = 0, 1
CONNECTIONS = 32
SECONDS = 0.4
ARMS = ("asyncio", "live", "uvloop")
HELLO = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10240\r\n\r\n"
POST = HEAD + b"x" * 10240
GUESTS = [[{"id": hash((seed, n)), "name": f"guest {n}", "paid": n % 3 == 0} for n in range(200)] for seed in range(64)]
# More than are under way at once: what resembles another request takes next to no time to compress.
POSTS_OF_JSON = [HEAD + json.dumps(guests)[:10240].encode() for guests in GUESTS]
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FRAME = b"\x81\xe4\x00\x00\x00\x00" + b"m" * 100


with suppress(ImportError):  # imported before any run: to import draws random bytes
    from aiohttp import WSMsgType, web


async def echo(port: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


async def site(port: int) -> None:
    async def hello(_: Any) -> Any:
        return web.Response(text="hello")

    async def back(request: Any) -> Any:
        return web.Response(body=await request.read())

    async def chat(request: Any) -> Any:
        sock = web.WebSocketResponse(compress=False)
        await sock.prepare(request)
        async for message in sock:
            if message.type == WSMsgType.TEXT:
                await sock.send_str(message.data)
        return sock

    app = web.Application()
    app.add_routes([web.get("/", hello), web.post("/", back), web.get("/ws", chat)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


def asked(answer: int, *requests: bytes, opening: bytes = b"") -> Callable[[int, float], float]:
    """Requests a second of a client that has one of these under way on each connection; answers have so many bytes."""

    def measure(port: int, seconds: float) -> float:
        socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        for sock in socks:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if opening:
                sock.sendall(opening)
                while not sock.recv(65536).endswith(b"\r\n\r\n"):
                    pass
        size = answer or _size(socks[0], requests[0])
        done = _ask(socks, requests, size, seconds)
        for sock in socks:
            sock.close()
        return done

    return measure


def _size(sock: socket.socket, request: bytes) -> int:
    """How long an answer is: the same request gets the same one."""
    sock.sendall(request)
    time.sleep(0.2)
    return len(sock.recv(1 << 20))


def _ask(socks: list[socket.socket], requests: Sequence[bytes], size: int, seconds: float) -> float:
    poll, left, following = select.epoll(), {}, cycle(requests)
    by = {sock.fileno(): sock for sock in socks}
    for fd, sock in by.items():
        poll.register(fd, select.EPOLLIN)
        sock.sendall(next(following))
        left[fd] = size
    done, began = 0, time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        for fd, _ in poll.poll(1):
            left[fd] -= len(by[fd].recv(262144))
            if left[fd] <= 0:
                done += 1
                left[fd] = size
                by[fd].sendall(next(following))
    for fd, sock in by.items():  # whoever leaves in the middle of an answer would have the server complain
        while left[fd] > 0:
            left[fd] -= len(sock.recv(262144))
    return done / (now - began)


PROGRAMS: dict[str, tuple[Callable[[int], Any], Callable[[int, float], float]]] = {
    "stream echo, 100 bytes": (echo, asked(100, b"e" * 100)),
    "HTTP hello, aiohttp": (site, asked(0, HELLO)),
    "HTTP echo of 10 kB, aiohttp": (site, asked(0, POST)),
    "HTTP echo of 10 kB of JSON, aiohttp": (site, asked(0, *POSTS_OF_JSON)),
    "WebSocket messages, aiohttp": (site, asked(102, FRAME, opening=HANDSHAKE)),
}


def served() -> Any:
    """The program, for whoever runs this module with a name and a port."""
    return PROGRAMS[sys.argv[1]][0](int(sys.argv[2]))


def serve(arm: str) -> None:
    """Be the server of one arm, for as long as the process is let live."""
    if arm == "uvloop":
        import uvloop  # noqa: PLC0415

        uvloop.run(served())
    else:
        asyncio.run(served())


def _begun(arm: str, name: str, port: int, journal: Path) -> subprocess.Popen[bytes]:
    """The server of an arm: the recorded one is what the command line makes of the same program."""
    how = ["-m", "benchmarks.live", "serve", arm]
    if arm == "live":
        how = ["-m", "detrun", "run", "--live", "--journal", str(journal), "benchmarks.live:served", "--"]
    server = subprocess.Popen([sys.executable, *how, name, str(port)], stderr=subprocess.DEVNULL)
    os.sched_setaffinity(server.pid, {SERVER})
    return server


def compare(name: str, rounds: int, arms: tuple[str, ...] = ARMS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.bin"
        ports = {arm: _free() for arm in arms}
        servers = [_begun(arm, name, port, journal) for arm, port in ports.items()]
        try:
            pids = {arm: (ports[arm], server.pid) for arm, server in zip(arms, servers, strict=True)}
            rates, costs, size = _rates(name, pids, rounds, journal)
            worked = _worked(pids["live"][1])
        finally:
            for server in servers:
                server.kill()
                server.wait()
        replay = _replayed(journal)
    for arm in arms[1:]:
        _say(f"{name}, {arm}", rates["asyncio"], rates[arm], "a second")
        _say("", costs["asyncio"], costs[arm], "us of the server each")
    print(
        f"{size:.1f} bytes of journal each; replayed in {replay:.2f} s, of {worked:.2f} s that the server worked",
        flush=True,
    )


def _replayed(journal: Path) -> float:
    """Seconds of processor time that it takes to have the run again, from the start of the interpreter to its end."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "detrun", "replay", str(journal)], check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _say(what: str, base: list[float], other: list[float], unit: str) -> None:
    low, high = interval(base, other)
    middle = len(base) // 2
    print(f"{what:38}{ratio(other, base):6.3f} [{low:.3f}, {high:.3f}]", end="")
    print(f"{sorted(base)[middle]:10,.1f} and {sorted(other)[middle]:,.1f} {unit}")


def _rates(name: str, arms: dict[str, tuple[int, int]], rounds: int, journal: Path) -> Any:
    measure = PROGRAMS[name][1]
    rates: dict[str, list[float]] = {arm: [] for arm in arms}
    costs: dict[str, list[float]] = {arm: [] for arm in arms}
    for port, _ in arms.values():
        _await(port)
        measure(port, SECONDS)
    before = _bytes(journal)
    for number in range(rounds):
        for arm in list(arms) if number % 2 else list(arms)[::-1]:
            port, pid = arms[arm]
            worked = _worked(pid)
            rates[arm].append(measure(port, SECONDS))
            costs[arm].append((_worked(pid) - worked) / (rates[arm][-1] * SECONDS) * 1e6)
    return rates, costs, (_bytes(journal) - before) / (sum(rates["live"]) * SECONDS)


def _worked(pid: int) -> float:
    """Seconds of processor time of all threads of a process."""
    told = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(text.split()[0]) for text in told) / 1e9


def _bytes(journal: Path) -> int:
    return sum(path.stat().st_size for path in journal.parent.iterdir())


def _free() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _await(port: int) -> None:
    for _ in range(500):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nobody serves at {port}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        arm = sys.argv[2]
        del sys.argv[1:3]
        serve(arm)
    else:
        os.sched_setaffinity(0, {CLIENT})
        title("a live run, recorded to disk, against stock asyncio: rates as a ratio, median and interval of 95 %")
        for program in sys.argv[2:] or PROGRAMS:
            compare(program, int(sys.argv[1]) if len(sys.argv) > 1 else 15)
