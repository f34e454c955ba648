"""`--scenario`: what a scenario fails by although nobody waits for it, and that all commands agree on that."""

import json
from pathlib import Path

import pytest

from tests.cli.command import detrun, written

WORKER = """
import asyncio
from detrun import Response, WorkerEntrypoint

kept = []

async def fails():
    raise LookupError("unseen")

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        {}
        return Response("answered")
"""
SCENARIO = """
async def asked(app):
    assert await (await app.fetch("/")).text() == "answered"
    await app.sleep(1)
"""
WAYS = {
    "work after the answer": ("self.ctx.wait_until(fails())", "work after the answer in web.fetch in web@1"),
    # It is kept: what nobody refers to may be collected before, and is told of by asyncio alone.
    "a task that nobody awaits": (
        "kept.append(asyncio.create_task(fails(), name='lost')); await asyncio.sleep(1)",
        "task lost in web.fetch in web@1",
    ),
}


def application(directory: Path, line: str) -> None:
    written(directory, "detrun.toml", ['name = "web"', 'main = "web.py"'])
    written(directory, "web.py", WORKER.format(line).splitlines())
    written(directory, "scenarios.py", SCENARIO.splitlines())


@pytest.mark.parametrize(("line", "what"), WAYS.values(), ids=WAYS)
def test_a_scenario_fails_by_an_error_that_nobody_waited_for_in_every_command(  # F-REQ-02
    tmp_path: Path, line: str, what: str
) -> None:
    application(tmp_path, line)
    words = (".", "--scenario", "scenarios.py:asked", "-o", "json")

    ran, explored = (detrun(command, *words, cwd=tmp_path) for command in ("run", "explore"))

    run = json.loads(ran.stdout.splitlines()[-1])
    assert (ran.returncode, explored.returncode) == (1, 1), ran.stderr + explored.stderr
    assert (run["outcome"], run["failure"]["kind"]) == ("failed", "unretrieved")
    assert run["failure"]["message"] == f"{what}: LookupError: unseen"
    # Nothing was ended by it: the scenario went on to its end.
    assert run["virtual_seconds"] >= 1
    (found,) = json.loads(explored.stdout)["failures"]
    assert found["message"] == run["failure"]["message"]
    again = detrun("replay", run["journal"], "-o", "json", cwd=tmp_path)
    assert (again.returncode, json.loads(again.stdout.splitlines()[-1])["outcome"]) == (1, "same")


def test_a_scenario_that_is_played_live_fails_by_that_as_well_and_so_does_its_replay(
    tmp_path: Path,
) -> None:  # F-REQ-02
    application(tmp_path, WAYS["work after the answer"][0])

    ran = detrun("run", ".", "--scenario", "scenarios.py:asked", "--live", "-o", "json", cwd=tmp_path)

    run = json.loads(ran.stdout.splitlines()[-1])
    assert (ran.returncode, run["failure"]["kind"]) == (1, "unretrieved"), ran.stderr
    again = detrun("replay", run["journal"], "-o", "json", cwd=tmp_path)
    assert (again.returncode, json.loads(again.stdout.splitlines()[-1])["outcome"]) == (1, "same"), again.stderr


def test_a_scenario_in_which_somebody_waits_for_the_error_passes(tmp_path: Path) -> None:
    application(tmp_path, "await asyncio.gather(fails(), return_exceptions=True)")

    for command in ("run", "explore"):
        ended = detrun(command, ".", "--scenario", "scenarios.py:asked", cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr


SAVING = """
async def saving(app):
    await app.sleep(1)
    app.save({"helper.py": "VALUE = 2"})
    seen = []
    while seen[-1:] != ["2"]:
        seen.append(await (await app.fetch("/")).text())
        await app.sleep(0.01)
    assert set(seen) == {"1", "2"}
"""


def test_a_run_in_which_files_are_saved_is_the_same_again_whatever_is_on_the_disk(tmp_path: Path) -> None:  # F-GEN-13
    written(tmp_path, "detrun.toml", ['name = "web"', 'main = "web.py"'])
    written(tmp_path, "web.py", ["import helper", *WORKER.replace('"answered"', "str(helper.VALUE)").splitlines()])
    written(tmp_path, "web.py", [(tmp_path / "web.py").read_text().format("pass")])
    written(tmp_path, "helper.py", ["VALUE = 1"])
    written(tmp_path, "scenarios.py", SAVING.splitlines())

    ran = detrun("run", ".", "--scenario", "scenarios.py:saving", "--seed", "3", "-o", "json", cwd=tmp_path)
    run = json.loads(ran.stdout.splitlines()[-1])
    written(tmp_path, "helper.py", ["VALUE = 3"])
    again = detrun("replay", run["journal"], cwd=tmp_path)
    events = detrun("journal", "show", run["journal"], cwd=tmp_path).stdout

    assert ran.returncode == again.returncode == 0, ran.stderr + again.stderr
    assert "saved helper.py" in events


def test_a_plain_program_that_nobody_asks_for_its_error_ends_as_on_stock_asyncio(tmp_path: Path) -> None:
    lines = [
        "import asyncio",
        "async def fails():",
        "    raise LookupError('unseen')",
        "async def main():",
        "    asyncio.create_task(fails())",
        "    await asyncio.sleep(1)",
        "asyncio.run(main())",
    ]
    program = written(tmp_path, "program.py", lines)

    ended = detrun("run", program, cwd=tmp_path)

    assert ended.returncode == 0
    assert "LookupError: unseen" in ended.stderr
