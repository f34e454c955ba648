"""Journals that somebody made to do harm: they drive no terminal, and take neither memory nor time for ever."""

import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from detrun.journal.entries import (
    Checked,
    ContextBegun,
    ContextEnded,
    Ended,
    Entry,
    Failed,
    InputKind,
    Named,
    Received,
    Sent,
)
from tests.cli.command import ENVIRONMENT
from tests.cli.journals import CORPUS, Journal, journal
from tests.journal.stories import HEADER, write

__all__ = ["journal"]

# Colours, the title of a window, what a terminal answers to, a return, a rubout, the other direction, C1, a bell.
EVIL = "\x1b[31m\x1b]0;owned\x07\x1b[6n\rsafe\x08\x7f\u202e\u2066\x9b31m\u200b\n\x00'\"\\ ä 部屋 "
HUGE = EVIL * 4_000
SEEN = [
    ["ls", "evil.bin"],
    ["show", "evil.bin"],
    ["show", "evil.bin", "-o", "json"],
    ["show", "evil.bin", "-o", "jsonl"],
    ["verify", "evil.bin"],
    ["diff", "evil.bin", "worse.bin"],
    ["diff", "evil.bin", CORPUS / "lean.bin"],
    ["diff", "evil.bin", "worse.bin", "-o", "json"],
    ["export", "evil.bin"],
    ["export", "evil.bin", "--format", "chrome"],
]


def evil(text: str) -> list[Entry]:
    """The text wherever text may be."""
    data = text.encode("utf-8", "surrogatepass")
    return [
        Named(1, text),
        Named(2, f"{text} to {text}"),
        ContextBegun(0, 2**63 - 1, 1, text),
        Received(0, InputKind.READ, 1, 1, 2, data, 2**63 - 1, 2**63 - 1),
        Received(0, 255, 1, 2, 2, b"\xff\x1b[31m\x9b" * 100, -1, -5),
        Sent(1, -(2**63), 2**63 - 1, 2, 2**32 - 1, len(data), data),
        Checked(2**62, -1, -(2**63)),
        ContextEnded(2**62, 2**63 - 1, text),
        Failed(2**62, text, text, text, f"{text}\n{text}\r\n{text}"),
        Ended(2**62, text, -1, 2**63 - 1, 2**63 - 1),
    ]


def journals(folder: Path, text: str) -> None:
    header = replace(
        HEADER,
        run=text[:200],
        target=text,
        seed=text,
        created=2**63 - 1,
        arguments=(text, text),
        configuration={text[:100]: text},
        libraries={f"{number}{text[:50]}": text[:50] for number in range(100)},
        sources={text[:300]: text.encode()[:40]},
        platform=text,
    )
    write(folder / "evil.bin", evil(text), header=header, block=2**16)
    write(folder / "worse.bin", evil(f"{text}!"), header=replace(header, target="another", libraries={}), block=2**16)


@pytest.mark.parametrize("words", SEEN)
@pytest.mark.parametrize("text", [EVIL, HUGE], ids=["evil", "huge"])
def test_nothing_that_is_printed_drives_a_terminal(
    journal: Journal, tmp_path: Path, text: str, words: list[object]
) -> None:
    journals(tmp_path, text)
    ended = journal(*words)

    assert ended.status in (0, 1)
    seen = (ended.stdout + ended.stderr).replace("\n", "")
    assert [char for char in seen if unicodedata.category(char)[0] == "C"] == []
    if words[0] in ("ls", "show", "diff") and "-o" not in words:
        assert max(map(columns, ended.stdout.splitlines())) <= 100
    if words[0] == "show" and len(words) == 2:
        assert len(ended.stdout.splitlines()) < 100


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def test_an_error_that_quotes_a_journal_drives_no_terminal(journal: Journal, tmp_path: Path) -> None:
    write(tmp_path / "evil.bin", [], header=replace(HEADER, run=EVIL, segment=1))
    (tmp_path / "evil.bin.1").rename(tmp_path / "evil.bin")
    ended = journal("show", "evil.bin")

    assert ended.status == 4
    assert "\\x1b[31m" in ended.stderr
    assert not any(char in ended.stderr for char in "\x1b\x07\x08\x9b\u202e")


@pytest.mark.parametrize("words", [["ls", "."], ["ls", ".", "-o", "json"], ["prune", ".", "--dry-run", "--keep", "1"]])
def test_a_file_may_have_any_name(journal: Journal, tmp_path: Path, words: list[str]) -> None:
    for name in (b"\xff\x1b[31m.bin", b"\x07" * 200 + b".bin", b".bin"):
        (tmp_path / os.fsdecode(name)).write_bytes((CORPUS / "lean.bin").read_bytes())
    ended = journal(*words)

    assert ended.status == 0
    assert not any(char in ended.stdout + ended.stderr for char in "\x1b\x07\xff")


def test_what_is_shared_of_it_is_a_journal(journal: Journal, tmp_path: Path) -> None:
    journals(tmp_path, EVIL)

    assert journal("share", "evil.bin", "-O", "shared.bin").status == 0
    assert journal("verify", "shared.bin").status == 0


LONG = 1_000_000
QUICK = [
    "verify long.bin",
    "show long.bin --kind ended",
    "show long.bin --around 900000",
    "show long.bin -o json --from 999000",
    "ls long.bin",
]
SLOW = [
    "show long.bin",
    "show long.bin -o json",
    "diff long.bin long.bin",
    "export long.bin",
    "export long.bin --format chrome",
    "share long.bin -O shared.bin",
]


def story(count: int) -> Iterator[Entry]:
    """Messages, and a new name for every tenth."""
    yield Named(1, "a to b")
    for step in range(1, count + 1):
        if step % 10 == 0:
            yield Named(step // 10 + 1, f"client-{step} to Room:{step % 1_000}")
        yield Sent(step, -step * 7_919, step, step // 10 + 1, step * 31 % 2**32, 64)
    yield Ended(count, "ok")


@pytest.fixture(scope="module")
def long_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    write(folder / "long.bin", story(LONG), block=2**16)
    return folder


def in_little_memory(folder: Path, words: str) -> str:
    """Run a command that may have 200 MB of addresses, of which an interpreter with all modules takes half."""
    command = f'ulimit -v 200000; "{sys.executable}" -m detrun journal {words} | tail -c 200'
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr[-2_000:]
    return ended.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not limit the memory of processes")
@pytest.mark.parametrize("words", QUICK)
def test_a_million_entries_take_no_more_memory_than_a_few(long_folder: Path, words: str) -> None:
    assert in_little_memory(long_folder, words) != ""


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not limit the memory of processes")
@pytest.mark.parametrize("words", SLOW)
def test_a_million_entries_take_no_more_memory_whatever_is_made_of_them(long_folder: Path, words: str) -> None:
    in_little_memory(long_folder, words)
