"""`@detrun.test` under pytest: what it runs, what it says, what it keeps, and what it costs those who do not use it."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.command import python

# Where this version is installed, pytest finds the plugin by itself.
_INSTALLED = any(point.value == "detrun.testing.plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if _INSTALLED else ("-p", "detrun.testing.plugin")
# What these processes would load and have no use for.
QUICK = {"PYTEST_ADDOPTS": "-p no:hypothesispytest -p no:anyio"}
HEAD = "import asyncio\nimport pytest\nimport detrun\nfrom detrun.testing import EachRun\n"
RACY = f"""{HEAD}
@detrun.test
async def test_sells_no_seat_twice():
    left = 1
    async def buy(after):
        nonlocal left
        await asyncio.sleep(after)
        if left:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            left -= 1
    await asyncio.gather(buy(0.001), buy(0.004))
    assert left == 0
"""
FIXED = RACY.replace("await asyncio.sleep(0)\n", "pass\n")


def run_pytest(directory: Path, text: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on this text."""
    (directory / "test_shop.py").write_text(text)
    return python("-m", "pytest", "-q", *PLUGIN, "-p", "no:cacheprovider", *words, cwd=directory, **QUICK, **variables)


def saved(directory: Path) -> list[Path]:
    """The failures that were kept."""
    return sorted((directory / ".detrun" / "failures").glob("*.json"))


def test_a_race_is_told_with_one_line_that_repeats_it(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, RACY)
    (repro,) = re.findall(r"^repro: pytest (.*)$", ended.stdout, re.MULTILINE)
    again = python("-m", "pytest", "-q", *PLUGIN, *repro.split(), cwd=tmp_path, **QUICK)

    assert ended.returncode == 1
    assert "fails iff `buy#2/sleep#1` comes within 2 turns after `buy#1/sleep#1`" in ended.stdout
    assert "kind      atomicity: AssertionError: assert -1 == 0" in ended.stdout
    assert "verified: it fails in a fresh process as well" in ended.stdout
    assert again.returncode == 1
    assert "fails iff `buy#2/sleep#1` comes within 2 turns" in again.stdout


def test_what_failed_is_tried_first_until_it_fails_no_more(tmp_path: Path) -> None:
    run_pytest(tmp_path, RACY)
    assert len(saved(tmp_path)) == 1
    # With one schedule only, no search finds it.
    again = run_pytest(
        tmp_path, RACY.replace("@detrun.test", "@detrun.test(runs=1, verify=False)"), "--junitxml=junit.xml"
    )
    found = {each.get("name"): each.get("value") for each in ElementTree.parse(tmp_path / "junit.xml").iter("property")}

    assert again.returncode == 1
    assert found == {
        "detrun.schedules": "0",
        "detrun.seed": "0",
        "detrun.holds": "turn 2 after buy#1/sleep#1 until buy#2/sleep#1",
    }
    assert run_pytest(tmp_path, FIXED).returncode == 0
    assert saved(tmp_path) == []


def test_fixtures_and_parameters_work_and_what_keeps_something_is_made_for_each_run(tmp_path: Path) -> None:
    text = f"""{HEAD}
@pytest.fixture
def seats():
    return 3

@pytest.fixture
def queue():
    return EachRun(asyncio.Queue)

@pytest.mark.parametrize("more", [1, 2])
@detrun.test(runs=20)
async def test_one(seats, queue, more):
    assert (seats, queue.qsize()) == (3, 0)
    await asyncio.sleep(0.01)
    queue.put_nowait(more)

class TestMany:
    @detrun.test(runs=20)
    async def test_two(self, seats):
        await asyncio.sleep(seats)

@detrun.test
async def test_three():
    pytest.skip("not here")

@detrun.test
async def test_four():
    pytest.xfail("not yet")
"""
    ended = run_pytest(tmp_path, text)

    assert ended.stdout.splitlines()[-1].startswith("3 passed, 1 skipped, 1 xfailed"), ended.stdout


def test_what_a_run_prints_and_logs_is_captured_without_that_of_earlier_runs(tmp_path: Path) -> None:
    text = f"""{HEAD}
import logging

@detrun.test(runs=20)
async def test_one(capsys):
    print("hello")
    await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.002))
    assert capsys.readouterr().out == "hello\\n"
    print("left behind")

@detrun.test(runs=20)
async def test_two(caplog):
    logging.warning("hello")
    await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.002))
    assert caplog.messages == ["hello"]
"""
    ended = run_pytest(tmp_path, text)

    assert ended.stdout.splitlines()[-1].startswith("2 passed"), ended.stdout


def test_what_is_shown_of_a_failure_is_what_the_reported_run_prints_and_logs(tmp_path: Path) -> None:
    loud = RACY.replace("        nonlocal left\n", "        nonlocal left\n        shown(f'guest at {after}')\n")
    text = f"""import logging, sys
first = sys.stderr
def shown(what):
    print("printed", what)
    logging.warning("logged %s", what)
    print("kept", what, file=first)
{loud}
@detrun.test(runs=20)
async def test_passes():
    shown("in vain")
    await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.002))
"""
    ended = run_pytest(tmp_path, text)
    passed = run_pytest(tmp_path, text, "-rP", "-k", "passes")
    live = run_pytest(tmp_path, text, "-o", "log_cli=true")

    for what in ("printed", "logged", "kept"):
        assert ended.stdout.count(f"{what} guest at 0.001") == 1, ended.stdout
    assert "in vain" not in passed.stdout
    assert "in vain" not in live.stdout
    assert "logged guest" in live.stdout


def test_a_function_that_is_not_async_is_refused(tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, f"{HEAD}\n@detrun.test\ndef test_one():\n    assert True\n")

    assert ended.returncode == 1
    assert "UsageError: expected an async function to test, got one that gives None" in ended.stdout
    assert "repro:" not in ended.stdout


def test_of_warnings_those_of_the_reported_run_are_told_and_filters_hold(tmp_path: Path) -> None:
    text = f"""{HEAD}
import warnings

@detrun.test(runs=20)
async def test_passes():
    warnings.warn(f"old {{id(object())}}")
    await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.002))

@detrun.test(runs=20)
@pytest.mark.filterwarnings("error")
async def test_strict():
    await asyncio.sleep(0)
    with pytest.raises(UserWarning):
        warnings.warn("new")

@detrun.test(runs=20)
async def test_fails():
    warnings.warn("in the reported run")
    assert not await asyncio.sleep(0, True)
"""
    ended = run_pytest(tmp_path, text)

    assert ended.stdout.splitlines()[-1].startswith("1 failed, 2 passed, 1 warning"), ended.stdout
    assert "UserWarning: in the reported run" in ended.stdout


def test_what_pytest_raises_is_raised_by_the_test_and_named_in_the_summary(tmp_path: Path) -> None:
    text = f"""{HEAD}
@detrun.test(runs=5, verify=False)
async def test_one():
    with pytest.raises(ValueError):
        await asyncio.sleep(0)
"""
    ended = run_pytest(tmp_path, text)

    assert "in test_one: with pytest.raises(ValueError):" in ended.stdout
    assert "/_pytest/" not in ended.stdout
    assert "FAILED test_shop.py::test_one - Failed: DID NOT RAISE ValueError" in ended.stdout


def test_it_works_with_xdist(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    ended = run_pytest(tmp_path, RACY + FIXED.replace("twice", "ever").removeprefix(HEAD), "-n2")

    assert "1 failed, 1 passed" in ended.stdout, ended.stdout
    assert "verified: it fails in a fresh process as well" in ended.stdout


def test_what_depends_on_what_ran_before_is_not_called_verified(tmp_path: Path) -> None:
    text = f"""{HEAD}
runs = 0

@detrun.test
async def test_counts():
    global runs
    runs += 1
    await asyncio.gather(*(asyncio.sleep(0.001 * number) for number in range(5)))
    assert runs < 9
"""
    assert "not verified: in a fresh process it passes" in run_pytest(tmp_path, text).stdout


def test_the_hash_seed_is_that_which_was_asked_for(tmp_path: Path) -> None:
    text = f"import os\n{HEAD}\ndef test_seed():\n    assert os.environ['PYTHONHASHSEED'] == '7'\n"
    ended = run_pytest(tmp_path, text, "--detrun-hash-seed", "7")

    assert ended.returncode == 0
    assert "1 passed" in ended.stdout


@pytest.mark.parametrize("seed", ["x", "-1", str(2**32)])
def test_a_hash_seed_that_is_none_is_refused(tmp_path: Path, seed: str) -> None:
    ended = run_pytest(tmp_path, FIXED, f"--detrun-hash-seed={seed}")

    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"--detrun-hash-seed: expected a number from 0 to 4294967295, got '{seed}'" in ended.stderr


def test_a_plan_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "expected a plan as a failure names it, got 'x'" in run_pytest(tmp_path, RACY, "--detrun-plan", "x").stdout


def test_who_does_not_use_it_pays_for_no_import(tmp_path: Path) -> None:
    text = """
import json, sys

def test_nothing():
    loaded = [name for name in sys.modules if name.split(".")[0] in ("detrun", "msgspec")]
    with open("loaded.json", "w") as file:
        json.dump(loaded, file)
"""
    assert run_pytest(tmp_path, text).returncode == 0
    assert json.loads((tmp_path / "loaded.json").read_text()) == ["detrun", "detrun.testing", "detrun.testing.plugin"]


def test_an_application_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    marked = '@pytest.mark.detrun_application("shp")\n'
    test = "@detrun.test\nasync def test_{}(app):\n    pass\n"
    ended = run_pytest(tmp_path, f"{HEAD}{test.format('unmarked')}{marked}{test.format('marked')}")

    assert ended.returncode == 1
    assert "expected to be told which application `app` is: set detrun_application in" in ended.stdout
    assert (
        f"expected a directory with an application, or its configuration: {tmp_path}/shp is not there" in ended.stdout
    )
    assert "plugin.py" not in ended.stdout
