"""`detrun journal` as a whole: whatever it is given, it says what is wrong, and exits with the status that says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ENVIRONMENT, detrun
from tests.cli.journals import COMMANDS, CORPUS, INTERNAL, Journal, journal, words
from tests.journal import compat

__all__ = ["journal"]

# What is no journal at all, and how the commands that read one exit then.
BAD = {
    "nothing": b"",
    "half a line": b"detrun jour",
    "a line": b"detrun journal 1 0.1.0\n",
    "something else": b"\x7fELF" + bytes(1_000),
    "a later format": b"detrun journal 4 \x1b[31m9.9.9\n" + bytes(1_000),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", compat.STORIES)
def test_every_command_reads_every_journal_that_was_ever_written(
    journal: Journal, tmp_path: Path, command: str, name: str
) -> None:
    path = tmp_path / f"{name}.bin"
    for file in CORPUS.glob(f"{name}.bin*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    ended = journal(*words(command, path))

    assert ended.status == (1 if command == "diff" and name not in ("lean", "full") else 0), ended


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_journal_is_said_to_be_none(journal: Journal, tmp_path: Path, command: str, bad: str) -> None:
    path = tmp_path / "bad.bin"
    path.write_bytes(BAD[bad])
    ended = journal(*words(command, path))

    assert ended.status == (0 if command == "ls" else 4)
    assert "bad" in ended.stdout + ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_journal_that_is_not_there_is_missed(journal: Journal, tmp_path: Path, command: str) -> None:
    ended = journal(*words(command, tmp_path / "none.bin"))

    assert ended.status == 4
    assert "found no" in ended.stdout + ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_directory_with_the_name_of_a_journal_is_none(journal: Journal, tmp_path: Path, command: str) -> None:
    (tmp_path / "directory.bin").mkdir()
    ended = journal(*words(command, tmp_path / "directory.bin"))

    assert ended.status == (0 if command == "ls" else 4)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_journal_that_was_cut_anywhere_is_read_as_far_as_it_goes(
    journal: Journal, tmp_path: Path, command: str
) -> None:
    whole = (CORPUS / "every-entry.bin").read_bytes()
    for size in range(0, len(whole), 100):
        path = tmp_path / f"{size}.bin"
        path.write_bytes(whole[:size])
        ended = journal(*words(command, path))

        assert ended.status in ((1, 4) if command == "diff" else (0, 4)), (size, ended)
        assert "Traceback (most" not in ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_journal_that_was_changed_anywhere_is_never_an_error_of_ours(
    journal: Journal, tmp_path: Path, command: str
) -> None:
    whole = (CORPUS / "unfinished.bin").read_bytes()
    for place in range(0, len(whole), 100):
        path = tmp_path / f"{place}.bin"
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        ended = journal(*words(command, path))

        assert ended.status != INTERNAL, (place, ended)
        assert command == "ls" or ended.status in (1, 4) or "no whole block" in ended.stdout + ended.stderr


def test_what_is_broken_off_leaves_no_file_behind(journal: Journal, tmp_path: Path) -> None:
    data = bytearray((CORPUS / "segments.bin").read_bytes())
    data[2_500] ^= 1
    (tmp_path / "bad.bin").write_bytes(data)

    assert journal("share", "bad.bin", "-O", "out.bin").status == 4
    assert journal("export", "bad.bin", "-O", "out.jsonl").status == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.bin"]


@pytest.mark.parametrize("command", ["share", "export"])
def test_nothing_is_written_over(journal: Journal, tmp_path: Path, command: str) -> None:
    (tmp_path / "out").write_text("mine")

    assert journal(command, CORPUS / "lean.bin", "-O", "out").status == 2
    assert (tmp_path / "out").read_text() == "mine"


def test_a_recorded_journal_goes_by_its_name(journal: Journal, tmp_path: Path) -> None:
    recorded = tmp_path / ".detrun" / "journals"
    recorded.mkdir(parents=True)
    (recorded / "mine.bin").write_bytes((CORPUS / "lean.bin").read_bytes())

    assert journal("verify", "mine").stdout.startswith("good        .detrun/journals/mine.bin: ")


@pytest.mark.parametrize("command", [["show"], ["show", "-o", "json"], ["show", "-o", "jsonl"], ["export"]])
def test_a_reader_that_has_heard_enough_is_no_error(command: list[str], tmp_path: Path) -> None:
    line = f'"{sys.executable}" -m detrun journal {" ".join(command)} {CORPUS / "dictionary.bin"} | head -c 100'
    ended = subprocess.run(
        ["bash", "-c", f'{line}; echo "${{PIPESTATUS[0]}}" >&2'],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (len(ended.stdout), ended.stderr) == (100, "141\n")


def test_help_imports_nothing_of_journals(tmp_path: Path) -> None:
    ended = detrun("journal", "show", "--help", cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")

    assert ended.returncode == 0
    assert "detrun.cli.journal.places" in ended.stderr
    assert "detrun.journal" not in ended.stderr
    assert "msgspec" not in ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_where_nobody_listens_a_command_ends_as_it_would(tmp_path: Path, command: str) -> None:
    path = tmp_path / "lean.bin"
    path.write_bytes((CORPUS / "lean.bin").read_bytes())
    line = f'"{sys.executable}" -m detrun journal {" ".join(map(str, words(command, path)))} >&-'
    ended = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, check=False)

    assert (ended.returncode, b"Traceback" in ended.stderr) == (0, False)


def test_what_an_encoding_does_not_have_is_written_out(tmp_path: Path) -> None:
    ended = detrun("journal", "show", str(CORPUS / "every-entry.bin"), cwd=tmp_path, PYTHONIOENCODING="ascii")

    assert ended.returncode == 0
    assert "Raum:\\xe4 \\u2192 \\u90e8\\u5c4b" in ended.stdout
