"""`detrun run`: one run of a program, what it says of it, and how it exits."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from detrun.journal.reader import Journal
from tests.cli.command import ENVIRONMENT, detrun, facts, with_little_room, written

FIELDS = ["schema", "seed", "strategy", "outcome", "failure", "exit_code"]
FIELDS += ["steps", "virtual_seconds", "wall_seconds", "digest", "journal", "entropy"]

# Two tasks whose timers fall into the middle of what the other does: who comes first is free.
FREE = [
    "import asyncio",
    "async def worker(name):",
    "    for _ in range(3):",
    "        await asyncio.sleep(0.001 * name)",
    "        await asyncio.sleep(0)",
    "async def main():",
    "    await asyncio.gather(worker(1), worker(2), worker(3))",
    "if __name__ == '__main__':",
    "    asyncio.run(main())",
]

ENDINGS = [
    (["pass"], "ok", 0),
    (["import sys", "sys.exit()"], "ok", 0),
    (["import sys", "sys.exit(0)"], "ok", 0),
    (["import sys", "sys.exit(3)"], "failed", 3),
    (["import sys", "sys.exit('no')"], "failed", 1),
    (["assert False, 'no'"], "failed", 1),
    (["1 +"], "failed", 1),
    (["import asyncio", "asyncio.run(asyncio.Event().wait())"], "stuck", 1),
    (["import asyncio", "asyncio.run(asyncio.sleep(10**6))"], "limit", 1),
]


@pytest.mark.parametrize(("lines", "outcome", "exit_code"), ENDINGS)
def test_the_exit_status_tells_whether_the_program_ended_well(
    tmp_path: Path, lines: list[str], outcome: str, exit_code: int
) -> None:
    program = written(tmp_path, "program.py", lines)

    ended = detrun("run", program, "--max-time", "100", "-o", "json", cwd=tmp_path)

    run = json.loads(ended.stdout)
    assert list(run) == FIELDS
    assert (run["schema"], run["outcome"], run["exit_code"]) == ("detrun.run/1", outcome, exit_code)
    assert Journal(tmp_path / run["journal"]).header.target == program
    assert (run["failure"] is None) == (outcome == "ok")
    assert ended.returncode == (0 if outcome == "ok" else 1)


def test_a_failure_is_told_with_its_place_and_the_frames_of_the_program_alone(tmp_path: Path) -> None:
    program = written(
        tmp_path, "program.py", ["import asyncio", "async def main():", "    1 / 0", "asyncio.run(main())"]
    )

    failure = facts(program, cwd=tmp_path)["failure"]

    assert list(failure) == ["kind", "message", "where", "traceback"]
    assert failure["message"] == "ZeroDivisionError: division by zero"
    assert failure["where"].startswith(f"{tmp_path}/program.py:3 in main")
    assert re.findall(r'File "(.*)", line (\d)', failure["traceback"]) == [
        (f"{tmp_path}/{program}", line) for line in "43"
    ]


def test_text_goes_to_stderr_and_leaves_stdout_to_the_program(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["print('hello')"])

    ended = detrun("run", program, "--seed", "5", cwd=tmp_path)

    assert ended.stdout == "hello\n"
    verdict, told = ended.stderr.splitlines()
    assert verdict == "detrun: ok"
    assert re.fullmatch(
        r"detrun: seed 5, strategy random, \d+ steps, \d+\.\d{3} s virtual, \d+\.\d{3} s wall, digest [0-9a-f]{16}, "
        r"journal \.detrun/journals/[-\d]+program-5\.bin",
        told,
    )


def test_text_of_a_failure_ends_with_the_command_that_repeats_it(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["raise ValueError('no')"])

    told = detrun("run", program, cwd=tmp_path).stderr.splitlines()

    assert told[0] == "Traceback (most recent call last):"
    assert told[-4] == "ValueError: no"
    assert told[-3].startswith(f"detrun: failed: {tmp_path}/program.py:1")
    assert [line.startswith("repro: ") for line in told] == [False] * (len(told) - 1) + [True]


def test_the_same_seed_is_the_same_run_and_another_seed_may_be_another(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", FREE)

    digests = [facts(program, "--seed", str(seed), cwd=tmp_path)["digest"] for seed in (1, 1, 2, 3, 4)]

    assert digests[0] == digests[1]
    assert len(set(digests)) > 2


def test_the_default_strategy_does_not_ask_the_seed(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", FREE)

    runs = [facts(program, "--strategy", "default", "--seed", seed, cwd=tmp_path) for seed in "123"]

    assert len({run["digest"] for run in runs}) == 1


def test_the_hash_seed_of_whoever_starts_us_changes_nothing_unless_it_is_a_number(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["print(hash('a'))"])

    def printed(**variables: str) -> str:
        return detrun("run", program, cwd=tmp_path, **variables).stdout

    assert printed() == printed() == printed(PYTHONHASHSEED="random") == printed(PYTHONHASHSEED="")
    assert printed(PYTHONHASHSEED="5") == printed(PYTHONHASHSEED="5") != printed()


@pytest.mark.parametrize("option", ["-E", "-I"])
def test_an_interpreter_whose_hash_seed_cannot_be_pinned_is_refused(tmp_path: Path, option: str) -> None:
    written(tmp_path, "program.py", ["pass"])
    words = [sys.executable, option, "-m", "detrun", "run", "program.py"]

    ended = subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert ended.stderr.startswith("detrun: expected an interpreter that reads PYTHONHASHSEED, got one under -E or -I")


@pytest.mark.parametrize("output", ["text", "json"])
def test_the_command_that_repeats_a_failure_repeats_it(tmp_path: Path, output: str) -> None:
    program = written(tmp_path, "a program.py", [*FREE, "import sys", "sys.exit(repr(hash('a')) + sys.argv[1])"])

    def told(words: list[str], **variables: str) -> tuple[str, str]:
        ended = subprocess.run(
            words, cwd=tmp_path, env=ENVIRONMENT | variables, capture_output=True, text=True, check=False
        )
        repro = [line for line in ended.stderr.splitlines() if line.startswith("repro: ")]
        assert len(repro) == 1
        return re.sub(r"[\d.e-]+(?= s wall|, \"digest)|\.detrun[^\"]*", "", ended.stdout + ended.stderr), repro[
            0
        ].removeprefix("repro: ")

    options = ["--seed", "3", "--strategy", "random", "--max-steps", "500", "-o", output]
    first, repro = told(
        [sys.executable, "-m", "detrun", "run", program, *options, "--", "it's", "$HOME"], PYTHONHASHSEED="7"
    )
    again, _ = told(["sh", "-c", f"{repro.replace(' -- ', f' -o {output} -- ')}"])

    assert first == again


def test_the_command_that_repeats_is_as_short_as_it_can_be(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["raise ValueError"])
    script = Path(sys.executable).with_name("detrun")

    def repeated(*words: str | Path, **variables: str) -> list[str]:
        environment = ENVIRONMENT | variables
        ended = subprocess.run(words, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, check=False)
        return shlex.split(ended.stderr.splitlines()[-1])[1:4]

    assert repeated(script, "run", program, PATH=os.defpath) == [str(script), "run", program]
    assert repeated("detrun", "run", program, PATH=f"{script.parent}:{os.environ['PATH']}") == [
        "detrun",
        "run",
        program,
    ]
    assert repeated(sys.executable, "-m", "detrun", "run", program) == [sys.executable, "-m", "detrun"]


def test_a_start_time_and_an_entropy_are_part_of_the_command_that_repeats(tmp_path: Path) -> None:
    lines = ["import os, time", "raise SystemExit(f'{time.ctime()} {os.urandom(4).hex()}')"]
    words = ["run", written(tmp_path, "program.py", lines), "--start-time", "2031-05-06T07:08", "--entropy", "fixed"]

    once, other = detrun(*words, cwd=tmp_path), detrun(*words, "--seed", "2", cwd=tmp_path)
    repro = once.stderr.splitlines()[-1]
    assert " --start-time 2031-05-06T07:08 --entropy fixed" in repro
    told = [line for line in once.stderr.splitlines() if "Tue May  6 07:08:00 2031" in line]
    assert told == [line for line in other.stderr.splitlines() if line in told] != []
    assert told[0] in subprocess.getoutput(f"cd {tmp_path} && {repro.removeprefix('repro: ')}")


def test_real_entropy_is_reported_as_not_repeatable(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["pass"])

    assert "the seed alone does not repeat this run" in detrun("run", program, "--entropy", "real", cwd=tmp_path).stderr
    assert facts(program, "--entropy", "real", cwd=tmp_path)["entropy"] == "real"


def test_a_start_time_that_is_none_is_a_matter_of_usage(tmp_path: Path) -> None:
    ended = detrun("run", written(tmp_path, "program.py", ["pass"]), "--start-time", "soon", cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "expected a start time such as 2026-01-31T12:00:00, got 'soon'" in ended.stderr


ADVERSE = {
    "an unfinished line": "print('unfinished', end='')",
    "an unfinished line below": "import os; os.write(1, b'unfinished')",
    "closed": "sys.stdout.close()",
    "closed below": "import os; os.close(1)",
    "nothing": "sys.stdout = None",
    "no stream": "class Out:\n def write(self, text): pass\n def flush(self): raise RuntimeError\nsys.stdout = Out()",
    "another file": "sys.stdout = open('log', 'w')",
    "the same file again": "import io; sys.stdout = io.TextIOWrapper(sys.stdout.buffer); print('late', end='')",
    "redirected below": "import os; os.dup2(os.open('log', os.O_CREAT | os.O_WRONLY), 1)",
    "spoken at exit": "import atexit; atexit.register(print, 'bye')",
    "not even text": "sys.exit('\\udcff\\n')",
}


@pytest.mark.parametrize("lines", ADVERSE.values(), ids=ADVERSE)
def test_the_last_line_of_stdout_is_the_object_whatever_the_program_does_to_it(tmp_path: Path, lines: str) -> None:
    program = written(tmp_path, "program.py", ["import sys", "print('first')", lines])

    ended = detrun("run", program, "-o", "json", cwd=tmp_path)

    run = json.loads(ended.stdout.splitlines()[-1])
    assert ended.stdout.endswith("}\n")
    assert run["outcome"] == ("failed" if "exit(" in lines else "ok")


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_descriptor_that_is_closed_from_the_start_is_no_reason_to_fail(tmp_path: Path, closed: str) -> None:
    program = written(tmp_path, "program.py", ["import asyncio", "asyncio.run(asyncio.sleep(1))"])
    words = shlex.join([sys.executable, "-m", "detrun", "run", program])

    assert subprocess.run(f"{words} {closed}", cwd=tmp_path, env=ENVIRONMENT, shell=True, check=False).returncode == 0


def test_a_long_sleep_takes_no_time(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["import asyncio", "asyncio.run(asyncio.sleep(86400))"])

    run = facts(program, cwd=tmp_path)

    assert run["virtual_seconds"] >= 86400
    assert run["wall_seconds"] < 60


def test_a_file_in_the_way_of_the_journals_is_named(tmp_path: Path) -> None:
    written(tmp_path, ".detrun", [])
    program = written(tmp_path, "program.py", ["print('ran')"])

    ended = detrun("run", program, cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (4, "")
    assert "a file is in the place of a directory" in ended.stderr


def test_a_full_disk_ends_the_run_and_leaves_what_was_written(tmp_path: Path) -> None:
    lines = ["import asyncio", "async def main():", "    for n in range(20000): await asyncio.sleep(n % 7)"]
    program = written(tmp_path, "program.py", [*lines, "asyncio.run(main())"])

    ended = detrun("run", program, "--journal", "run.bin", cwd=tmp_path, **with_little_room(tmp_path, 9000))

    assert ended.returncode == 4, ended.stderr
    assert "the journal run.bin cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert 0 < Journal(tmp_path / "run.bin").check().entries < 20000


def test_a_program_that_is_not_there_leaves_no_journal(tmp_path: Path) -> None:
    assert detrun("run", "nothing.py", cwd=tmp_path).returncode == 2
    assert list(tmp_path.rglob("*.bin")) == []


def test_a_named_secret_is_not_in_the_journal(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["import os", "raise ValueError('no ' + os.environ['TOKEN'])"])

    detrun("run", program, "--journal", "run.bin", "--secret", "TOKEN", cwd=tmp_path, TOKEN="eight-ducks")

    journal = Journal(tmp_path / "run.bin")
    assert "eight-ducks" not in repr(list(journal.entries()))
    assert "ValueError: no " in repr(list(journal.entries()))
    assert "secret TOKEN" in journal.header.redacted
