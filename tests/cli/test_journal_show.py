"""`detrun journal show`: what is shown of which entries, and how it reads."""

import os
import re
import subprocess
import sys
from base64 import b64decode
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import pytest

from detrun.journal.entries import Ended as RunEnded
from detrun.journal.entries import Entry, Named
from detrun.journal.writer import Durability, Writer
from tests.cli.command import ENVIRONMENT, on_a_terminal
from tests.cli.journals import CORPUS, Journal, corpus, journal
from tests.journal import compat
from tests.journal.stories import HEADER, messages

__all__ = ["journal"]

PAYLOAD = b"\xff\x00bytes"
EACH = CORPUS / "every-entry.bin"


def test_every_entry_has_a_line_of_at_most_100_columns(journal: Journal) -> None:
    path, story = corpus("every-entry")
    lines = journal("show", path).stdout.splitlines()

    entries = [entry for entry in story.entries if not isinstance(entry, Named)]
    traceback = 2
    assert len(lines) == lines.index("") + 2 + len(entries) + traceback
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("columns", [44, 60])
def test_on_a_narrow_terminal_every_line_fits(tmp_path: Path, columns: int) -> None:
    said = on_a_terminal(columns, "journal", "show", str(EACH), cwd=tmp_path)

    lines = re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines()
    assert len(lines) > 30
    assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("name", compat.STORIES)
def test_the_same_entries_are_there_in_each_output(journal: Journal, name: str) -> None:
    path, story = corpus(name)
    count = sum(not isinstance(entry, Named) for entry in story.entries)
    one, lines = journal("show", path, "-o", "json").json(), journal("show", path, "-o", "jsonl").objects()

    assert one["entries"] == lines[1:]
    assert one["header"] == lines[0]["header"]
    assert len(one["entries"]) == count or story.torn
    assert (one["ending"] is None) == story.ended
    assert one["problem"] is None


def test_names_and_ids_and_bytes_are_spelled_so_that_nothing_is_lost(journal: Journal) -> None:
    entries = journal("show", EACH, "--kind", "sent", "-o", "jsonl").objects()[1:]

    assert entries[1] | {"payload_base64": ""} == {
        "entry": "sent",
        "step": 1,
        "event": "7fffffffffffffff.1",
        "name": "client-1 to Room:a",
        "digest": f"{crc32(PAYLOAD):08x}",
        "size": 7,
        "payload_base64": "",
        "blob": "",
    }
    assert b64decode(entries[1]["payload_base64"]) == PAYLOAD


SELECTIONS = [
    (["--from", "3", "--to", "4"], {3, 4}),
    (["--around", "5"], {2, 3, 4, 5, 6, 7, 8}),
    (["--around", "1"], {0, 1, 2, 3, 4}),
    (["--from", "7"], {7, 8}),
    (["--to", "1"], {0, 1}),
    (["--from", "100"], set()),
]


@pytest.mark.parametrize(("asked", "steps"), SELECTIONS)
def test_steps_that_are_asked_for_are_shown(journal: Journal, asked: list[str], steps: set[int]) -> None:
    entries = journal("show", CORPUS / "lean.bin", *asked, "-o", "jsonl").objects()[1:]

    assert {entry["step"] for entry in entries} == steps


KINDS = [
    (["received"], {"received"}, 20),
    (["read"], {"received"}, 1),
    (["END_OF_FILE"], {"received", "emitted"}, 2),
    (["context-begun", "context_ended"], {"context-begun", "context-ended"}, 3),
    (["hand-over"], {"generation-moved"}, 1),
    (["named"], {"named"}, 3),
]


@pytest.mark.parametrize(("kinds", "entries", "count"), KINDS)
def test_kinds_that_are_asked_for_are_shown(journal: Journal, kinds: list[str], entries: set[str], count: int) -> None:
    asked = [word for kind in kinds for word in ("--kind", kind)]
    shown = journal("show", EACH, *asked, "-o", "jsonl").objects()[1:]

    assert ({entry["entry"] for entry in shown}, len(shown)) == (entries, count)


def test_what_is_about_a_context_is_shown(journal: Journal) -> None:
    room = journal("show", EACH, "--context", "Room:a", "-o", "jsonl").objects()[1:]
    other = journal("show", EACH, "--context", "Raum:ä → 部屋", "-o", "jsonl").objects()[1:]
    late = journal("show", EACH, "--context", "Raum:ä → 部屋", "--from", "2", "-o", "jsonl").objects()[1:]

    assert {entry["name"] for entry in room} == {"Room:a", "client-1 to Room:a"}
    assert [entry["entry"] for entry in other] == ["context-begun", "context-ended"]
    assert [entry["entry"] for entry in late] == ["context-ended"]
    assert journal("show", EACH, "--context", "nobody", "-o", "jsonl").objects()[1:] == []
    assert journal("show", EACH, "--context", "nobody").stderr == (
        "detrun: the journal has no entries of which that is so\n"
    )


@pytest.mark.parametrize(
    "asked", [["--kind", "nonsense"], ["--around", "1", "--from", "1"], ["-f", "-o", "json"], ["--from", "-1"]]
)
def test_what_cannot_be_meant_is_refused(journal: Journal, asked: list[str]) -> None:
    assert journal("show", EACH, *asked).status == 2


def test_an_end_that_is_torn_is_said_to_be(journal: Journal) -> None:
    ended = journal("show", CORPUS / "torn.bin")

    assert ended.status == 0
    assert re.fullmatch(r"detrun: .*torn.bin has no end: the last 200 bytes, .*\n", ended.stderr)


def test_a_journal_that_is_bad_further_on_is_one_object_all_the_same(journal: Journal, tmp_path: Path) -> None:
    data = bytearray((CORPUS / "dictionary.bin").read_bytes())
    data[-2_000] ^= 1
    (tmp_path / "bad.bin").write_bytes(data)
    ended = journal("show", "bad.bin", "-o", "json")

    assert ended.status == 4
    assert ended.json()["entries"] != []
    assert "checksum" in ended.json()["problem"]


def test_colours_are_for_terminals(journal: Journal) -> None:
    assert "\x1b" not in journal("show", EACH).stdout

    assert b"\x1b[2m" in in_terminal()
    assert b"\x1b" not in in_terminal(NO_COLOR="1")
    assert b"\x1b" not in in_terminal(TERM="dumb")


def in_terminal(**variables: str) -> bytes:
    """What a terminal gets to see."""
    around = {name: value for name, value in ENVIRONMENT.items() if name != "NO_COLOR"}
    ours, theirs = os.openpty()
    ended = subprocess.Popen(
        [sys.executable, "-m", "detrun", "journal", "show", str(CORPUS / "lean.bin")],
        env=around | {"TERM": "xterm"} | variables,
        stdout=theirs,
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # which is how Linux says that nobody has the other side any more
        while data := os.read(ours, 65_536):
            seen += data
    os.close(ours)
    assert ended.wait() == 0
    return seen


def test_a_journal_that_is_written_is_followed_to_its_end(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.NONE) as writer:
        _append(writer, [Named(1, "a to b"), *messages(3)])
        with _following(tmp_path / "run.bin") as process:
            assert process.stdout is not None
            assert [process.stdout.readline()[:16] for _ in range(4)][1:] == ['{"entry": "sent"'] * 3
            _append(writer, messages(1, 4))
            assert '"step": 4' in process.stdout.readline()
            writer.rotate()
            _append(writer, [RunEnded(4, "ok")])
            assert '"outcome": "ok"' in process.stdout.readline()
            writer.close()
            assert process.wait(20) == 0


def test_a_journal_whose_writer_is_gone_is_not_followed_for_ever(tmp_path: Path) -> None:
    (tmp_path / "run.bin").write_bytes((CORPUS / "unfinished.bin").read_bytes())
    with _following(tmp_path / "run.bin") as process:
        output, _ = process.communicate(timeout=20)

    assert (process.returncode, len(output.splitlines())) == (0, 62)


def _append(writer: Writer, entries: list[Entry]) -> None:
    for entry in entries:
        writer.append(entry)
    writer.flush()


def _following(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "detrun", "journal", "show", "-f", "-o", "jsonl", str(path)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
