"""`detrun run --live` as a process: what it says, what a signal does, and that its journal gives the run back."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from detrun.journal.reader import Journal
from detrun.live.program import run
from detrun.live.recorded import RecordedEdge
from detrun.model import Run
from detrun.recording.replaying import Enough, Replaying
from tests.cli.command import ENVIRONMENT
from tests.live.scene import free_port, until_served

ECHO = """
import asyncio, sys

async def handle(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", PORT)
    try:
        await server.serve_forever()
    finally:
        print("bye")
"""


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server as a live run, ready for clients."""
    port = free_port()
    (folder / "echo.py").write_text(ECHO.replace("PORT", str(port)))
    words = [sys.executable, "-m", "detrun", "run", "--live", "--journal", "journal.bin", *options, "echo.py:main"]
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            until_served(port, server)
            yield server, port
        finally:
            server.kill()


def talk(port: int, times: int = 100) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        for number in range(times):
            sock.sendall(b"%d" % number)
            assert sock.recv(100) == b"%d" % number


def again(folder: Path) -> tuple[Run, Replaying]:
    """The run that the journal has, from its own start."""
    spec = importlib.util.spec_from_file_location(f"echo_{folder.name}", folder / "echo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = folder / "journal.bin"
    verifying = Replaying()
    verifying.along(Journal(path).entries())
    return run(module.main, RecordedEdge(Journal(path).entries()), verifying), verifying


def test_a_server_that_is_interrupted_once_ends_well_and_its_journal_gives_it_back(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, port):
        talk(port)
        server.send_signal(signal.SIGINT)
        said, told = server.communicate(timeout=20)

    assert server.returncode == 130
    assert said == "bye\n"
    assert "detrun: live, entropy real, journal journal.bin" in told
    result, verifying = again(tmp_path)
    assert verifying.difference is None
    assert f"digest {result.digest}" in told


@pytest.mark.filterwarnings("ignore:unclosed transport", "ignore:loop is closed")
def test_the_journal_of_a_server_that_was_killed_has_all_that_anybody_saw_of_it(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, port):
        talk(port, 50)
        server.kill()
        server.wait()

    result, verifying = again(tmp_path)
    assert verifying.difference is None
    assert isinstance(result.error, Enough) or result.exit_code == 137
    del result, verifying
    gc.collect()  # what a killed program left open complains here, where it is expected to
    sent = [entry for entry in Journal(tmp_path / "journal.bin").entries() if type(entry).__name__ == "Emitted"]
    assert len(sent) >= 50


def test_a_segment_is_sealed_for_whoever_asks_and_the_server_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, port):
        talk(port)
        server.send_signal(signal.SIGUSR2)
        talk(port)
        assert (tmp_path / "journal.bin.1").exists()
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=20)

    assert server.returncode == 143
    assert "sealed up to here: journal.bin" in told


def test_what_is_secret_is_not_in_the_journal_if_that_is_asked_for(tmp_path: Path) -> None:
    with serving(tmp_path, "--redact", "--secret", "PIN=eight-ducks") as (server, port):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nAuthorization: Bearer tiger\r\n\r\neight-ducks")
            assert b"tiger" in sock.recv(1000)
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=20)
    assert "the journal holds what was received, with pseudonyms for header authorization" in told
    journal = Journal(tmp_path / "journal.bin")
    payloads = b"".join(getattr(entry, "payload", b"") for entry in journal.entries())

    assert b"GET / HTTP/1.1" in payloads
    assert b"tiger" not in payloads
    assert b"eight-ducks" not in payloads
    assert "secret PIN" in journal.header.redacted
