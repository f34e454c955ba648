"""`detrun replay` with a debugger, and `detrun why`."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.command import ENVIRONMENT, detrun, written

PROGRAM = [
    "import asyncio",
    "async def child(queue):",
    "    await asyncio.sleep(0.01)",
    "    await queue.put(7)",
    "async def main():",
    "    queue = asyncio.Queue()",
    "    task = asyncio.create_task(child(queue))",
    "    number = await queue.get()",
    "    await asyncio.sleep(0.02)",
    "    print('number', number)",
    "asyncio.run(main())",
]


FUNCTION = ["import helper", "VALUE = 6 * 7", "def main():", "    if VALUE == 0:", "        print('never')"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the journal of a run is, and its program, which nobody changes."""
    directory = tmp_path_factory.mktemp("recorded")
    program = written(directory, "program.py", PROGRAM)
    written(
        directory,
        "gaps.py",
        ["import os", "", "def f():", "    x = 1", "    # why", "    y = [", "        2,", "    ]"],
    )
    assert detrun("run", program, "--journal", "j.bin", cwd=directory).returncode == 0
    return directory


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a function, whose module is imported with another one."""
    directory = tmp_path_factory.mktemp("imported")
    written(directory, "program.py", FUNCTION)
    written(directory, "helper.py", ["X = 1", "def f():", "    return X"])
    written(directory, "other.py", ["Y = 2"])
    assert detrun("run", "program.py:main", "--journal", "j.bin", cwd=directory).returncode == 0
    return directory


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--pdb-at", "1"), "program.py(1)"),
        (("--pdb-at", "3"), "program.py(4)"),
        (("--break", "program.py:10"), "program.py(10)main()"),
    ],
)
def test_a_replay_stops_in_the_debugger(recorded: Path, options: tuple[str, ...], line: str) -> None:
    ended = detrun("replay", "j.bin", *options, cwd=recorded, given="p 6 * 7\nc\n")

    assert line in ended.stdout
    assert "(Pdb) 42\n" in ended.stdout
    assert "number 7" in ended.stdout
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("given", ["q\n", "exit\n", ""])
@pytest.mark.parametrize("options", [("--pdb-at", "3"), ("--break", "program.py:10")])
def test_who_leaves_the_debugger_ends_the_replay(recorded: Path, options: tuple[str, ...], given: str) -> None:
    ended = detrun("replay", "j.bin", *options, cwd=recorded, given=given)

    assert (ended.returncode, ended.stderr.strip()) == (0, "detrun: the debugger was left, and the replay with it")
    assert "number" not in ended.stdout.partition("(Pdb)")[2]


def test_the_debugger_is_at_a_terminal(recorded: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "detrun", "replay", "j.bin", "--break", "program.py:10"]
    process = subprocess.Popen(words, cwd=recorded, env=ENVIRONMENT, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)

    shown = _until(ours, "(Pdb)")
    os.write(ours, b"p number * 6\nc\n")
    shown += _until(ours, "same")

    assert "42" in shown
    assert process.wait(20) == 0
    os.close(ours)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("program.py", "expected a line such as file.py:42"),
        ("program.py:1000", "the nearest that has is 11"),
        ("program.py:0", "the nearest that has is 1"),
        ("nothing.py:1", "there is no "),
        ("gaps.py:2", "the nearest that has is 3"),
        ("gaps.py:5", "the nearest that has is 6"),
        ("gaps.py:8", "the nearest that has is 7"),
    ],
)
def test_a_line_that_has_nothing_to_run_is_refused_with_the_nearest_that_has(
    recorded: Path, line: str, why: str
) -> None:
    ended = detrun("replay", "j.bin", "--break", line, cwd=recorded)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert why in ended.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("program.py:5", "expected to stop at program.py:5, which did not run"),
        ("helper.py:3", "expected to stop at helper.py:3, which did not run"),
        ("other.py:1", "expected to stop at other.py:1, which did not run: nothing in {}/other.py did"),
    ],
)
@pytest.mark.parametrize("output", ["text", "json"])
def test_a_line_that_never_ran_is_said_to_be_one(imported: Path, line: str, said: str, output: str) -> None:
    ended = detrun("replay", "j.bin", "--break", line, "-o", output, cwd=imported)

    assert f"detrun: {said.format(imported)}\n" in ended.stderr
    assert ended.returncode == 0
    assert "(Pdb)" not in ended.stdout


@pytest.mark.parametrize("line", ["program.py:2", "program.py:4", "helper.py:1"])
def test_a_replay_stops_also_while_its_program_is_imported(imported: Path, line: str) -> None:
    ended = detrun("replay", "j.bin", "--break", line, cwd=imported, given="c\n")

    assert ended.stdout.count("(Pdb)") == 1
    assert "did not run" not in ended.stderr
    assert ended.returncode == 0, ended.stderr


def test_a_replay_stops_in_whichever_thread_comes_to_the_line(tmp_path: Path) -> None:
    lines = [
        "import asyncio, threading",
        "def work():",
        "    x = 42",
        "    return x",
        "async def main():",
        "    await asyncio.to_thread(work)",
        "    thread = threading.Thread(target=work)",
        "    thread.start()",
        "    thread.join()",
        "asyncio.run(main())",
    ]
    written(tmp_path, "program.py", lines)
    detrun("run", "program.py", "--journal", "j.bin", cwd=tmp_path)

    ended = detrun("replay", "j.bin", "--break", "program.py:4", cwd=tmp_path, given="p x\nc\np x + 1\nc\n")

    assert "(Pdb) 42\n" in ended.stdout
    assert "(Pdb) 43\n" in ended.stdout
    assert ended.returncode == 0, ended.stderr


def test_a_line_that_is_saved_in_the_course_of_a_scenario_can_be_stopped_at(tmp_path: Path) -> None:
    worker = ["from detrun import Response, WorkerEntrypoint", "class Default(WorkerEntrypoint):"]
    written(tmp_path, "detrun.toml", ['name = "web"', 'main = "web.py"'])
    written(tmp_path, "web.py", [*worker, "    async def fetch(self, request): return Response('one')"])
    scenario = [
        "async def asked(app):",
        f"    lines = {[*worker, '    async def fetch(self, request):', '        return Response(chr(50))']}",
        "    await app.reload({'web.py': chr(10).join(lines)})",
        "    assert await (await app.fetch('/')).text() == '2'",
    ]
    written(tmp_path, "scenarios.py", scenario)
    ran = detrun("run", ".", "--scenario", "scenarios.py:asked", "--journal", "j.bin", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr

    ended = detrun("replay", "j.bin", "--break", "web.py:4", cwd=tmp_path, given="c\n")

    assert "web.py(4)fetch()" in ended.stdout, ended.stderr
    assert ended.returncode == 0, ended.stderr


def test_events_are_told_of_from_a_step_on(recorded: Path) -> None:
    told = detrun("replay", "j.bin", "--from", "4", cwd=recorded).stderr

    assert "detrun: step 2:" not in told
    assert "main/sleep" in told


def test_why_asks_for_a_step_by_the_number_that_the_journal_has_for_it(recorded: Path) -> None:
    shown = json.loads(detrun("journal", "show", "j.bin", "--kind", "happened", "-o", "json", cwd=recorded).stdout)
    steps = sorted({entry["step"] for entry in shown["entries"]})

    assert len(steps) > 1
    for step in steps:
        told = json.loads(detrun("why", "j.bin", str(step), "-o", "json", cwd=recorded).stdout)
        assert told["links"][0]["step"] == step


def test_why_tells_what_an_event_follows_from(recorded: Path) -> None:
    last = json.loads(detrun("journal", "show", "j.bin", "-o", "json", cwd=recorded).stdout)["entries"][-1]["step"]

    ended = detrun("why", "j.bin", str(last), "-o", "json", cwd=recorded)
    told = json.loads(ended.stdout)

    assert ended.returncode == 0
    assert [int(link["where"].split(":")[1].split()[0]) for link in told["links"]] == [9, 3]
    assert [link["asked"] is not None for link in told["links"]] == [True, True]
    assert "the beginning" in detrun("why", "j.bin", str(last), cwd=recorded).stdout.splitlines()


@pytest.mark.parametrize("words", ["why j.bin 1000000", "replay j.bin --pdb-at 1000000", "replay j.bin --from 1000000"])
def test_a_step_that_never_was_is_refused(recorded: Path, words: str) -> None:
    ended = detrun(*words.split(), cwd=recorded)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith(", got 1000000\n")
    assert ended.stderr.startswith("detrun: expected a step of the journal, up to ")


def _until(descriptor: int, text: str) -> str:
    shown, end = "", time.monotonic() + 20
    while text not in shown and time.monotonic() < end:
        if select.select([descriptor], [], [], 0.1)[0]:
            shown += os.read(descriptor, 4096).decode()
    assert text in shown, shown
    return shown
