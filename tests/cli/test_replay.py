"""`detrun replay`: what it runs, what it compares, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import detrun, written

# Three tasks whose timers and queue meet in an order that the seed decides.
PROGRAM = [
    "import asyncio, random, sys, uuid",
    "async def worker(name, queue):",
    "    for n in range(3):",
    "        await asyncio.sleep(random.random() * 0.01)",
    "        await queue.put((name, n, str(uuid.uuid4())))",
    "async def main():",
    "    queue = asyncio.Queue(1)",
    "    workers = [asyncio.create_task(worker(n, queue)) for n in range(3)]",
    "    print([await queue.get() for _ in range(9)])",
    "asyncio.run(main())",
]


def recorded(directory: Path, lines: list[str], *options: str) -> str:
    """The journal of a run of this program."""
    program = written(directory, "program.py", lines)
    ended = detrun("run", program, "-o", "json", *options, cwd=directory)
    journal: str = json.loads(ended.stdout.splitlines()[-1])["journal"]
    return journal


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a run of the three tasks with seed 5."""
    directory = tmp_path_factory.mktemp("recorded")
    return directory / recorded(directory, PROGRAM, "--seed", "5")


def replayed(
    directory: Path, journal: Path | str, *options: str, **variables: str
) -> tuple[int, dict[str, Any], list[str]]:
    """The exit status of a replay, what it says, and what the program wrote."""
    ended = detrun("replay", str(journal), "-o", "json", *options, cwd=directory, **variables)
    *wrote, _, told = ended.stdout.splitlines()
    return ended.returncode, json.loads(told), wrote


def test_a_replay_is_the_same_run_in_another_process(journal: Path, tmp_path: Path) -> None:
    first = detrun("run", written(tmp_path, "program.py", PROGRAM), "--seed", "5", "-o", "json", cwd=tmp_path)

    status, told, wrote = replayed(tmp_path, journal)

    assert status == 0
    assert (told["outcome"], told["recorded_outcome"], told["divergence"]) == ("same", "ok", None)
    assert told["digest"] == json.loads(first.stdout.splitlines()[-1])["digest"]
    assert wrote == first.stdout.splitlines()[:1]


def test_a_journal_goes_by_its_name_wherever_it_is_run_again(tmp_path: Path) -> None:
    written(tmp_path, "program.py", ["import asyncio", "async def main():", "    await asyncio.sleep(1)", "    1 / 0"])
    detrun("run", "program.py:main", cwd=tmp_path)
    (name,) = (path.stem for path in (tmp_path / ".detrun/journals").iterdir())

    for words, status in ((("replay", name), 1), (("why", name, "2"), 0), (("minimize", name), 1)):
        ended = detrun(*words, cwd=tmp_path)
        assert ended.returncode == status, ended.stderr


@pytest.mark.parametrize("seed", ["1", "77", "random"])
def test_the_hash_seed_is_that_of_the_journal(tmp_path: Path, seed: str) -> None:
    lines = ["import asyncio", "async def main():", "    for name in {'a', 'b', 'c', 'd'}:"]
    lines += ["        await asyncio.sleep(ord(name))", "asyncio.run(main())"]
    journal = recorded(tmp_path, lines)

    assert replayed(tmp_path, journal, PYTHONHASHSEED=seed)[0] == 0


def test_a_failure_that_is_reproduced_exits_as_it_did(tmp_path: Path) -> None:
    journal = recorded(tmp_path, [*PROGRAM, "sys.exit(3)"])

    ended = detrun("replay", journal, cwd=tmp_path)

    assert ended.returncode == 1
    assert "same" in ended.stderr


def test_the_recorded_sources_are_run_whatever_there_is_today(tmp_path: Path) -> None:
    written(tmp_path, "helper.py", ["TEXT = 'then'"])
    journal = recorded(
        tmp_path, ["import asyncio, helper", "async def main(): print(helper.TEXT)", "asyncio.run(main())"]
    )
    written(tmp_path, "helper.py", ["TEXT = 'now'"])
    (tmp_path / "program.py").unlink()

    status, _, wrote = replayed(tmp_path, journal)

    assert (status, wrote) == (0, ["then"])


def test_changed_code_parts_at_its_first_step_and_says_so(tmp_path: Path) -> None:
    journal = recorded(tmp_path, PROGRAM, "--seed", "5")
    changed = [line.replace("random.random() * 0.01", "random.random() * 0.02") for line in PROGRAM]
    written(tmp_path, "program.py", changed)

    status, told, _ = replayed(tmp_path, journal, "--code", "current")

    assert status == 3
    assert told["outcome"] == "diverged"
    assert told["divergence"]["cause"] == "changed code"
    assert told["divergence"]["expected"] != told["divergence"]["actual"]
    assert replayed(tmp_path, journal)[0] == 0


def test_a_replay_stops_after_the_step_that_was_named(journal: Path, tmp_path: Path) -> None:
    status, told, _ = replayed(tmp_path, journal, "--until", "4")

    assert (status, told["outcome"], told["steps"]) == (0, "same", 4)


@pytest.mark.parametrize("kept", [0.4, 0.7, 0.9, 0.99])
def test_a_journal_that_was_cut_replays_as_far_as_it_goes(journal: Path, tmp_path: Path, kept: float) -> None:
    data = journal.read_bytes()
    cut = tmp_path / "cut.bin"
    cut.write_bytes(data[: int(len(data) * kept)])

    ended = detrun("replay", str(cut), cwd=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert "detrun: same: " in ended.stderr


@pytest.mark.parametrize(("content", "status"), [(None, 4), (b"", 4), (b"nonsense" * 100, 4)])
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes | None, status: int) -> None:
    journal = tmp_path / "journal.bin"
    if content is not None:
        journal.write_bytes(content)

    ended = detrun("replay", str(journal), cwd=tmp_path)

    assert ended.returncode == status
    assert ended.stderr.startswith("detrun: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("options", [("--live",), ("--strategy", "default"), ("--seed", "1")])
def test_a_program_goes_on_to_no_other_end_where_its_journal_was_garbled(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    lines = ["import asyncio", "async def main():", "    for number in range(5_000):", "        try:"]
    lines += ["            await asyncio.sleep(0)", "            await asyncio.gather(*map(asyncio.sleep, (0, 0)))"]
    lines += ["        except Exception: print('caught')", "try:", "    asyncio.run(main())"]
    lines += ["except Exception: asyncio.run(main())"]
    journal = tmp_path / recorded(tmp_path, lines, *options)
    data = bytearray(journal.read_bytes())
    data[len(data) * 2 // 3] ^= 1
    journal.write_bytes(data)

    ended = detrun("replay", str(journal), cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (4, "")
    assert ended.stderr.splitlines()[-1].startswith("detrun: expected a block that agrees with its checksum")


def test_faults_come_again_with_the_run_that_had_them(tmp_path: Path) -> None:
    lines = ["import asyncio", "async def serve(reader, writer):", "    writer.write(await reader.readexactly(6))"]
    lines += [
        "    writer.close()",
        "async def main():",
        "    server = await asyncio.start_server(serve, 'localhost', 80)",
    ]
    lines += ["    reader, writer = await asyncio.open_connection('localhost', 80)", "    writer.write(b'abcdef')"]
    lines += ["    while data := await reader.read(10): print(data)", "    server.close()", "asyncio.run(main())"]
    digests = set()
    for seed in range(4):
        journal = recorded(tmp_path, lines, "--seed", str(seed), "--faults", "split,merge")
        status, told, _ = replayed(tmp_path, journal)
        assert (status, told["outcome"]) == (0, "same")
        digests.add(told["digest"])
    assert len(digests) > 1
