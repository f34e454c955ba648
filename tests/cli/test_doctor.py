"""`detrun doctor`: what it says, how it exits, and what it leaves alone."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import detrun, on_a_terminal, written

FIELDS = ["schema", "target", "arguments", "seed", "strategy", "outcome", "findings", "remarks", "runs", "wall_seconds"]
FINDING = ["cause", "meaning", "differs", "step", "where", "file", "line", "function", "values", "next", "written"]

CLEAN = ["import asyncio", "asyncio.run(asyncio.sleep(1))"]
SHARDED = ["import asyncio", "async def main():", "    shard = hash('a')", "    print(shard)", "asyncio.run(main())"]


def examined(*words: str, cwd: Path, **variables: str) -> dict[str, Any]:
    """What the doctor says in JSON."""
    ended = detrun("doctor", *words[:1], "-o", "json", *words[1:], cwd=cwd, **variables)
    result: dict[str, Any] = json.loads(ended.stdout)
    assert ended.stdout.count("\n") == 1
    assert ended.returncode == bool(result["findings"])
    return result


def test_nothing_is_found_in_a_program_that_depends_on_nothing(tmp_path: Path) -> None:
    ended = detrun("doctor", written(tmp_path, "program.py", CLEAN), cwd=tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("detrun: nothing that was changed made a run differ: program.py, seed 0, strategy ")


def test_an_application_is_examined_with_a_scenario(tmp_path: Path) -> None:
    written(tmp_path, "app/detrun.toml", ['name = "web"', 'main = "web.py"'])
    written(tmp_path, "app/web.py", ["class Default: pass"])
    name = written(
        tmp_path, "play.py", ["async def play(app):", "    print(hash('a'))", "    await app.sleep(hash('a') % 2)"]
    )

    found = examined("app", "--scenario", f"{name}:play", cwd=tmp_path)

    assert found["target"] == "app --scenario play.py:play"
    assert [finding["cause"] for finding in found["findings"]] == ["hash seed"]
    assert found["remarks"] == []


def test_the_file_that_a_function_is_in_is_not_imported_before_the_program(tmp_path: Path) -> None:
    written(tmp_path, "one.py", ["import registry", "registry.KINDS.append('one')"])
    written(tmp_path, "two.py", ["import registry", "registry.KINDS.append('two')"])
    written(tmp_path, "registry.py", ["KINDS = []"])
    name = written(tmp_path, "program.py", ["import one, two, registry", "def main():", "    print(registry.KINDS[0])"])

    found = examined(f"{name}:main", cwd=tmp_path)

    assert [finding["cause"] for finding in found["findings"]] == ["import order"]
    assert found["remarks"] == []


def test_a_finding_is_told_with_its_line_and_values(tmp_path: Path) -> None:
    ended = detrun("doctor", written(tmp_path, "program.py", SHARDED), "--seed", "7", cwd=tmp_path)

    lines = ended.stdout.splitlines()
    assert ended.returncode == 1
    assert lines[0].startswith("hash seed: ")
    assert re.fullmatch(r"  step \d+, program\.py:3 in main", lines[1])
    assert lines[2] == "    shard = hash('a')"
    assert re.fullmatch(r"    shard: -?\d+, or -?\d+", lines[3])
    # What is no terminal gets lines that a program can tell apart.
    assert lines[-1].startswith("detrun: runs differ by hash seed: program.py, ")
    assert lines[-1].endswith("; unchanged it is ok")
    assert re.fullmatch(r"repro: .*doctor program\.py --seed 7 --strategy random\n", ended.stderr)


@pytest.mark.parametrize("columns", [60, 120])
def test_the_report_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    said = on_a_terminal(columns, "doctor", written(tmp_path, "program.py", SHARDED), "--seed", "7", cwd=tmp_path)

    lines = said.partition("repro: ")[0].splitlines()
    assert columns - 20 < max(map(len, lines)) <= columns


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    result = examined(written(tmp_path, "program.py", SHARDED), "--strategy", "default", cwd=tmp_path)

    (finding,) = result["findings"]
    assert list(result) == FIELDS
    assert list(finding) == FINDING
    assert (result["schema"], result["seed"], result["strategy"]) == ("detrun.doctor/1", 0, "default")
    assert (finding["cause"], finding["file"], finding["line"]) == ("hash seed", str(tmp_path / "program.py"), 3)
    assert finding["where"].endswith("program.py:3 in main: shard = hash('a')")
    assert [value["name"] for value in finding["values"]] == ["shard"]
    assert finding["written"]["unchanged"] != finding["written"]["changed"]


@pytest.mark.parametrize("target", ["program.py", "program.py:main", "program", "program:main"])
def test_every_form_of_target_is_taken(tmp_path: Path, target: str) -> None:
    lines = ["import asyncio", "async def main():", "    print(hash('a'))"]
    written(tmp_path, "program.py", [*lines, "if __name__ == '__main__':", "    asyncio.run(main())"])

    findings = examined(target, cwd=tmp_path)["findings"]

    assert [(finding["cause"], finding["line"]) for finding in findings] == [("hash seed", 3)]


def test_a_program_that_fails_the_same_way_each_time_has_nothing(tmp_path: Path) -> None:
    result = examined(written(tmp_path, "program.py", ["assert False, 'no'"]), cwd=tmp_path)

    assert (result["outcome"], result["findings"]) == ("failed", [])


def test_an_address_in_a_failure_is_found_where_it_is_raised(tmp_path: Path) -> None:
    result = examined(written(tmp_path, "program.py", ["pass", "raise ValueError(repr(object()))"]), cwd=tmp_path)

    assert [(finding["cause"], finding["line"]) for finding in result["findings"]] == [("heap layout", 2)]


def test_what_a_thread_does_is_found_at_its_line(tmp_path: Path) -> None:
    lines = ["import asyncio", "def shard():", "    return hash('a')", "print(asyncio.run(asyncio.to_thread(shard)))"]

    (finding,) = examined(written(tmp_path, "program.py", lines), cwd=tmp_path)["findings"]

    assert (finding["cause"], finding["line"], finding["function"]) == ("hash seed", 3, "shard")


def test_two_causes_are_both_named(tmp_path: Path) -> None:
    lines = ["import os", "class A: pass", "print(A())", "print(hash('a'))", "print(os.environ.get('B'))"]

    findings = examined(written(tmp_path, "program.py", lines), cwd=tmp_path)["findings"]

    assert [(finding["cause"], finding["line"]) for finding in findings] == [
        ("heap layout", 3),
        ("hash seed", 4),
        ("environment", 5),
    ]


def test_the_program_has_its_arguments_and_an_empty_standard_input(tmp_path: Path) -> None:
    lines = ["import sys", "assert sys.argv[1:] == ['a b', '--c'] and sys.stdin.read() == ''", "print('said')"]

    ended = detrun("doctor", written(tmp_path, "program.py", lines), "--", "a b", "--c", cwd=tmp_path, given="given")

    assert ended.returncode == 0
    assert ended.stdout.endswith("unchanged it is\n  ok\n") or ended.stdout.endswith("unchanged it is ok\n")
    assert "said" not in ended.stdout


def test_the_program_does_not_see_what_its_processes_were_started_with(tmp_path: Path) -> None:
    lines = ["import os", "print([name for name in sorted(os.environ) if name[:6] in ('PYTHON', 'DETRUN')])"]
    lines += ["assert not {'PYTHONHASHSEED', 'PYTHONMALLOC', 'DETRUN_PYTHONHASHSEED'} & set(os.environ)"]

    findings = examined(written(tmp_path, "program.py", lines), cwd=tmp_path)["findings"]

    # The changed environment itself has one more, and debug mode is a variable.
    assert {finding["cause"] for finding in findings} <= {"environment", "debug mode"}


BAD = [
    (["missing.py"], "expected a file or a module, got neither: missing.py"),
    (["ends.py"], "expected a program whose run comes to an end, got none: it ended its process"),
    (["ends.py", "--faults", "what"], "expected faults out of "),
    (["ends.py", "--seed", "-1"], "Invalid value for '--seed'"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD)
def test_what_cannot_be_examined_is_refused(tmp_path: Path, words: list[str], sentence: str) -> None:
    written(tmp_path, "ends.py", ["import os", "os.abort()"])

    ended = detrun("doctor", *words, cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert sentence in ended.stderr


def test_a_run_that_ends_its_process_differs_from_one_that_does_not(tmp_path: Path) -> None:
    lines = ["import os", "if os.environ.get('END'):", "    os.abort()"]

    (finding,) = examined(written(tmp_path, "program.py", lines), cwd=tmp_path)["findings"]

    assert (finding["cause"], finding["line"]) == ("environment", 2)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["import other", "print(hash('a'))"])
    written(tmp_path, "other.py", ["pass"])
    (tmp_path / "temporary").mkdir()

    examined(program, cwd=tmp_path, TMPDIR=str(tmp_path / "temporary"))

    assert sorted(os.listdir(tmp_path)) == ["other.py", "program.py", "temporary"]
    assert os.listdir(tmp_path / "temporary") == []
