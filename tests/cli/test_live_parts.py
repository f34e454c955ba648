"""A live run whose replay parts: the line and the cause are those of the program, and nobody else says anything."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import detrun, written

TELLS_A_SET = """
import asyncio

class Guest:
    def __init__(self, writer):
        self.writer = writer

class Office:
    def __init__(self):
        self.guests = set()

    async def serve(self, reader, writer):
        self.guests.add(Guest(writer))
        if await reader.readline() == b"tell\\n":
            for guest in self.guests:
                guest.writer.write(b"told\\n")

async def main():
    server = await asyncio.start_server(Office().serve, "127.0.0.1", 0)
    ends = [await asyncio.open_connection(*server.sockets[0].getsockname()) for _ in range(30)]
    await asyncio.sleep(0.05)
    ends[0][1].write(b"tell\\n")
    await asyncio.gather(*(reader.readline() for reader, _ in ends))
    for _, writer in ends:
        writer.close()

asyncio.run(main())
"""


def test_a_live_run_that_walks_a_set_by_address_parts_at_that_line_and_for_that_cause(tmp_path: Path) -> None:
    written(tmp_path, "tells.py", TELLS_A_SET.splitlines())
    assert detrun("run", "--live", "--journal", "j.bin", "tells.py", cwd=tmp_path).returncode == 0

    ended = detrun("replay", "j.bin", "-o", "json", cwd=tmp_path, PYTHONMALLOC="malloc")
    divergence = json.loads(ended.stdout.splitlines()[-1])["divergence"]

    assert ended.returncode == 3
    assert (divergence["event"], divergence["cause"]) == ("the outside", "set order")
    assert "in serve: guest.writer.write(" in divergence["where"]
    assert divergence["expected"].startswith("WRITE ")
    assert divergence["actual"].endswith(" of 5 bytes: b'told\\n'")
    assert ended.stderr == ""
