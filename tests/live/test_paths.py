"""Unix sockets of live runs: a replay needs no path, and touches none that is there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.served import Meeting, check_ok, recorded, replayed


@pytest.mark.parametrize("before", ["nothing", "a socket"])
@pytest.mark.parametrize("later", ["nothing", "a socket", "a file"])
def test_a_server_at_a_path_is_replayed_and_leaves_what_is_there(before: str, later: str, tmp_path: Path) -> None:
    path = tmp_path / "server.sock"

    def put(what: str) -> None:
        path.unlink(missing_ok=True)
        if what == "a socket":
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(str(path))
        elif what == "a file":
            path.write_text("mine")

    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> bytes:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write((await reader.readline()).upper())
                await writer.drain()
                writer.close()

            server = await asyncio.start_unix_server(serve, path)
            async with server:
                reader, writer = await asyncio.open_unix_connection(path)
                writer.write(b"hello\n")
                answer = await reader.readline()
                writer.close()
                await asyncio.sleep(0.01)
            return answer

        return main

    put(before)
    recording = recorded(program)
    check_ok(recording)
    assert recording.result.value == b"HELLO\n"

    put(later)
    there = path.lstat().st_ino if path.exists() else None
    replayed(program, recording)
    assert (path.lstat().st_ino if path.exists() else None) == there
