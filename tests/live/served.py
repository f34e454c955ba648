"""Live programs with real clients: each is a thread that is no part of the run, and is gone at replay."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from detrun.journal.batch import Batch
from detrun.journal.entries import Ended, Entry, Row, whole
from detrun.journal.sinks import Kept
from detrun.live.chaos import Chaos
from detrun.live.interrupting import Interrupting
from detrun.live.machine import Machine
from detrun.live.program import run
from detrun.live.recorded import RecordedEdge
from detrun.model import Run

PATIENCE = 10.0

Client = Callable[[int], object]


class Meeting:
    """Where a program tells its clients by which port it is found; locks inside a run are the run's own."""

    def __init__(self) -> None:
        self._port = 0

    def open(self, port: int) -> None:
        """Tell everybody."""
        self._port = port

    def port(self) -> int:
        """Wait until the port is known."""
        for _ in range(1_000):
            if self._port:
                return self._port
            time.sleep(0.01)
        raise TimeoutError("nobody serves")


class Memory(Kept):
    """A journal that is kept in memory."""

    def extend(self, entries: list[Entry]) -> None:
        self.entries.extend(entries)

    def add(self, entries: list[Entry | Row]) -> None:
        self.entries.extend(whole(entries))

    def put(self, entries: list[Entry | Row]) -> None:
        self.add(entries)

    def flush(self) -> None:
        """There is nothing behind it."""


class Recording:
    """What became of a live run, what came in it, and what its clients made of it."""

    def __init__(self, result: Run, entries: list[Entry], clients: list[Any]) -> None:
        self.result = result
        self.entries = entries
        self.clients = clients

    def of(self, kind: type) -> list[Any]:
        """The entries of this kind."""
        return [entry for entry in self.entries if isinstance(entry, kind)]


def recorded(
    program: Callable[[Meeting], Callable[[], Any]],
    *clients: Client,
    interrupted: bool = False,
    chaos: Chaos | None = None,
) -> Recording:
    """Run a program live with these clients at once; signals that come reach it only if that is asked for."""
    meeting, kept = Meeting(), Memory()
    interrupting = Interrupting(lambda: None) if interrupted else None
    with ThreadPoolExecutor(max(len(clients), 1)) as pool:
        asked = [pool.submit(_met, client, meeting) for client in clients]
        result = run(program(meeting), Machine(Batch(kept), interrupting, chaos))
        kept.entries.append(Ended(result.steps, result.outcome))
        return Recording(result, kept.entries, [future.result(PATIENCE) for future in asked])


def replayed(program: Callable[[Meeting], Callable[[], Any]], recording: Recording, times: int = 3) -> None:
    """Give the program back what came, and expect the same of it, without a network."""
    for _ in range(times):
        again = run(program(Meeting()), RecordedEdge(recording.entries))
        first = recording.result
        assert (again.outcome, again.failure) == (first.outcome, first.failure)
        assert (again.digest, again.steps, again.value) == (first.digest, first.steps, first.value)


def connected(port: int) -> socket.socket:
    """A client's socket."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def received(sock: socket.socket, size: int) -> bytes:
    """So many bytes, or less at the end."""
    data = b""
    while len(data) < size and (more := sock.recv(size - len(data))):
        data += more
    return data


def check_ok(recording: Recording) -> None:
    """The program ended well."""
    if recording.result.failure is not None:
        pytest.fail(recording.result.failure.traceback or recording.result.failure.message)


def _met(client: Client, meeting: Meeting) -> object:
    return client(meeting.port())
