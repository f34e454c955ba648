"""Live programs as processes of their own: recorded among real clients, ended or killed, and replayed without them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from tests.cli.command import ENVIRONMENT, PINNED
from tests.live.clients import Tell, Visit

PROGRAMS = Path(__file__).parent / "scenes"
PATIENCE = 60.0
_VARIABLES = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)}


class Tally:
    """What others were told by a program so far; who is told the last of so many is whoever ends it."""

    def __init__(self, last: int | None, then: Callable[[], None]) -> None:
        self.told: list[str] = []
        self._last = last
        self._then = then
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether the program was ended by what it told."""
        return self._last is not None and len(self.told) >= self._last

    def add(self, text: str) -> None:
        """Somebody was told this."""
        with self._lock:
            self.told.append(text)
            if len(self.told) == self._last:
                self._then()


Peer = Callable[[Tell, Path, int], AbstractContextManager[tuple[str, ...]]]
"""A server that the program asks: it tells what it hears, has a directory, and gives the arguments of the program."""


class Scene(NamedTuple):
    """A program, what it needs, and those it meets: clients of its own, or a server."""

    program: str
    needs: tuple[str, ...]
    clients: tuple[Visit, ...] = ()
    peer: Peer | None = None
    # Whether nobody tells what it says; then each line that it writes counts as told, to whoever reads them.
    mute: bool = False

    @property
    def name(self) -> str:
        return self.program.removesuffix(".py")


class Recorded(NamedTuple):
    """What became of a live run: its exit code, what it wrote, and what others were told by it."""

    directory: Path
    code: int
    wrote: list[str]
    report: dict[str, Any] | None
    told: list[str]


def record(scene: Scene, directory: Path, *options: str, many: int = 1, killed_at: int | None = None) -> Recorded:
    """Run it live, with these options, among so many of each client; kill it when somebody is told so much."""
    with contextlib.ExitStack() as stack:
        tally = Tally(killed_at, lambda: process.kill())  # noqa: PLW0108  # there is none yet
        given = (
            (str(free_port()),) if scene.peer is None else stack.enter_context(scene.peer(tally.add, directory, many))
        )
        with open(directory / "wrote.txt", "w+") as out, open(directory / "said.txt", "w+") as err:
            process = _start(scene.program, options, given, directory, out, err)
            try:
                if scene.peer is None:
                    _visit(scene, int(given[0]), many, tally, process)
                elif scene.mute and killed_at is not None:
                    _read(directory / "wrote.txt", tally, process)
                code = process.wait(PATIENCE)
            finally:
                process.kill()
                process.wait()
            out.seek(0)
            wrote = out.read().splitlines()
    assert tally.is_over or killed_at is None, f"only {len(tally.told)} answers"
    if killed_at is not None:
        return Recorded(directory, code, wrote, None, [] if scene.mute else tally.told)
    *wrote, blank, report = wrote
    assert blank == ""
    return Recorded(directory, code, wrote, json.loads(report), tally.told)


def replay(directory: Path, **variables: str) -> tuple[int, dict[str, Any], list[str], str]:
    """The exit code of a replay, its report, what the program wrote, and what was said of it."""
    words = (sys.executable, "-m", "detrun", "replay", "-o", "json", "journal.bin")
    ended = subprocess.run(
        words,
        cwd=directory,
        env=_VARIABLES | variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.stdout, ended.stderr
    *wrote, _, report = ended.stdout.splitlines()
    return ended.returncode, json.loads(report), wrote, ended.stderr


def free_port() -> int:
    """A port at which nobody listens, of those that a system gives to nobody who asks for any."""
    for port in range(10_000 + os.getpid() % 500 * 20, 32_000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("all ports are taken")


def until_served(port: int, process: subprocess.Popen[Any] | None = None) -> None:
    """Wait until somebody listens there."""
    for _ in range(1_000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.02)
    raise TimeoutError("nobody serves")


def _start(  # noqa: PLR0917  # what a process is started with
    program: str, options: Sequence[str], given: Sequence[str], directory: Path, out: Any, err: Any
) -> subprocess.Popen[Any]:
    words = [sys.executable, "-m", "detrun", "run", "--live", "--journal", "journal.bin", "-o", "json", *options]
    words += [str(PROGRAMS / program), "--", *given]
    return subprocess.Popen(words, cwd=directory, env=_VARIABLES | PINNED, stdout=out, stderr=err)


def _visit(scene: Scene, port: int, many: int, tally: Tally, process: subprocess.Popen[Any]) -> None:
    """Have all clients there at once; when they are done, the program is asked to end."""
    until_served(port, process)
    visits = [(client, f"{client.__name__}-{number}") for number, client in enumerate(scene.clients * many)]

    def visit(client: Visit, name: str) -> None:
        try:
            client(port, name, tally.add)
        except Exception:
            # Whoever is just there when the program is killed notices it, in whichever way.
            if not tally.is_over:
                raise

    with ThreadPoolExecutor(len(visits)) as pool:
        list(pool.map(lambda words: visit(*words), visits))
    process.send_signal(signal.SIGINT)


def _read(path: Path, tally: Tally, process: subprocess.Popen[Any]) -> None:
    """Have every line counted that it writes, until it is over."""
    with open(path) as lines:
        while process.poll() is None and not tally.is_over:
            for line in lines:
                tally.add(line)
            time.sleep(0.001)
