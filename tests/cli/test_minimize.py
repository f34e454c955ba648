"""`detrun minimize`: what it leaves, what it says, and how it exits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import detrun, python, with_little_room, written

PROGRAM = [
    "import asyncio",
    "async def main():",
    "    settings = {}",
    "    async def load():",
    "        await asyncio.sleep(0.010)",
    "        for _ in range(3):",
    "            await asyncio.sleep(0)",
    "        settings['limit'] = 3",
    "    async def use():",
    "        await asyncio.sleep(0.012)",
    "        return settings['limit']",
    "    async def noise():",
    "        for _ in range(5):",
    "            await asyncio.sleep(0.003)",
    "            print('noise')",
    "    await asyncio.gather(load(), use(), noise())",
]


def recorded(directory: Path, *words: str, lines: list[str] = PROGRAM) -> int:
    """Record a run of the program as `run.bin`; its exit status."""
    program = written(directory, "program.py", lines)
    return detrun("run", f"{program}:main", "--journal", "run.bin", *words, cwd=directory).returncode


def failing(directory: Path) -> None:
    """Record a run that fails."""
    for seed in range(50):
        if recorded(directory, "--seed", str(seed)):
            return
        (directory / "run.bin").unlink()
    raise AssertionError("no seed fails")


def report(directory: Path, *words: str) -> dict[str, Any]:
    """What `detrun minimize -o json` says."""
    ended = detrun("minimize", *words, "-o", "json", cwd=directory)
    assert ended.returncode == 1, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


@pytest.mark.parametrize("output", ["text", "json"])
def test_what_there_is_to_tell_is_told_though_a_disk_has_no_room_for_the_smaller_run(
    tmp_path: Path, output: str
) -> None:
    failing(tmp_path)
    words = ("minimize", "run.bin", "-O", "small.bin", "-o", output, "--emit", "tests")

    ended = detrun(*words, cwd=tmp_path, **with_little_room(tmp_path, 600))

    problem = f"the journal {tmp_path / 'small.bin'} cannot be written: file too large"
    assert (ended.returncode, "Traceback" in ended.stderr) == (4, False)
    assert f"\ndetrun: {problem}" in f"\n{ended.stderr}"
    if output == "json":
        told = json.loads(ended.stdout)
        assert (len(told["holds"]), told["journal"], told["fresh"], told["test"]) == (1, None, None, None)
        assert told["journal_problem"].startswith(problem)
        assert told["explanation"]["sentence"]
    else:
        assert "detrun: fails" in ended.stderr
        assert "kept nowhere\nrepro: " in ended.stderr
        assert "replay run.bin\n" in ended.stderr
    # What there is of it is of no use, and would be in the way.
    assert not (tmp_path / "small.bin").exists()
    assert not (tmp_path / "tests").exists()


def test_a_test_that_cannot_be_written_takes_no_explanation_away(tmp_path: Path) -> None:
    failing(tmp_path)
    written(tmp_path, "tests", [])

    ended = detrun("minimize", "run.bin", "--emit", "tests/below", "-o", "json", cwd=tmp_path)

    assert (ended.returncode, json.loads(ended.stdout)["test"]) == (2, None)
    assert ended.stderr.startswith("detrun: expected a folder that a test can be written to")


def test_one_hold_is_left_and_its_journal_replays_in_a_fresh_process(tmp_path: Path) -> None:
    failing(tmp_path)
    told = report(tmp_path, "run.bin", "-O", "small.bin")
    again = detrun("replay", "small.bin", cwd=tmp_path)

    assert told["holds"] == [{"event": "turn 3 after load#1/sleep#1", "until": "use#1/sleep#1"}]
    assert (told["schema"], told["minimal"], told["fresh"]) == ("detrun.minimize/1", True, True)
    assert told["explanation"]["sentence"] == "fails iff `use#1/sleep#1` comes within 3 turns after `load#1/sleep#1`"
    assert again.returncode == 1
    assert "detrun: same: " in again.stderr


def test_the_minimized_journal_tells_its_story(tmp_path: Path) -> None:
    failing(tmp_path)
    report(tmp_path, "run.bin", "-O", "small.bin")
    shown = detrun("journal", "show", "small.bin", cwd=tmp_path).stdout

    assert "\nhold      turn 3 after load#1/sleep#1\n  until   use#1/sleep#1\n" in shown
    assert shown.index("decided              use#1/sleep#1") < shown.index("KeyError: 'limit'")


def test_what_is_minimal_stays_as_it_is(tmp_path: Path) -> None:
    failing(tmp_path)
    once = report(tmp_path, "run.bin", "-O", "once.bin")
    twice = report(tmp_path, "once.bin", "-O", "twice.bin")

    assert once["holds"] == twice["holds"]


def test_the_report_in_text_has_a_sentence_and_one_line_to_repeat_it(tmp_path: Path) -> None:
    failing(tmp_path)
    ended = detrun("minimize", "run.bin", cwd=tmp_path)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("detrun: fails iff `use#1/sleep#1` comes within 3 turns after `load#1/sleep#1`\n")
    repeat = next(line for line in ended.stderr.splitlines() if line.startswith("repro:"))
    assert repeat.endswith("replay run-minimal.bin")


def test_a_run_that_ended_well_is_nothing_to_minimize(tmp_path: Path) -> None:
    assert recorded(tmp_path, "--strategy", "default") == 0
    ended = detrun("minimize", "run.bin", cwd=tmp_path)

    assert (ended.returncode, ended.stderr) == (5, "detrun: the run does not fail: there is nothing to minimize\n")
    assert not (tmp_path / "run-minimal.bin").exists()


def test_a_run_that_fails_whatever_comes_first_has_no_hold_left(tmp_path: Path) -> None:
    assert recorded(tmp_path, lines=["async def main():", "    raise ValueError(1)"]) == 1
    told = report(tmp_path, "run.bin")

    assert (told["holds"], told["explanation"]["label"]) == ([], "no race")


def test_a_name_that_a_file_has_is_refused(tmp_path: Path) -> None:
    failing(tmp_path)
    ended = detrun("minimize", "run.bin", "-O", "run.bin", cwd=tmp_path)

    assert ended.returncode == 2
    assert "expected a name for the journal that no file has" in ended.stderr


@pytest.mark.parametrize(("words", "status"), [((), 1), (("--fail-on-budget",), 6)])
def test_a_search_that_time_ended_says_so(words: tuple[str, ...], status: int, tmp_path: Path) -> None:
    failing(tmp_path)
    ended = detrun("minimize", "run.bin", "--seconds", "0.000001", *words, cwd=tmp_path)

    assert ended.returncode == status
    assert "not minimal" in ended.stderr


def test_a_script_for_stock_asyncio_fails_there(tmp_path: Path) -> None:
    failing(tmp_path)
    told = report(tmp_path, "run.bin", "--emit-plain", "plain.py")
    ended = python("plain.py", cwd=tmp_path)

    assert (told["plain"], told["plain_problem"]) == (str(tmp_path / "plain.py"), None)
    assert ended.returncode == 1
    assert ended.stderr.endswith("KeyError: 'limit'\n")


def test_a_program_that_keeps_something_in_its_modules_is_loaded_anew_for_each_run(tmp_path: Path) -> None:
    lines = ["runs = []", *PROGRAM[:2], "    runs.append(1)", "    assert len(runs) == 1", *PROGRAM[2:]]
    program = written(tmp_path, "program.py", lines)
    for seed in range(50):
        ended = detrun("run", f"{program}:main", "--seed", str(seed), "--journal", f"{seed}.bin", cwd=tmp_path)
        if ended.returncode:
            break
    told = report(tmp_path, f"{seed}.bin")

    assert told["holds"] == [{"event": "turn 3 after load#1/sleep#1", "until": "use#1/sleep#1"}]
    assert told["fresh"]


def test_the_code_of_today_is_what_is_minimized_if_that_is_asked_for(tmp_path: Path) -> None:
    failing(tmp_path)
    written(tmp_path, "program.py", [line.replace("'limit'", "'bound'") for line in PROGRAM])

    assert report(tmp_path, "run.bin")["explanation"]["failure"] == "KeyError: 'limit'"
    told = report(tmp_path, "run.bin", "--code", "current", "-O", "today.bin")
    assert told["explanation"]["failure"] == "KeyError: 'bound'"
    assert "KeyError: 'bound'" in detrun("replay", "today.bin", cwd=tmp_path).stderr


SHOP = """
import asyncio
from detrun import Response, WorkerEntrypoint
stock = 1
class Default(WorkerEntrypoint):
    async def buy(self):
        global stock
        if stock:
            await asyncio.sleep(0.020)
            stock -= 1
    async def left(self):
        return stock
    async def fetch(self, request):
        return Response("ok")
"""
PLAY = """
import asyncio
async def scenario(app):
    async def buy(who, after):
        await app.sleep(after)
        await app.client(who).service("shop").buy()
    async def look():
        for _ in range(3):
            await app.client("looker").fetch("/")
            await app.sleep(0.030)
    await app.fetch("/")
    await asyncio.gather(look(), buy("ann", 0.001), buy("bob", 0.060), buy("cid", 0.120))
    assert await app.service("shop").left() >= 0
"""


def sold(directory: Path) -> None:
    """Record a run of the shop in which it sells what it does not have."""
    for name, text in (("main.py", SHOP), ("wrangler.jsonc", '{"name": "shop", "main": "main.py"}')):
        written(directory, f"shop/{name}", text.splitlines())
    written(directory, "play.py", PLAY.splitlines())
    words = ("run", "shop", "--scenario", "play.py:scenario", "--journal", "run.bin")
    for seed in range(50):
        if detrun(*words, "--seed", str(seed), cwd=directory).returncode:
            return
        (directory / "run.bin").unlink()
    raise AssertionError("no seed fails")


def test_what_a_scenario_asks_for_in_vain_is_left_out_and_the_journal_replays(tmp_path: Path) -> None:
    sold(tmp_path)
    told = report(tmp_path, "run.bin", "-O", "small.bin", "--emit", "kept")

    assert (len(told["holds"]), told["minimal"], told["fresh"]) == (1, True, True)
    assert [name for name in told["inputs"] if "shop." in name] == [
        "buy#1/ann/shop.buy#1",
        "buy#2/bob/shop.buy#1",
        "client/shop.left#1",
    ]
    assert told["left_out"] == ["client/GET /#1", "look#1", "buy#3"]
    assert detrun("replay", "small.bin", cwd=tmp_path).returncode == 1
    shown = detrun("journal", "show", "small.bin", cwd=tmp_path).stdout
    assert "\nwithout   look#1\n" in shown
    assert re.search(r"decided +look#1 +left out\n", shown)
    assert report(tmp_path, "small.bin")["left_out"] == told["left_out"]
    check_kept(tmp_path, told["test"])


def check_kept(directory: Path, test: str) -> None:
    """The test fails with the bug, passes without it, and nothing is told by it of what does not matter."""
    mended = SHOP.replace("            await asyncio.sleep(0.020)\n            stock -= 1", "            stock -= 1")
    renamed = PLAY.replace("look()", "watch()")
    said = []
    for shop, play in ((SHOP, PLAY), (mended, PLAY), (SHOP, renamed)):
        (directory / "shop" / "main.py").write_text(shop)
        (directory / "play.py").write_text(play)
        ended = python("-m", "pytest", "-q", "-p", "no:cacheprovider", test, cwd=directory)
        said.append((ended.returncode, "it fails again" in ended.stdout))

    assert said == [(1, True), (0, False), (1, True)]
    assert "look" not in Path(test).read_text()
