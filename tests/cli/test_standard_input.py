"""What a program reads of standard input: each run of a search has all of it, and a replay with another one says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import detrun

# Two buyers of one thing, if somebody asks for it.
SHOP = """\
import asyncio, sys
async def main():
    stock = 1
    asked = {read}
    async def buy(after):
        nonlocal stock
        await asyncio.sleep(after)
        if stock and asked == ["one", "two"]:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            stock -= 1
    await asyncio.gather(buy(0.001), buy(0.020))
    assert stock >= 0
"""
GIVEN = "one\ntwo\n"
LINES = "sys.stdin.read().split()"
# How it is read, and what a report calls that.
WAYS = {
    "[input() for _ in range(2)]": "standard input",
    "[line.strip() for line in sys.stdin]": "standard input",
    "sys.stdin.buffer.read().decode().split()": "standard input",
    "open(0).read().split()": "standard input",
    "open('/dev/stdin').read().split()": "/dev/stdin",
}


def shop(directory: Path, read: str) -> None:
    (directory / "shop.py").write_text(SHOP.format(read=read))


def failing(directory: Path) -> str:
    """The journal of the first seed that fails."""
    for seed in range(20):
        words = ("run", "shop.py:main", "--seed", str(seed), "--journal", f"{seed}.bin")
        if detrun(*words, cwd=directory, given=GIVEN).returncode == 1:
            return f"{seed}.bin"
    pytest.fail("no seed fails")


def told(*words: str, cwd: Path, given: str) -> Any:
    ended = detrun(*words, "-o", "json", cwd=cwd, given=given)
    assert ended.returncode == 1, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.parametrize("options", [(), ("--jobs", "2"), ("--fresh", "process")])
def test_each_schedule_of_a_search_reads_all_of_it(options: tuple[str, ...], tmp_path: Path) -> None:
    shop(tmp_path, LINES)

    (failure,) = told("explore", "shop.py:main", "--runs", "60", *options, cwd=tmp_path, given=GIVEN)["failures"]
    assert (failure["minimal"], failure["reproduced"], len(failure["holds"])) == (True, True, 1)
    assert told("replay", failure["journal"], cwd=tmp_path, given=GIVEN)["outcome"] == "same"


def test_whoever_minimizes_gives_it_to_each_run(tmp_path: Path) -> None:
    shop(tmp_path, LINES)

    small = told("minimize", failing(tmp_path), cwd=tmp_path, given=GIVEN)
    assert (len(small["holds"]), small["minimal"], small["fresh"]) == (1, True, True)


@pytest.mark.parametrize("way", WAYS)
def test_a_replay_with_other_input_says_so(way: str, tmp_path: Path) -> None:
    shop(tmp_path, way)
    # Fewer seconds than a search: some seed fails, and any seed ends in another way without input.
    detrun("run", "shop.py:main", "--seed", "1", "--journal", "run.bin", cwd=tmp_path, given=GIVEN)

    ended = detrun("replay", "run.bin", "-o", "json", cwd=tmp_path)
    assert ended.returncode == 3
    divergence = json.loads(ended.stdout.splitlines()[-1])["divergence"]
    assert divergence["cause"] == "environment"
    assert WAYS[way] in json.dumps(divergence)
