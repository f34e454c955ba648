"""`detrun journal export` and `share`: other forms of a run, valid for their readers, and without secrets."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from detrun.journal.entries import Named
from detrun.journal.reader import Journal as Reader
from detrun.journal.recorder import Level, Recorder
from detrun.journal.sinks import Kept
from tests.cli.journals import CORPUS, Journal, corpus, journal
from tests.journal import compat
from tests.journal.stories import HEADER, write
from tests.journal.test_pseudonyms import KEY, SESSION, TOKEN, record

__all__ = ["journal"]

NUMBER = (int, float)
# What the "Trace Event Format" demands of each phase that is used, and what else is there.
DEMANDED = {
    "X": {"name": str, "cat": str, "ts": NUMBER, "dur": NUMBER, "args": dict},
    "M": {"name": str, "ts": NUMBER, "args": dict},
    "i": {"name": str, "ts": NUMBER, "s": str, "args": dict},
    "s": {"name": str, "cat": str, "ts": NUMBER, "id": int, "args": dict},
    "f": {"name": str, "cat": str, "ts": NUMBER, "id": int},
}


@pytest.fixture
def secretive(tmp_path: Path) -> Path:
    """A journal with secrets in every place."""
    kept = Kept()
    record(Recorder(kept, Level.FULL))
    return write(tmp_path / "secret.bin", kept.entries, header=HEADER, block=100_000)


def trace(journal: Journal, path: Path) -> list[dict[str, Any]]:
    """The trace events of a journal."""
    document = json.loads(journal("export", path, "--format", "chrome").stdout)
    assert set(document) == {"displayTimeUnit", "otherData", "traceEvents"}
    events: list[dict[str, Any]] = document["traceEvents"]
    return events


@pytest.mark.parametrize("name", compat.STORIES)
def test_a_line_for_each_entry_is_exported(journal: Journal, name: str) -> None:
    path, story = corpus(name)
    objects = journal("export", path).objects()

    assert objects[0]["schema"] == "detrun.journal/1"
    assert len(objects) - 1 == sum(not isinstance(entry, Named) for entry in story.entries) or story.torn
    shown = [entry for entry in journal("show", path, "-o", "jsonl").objects() if "header" not in entry]
    assert objects[1:] == shown


@pytest.mark.parametrize("name", compat.STORIES)
def test_a_trace_is_what_its_format_demands(journal: Journal, name: str) -> None:
    events = trace(journal, CORPUS / f"{name}.bin")

    for event in events:
        demanded = DEMANDED[event["ph"]] | {"ph": str, "pid": int, "tid": int}
        assert set(event) == set(demanded), event
        assert all(isinstance(event[field], kind) for field, kind in demanded.items()), event  # type: ignore[arg-type]
        assert event["ts"] >= 0
        assert event.get("dur", 1) > 0
        assert event.get("s", "t") in {"t", "p", "g"}
    named = {event["tid"] for event in events if (event["ph"], event["name"]) == ("M", "thread_name")}
    assert {event["tid"] for event in events} == named


@pytest.mark.parametrize("name", compat.STORIES)
def test_steps_of_a_thread_do_not_overlap_and_arrows_have_two_ends(journal: Journal, name: str) -> None:
    events = trace(journal, CORPUS / f"{name}.bin")
    steps = sorted((round(event["ts"] * 1000), round(event["dur"] * 1000)) for event in events if event["ph"] == "X")

    assert all(begin + long <= following for (begin, long), (following, _) in pairwise(steps))
    ends = Counter(event["id"] for event in events if event["ph"] in "sf")
    assert set(ends.values()) <= {2}
    begun = {event["id"]: event for event in events if event["ph"] == "s"}
    for event in events:
        if event["ph"] == "f":
            assert event["ts"] >= begun[event["id"]]["ts"]


def test_an_arrow_begins_within_the_step_that_sends(journal: Journal) -> None:
    events = trace(journal, CORPUS / "lean.bin")
    steps = [event for event in events if event["ph"] == "X"]

    sent = [event for event in events if event["ph"] == "s"]
    assert len(sent) == 8
    for arrow in sent:
        around = [s for s in steps if s["tid"] == arrow["tid"] and s["ts"] <= arrow["ts"] <= s["ts"] + s["dur"]]
        assert around, arrow


@pytest.mark.parametrize("form", ["jsonl", "chrome"])
@pytest.mark.parametrize("name", ["every-entry", "segments", "blobs"])
def test_the_same_journal_gives_the_same_bytes(journal: Journal, tmp_path: Path, form: str, name: str) -> None:
    path = CORPUS / f"{name}.bin"
    printed = [journal("export", path, "--format", form).stdout.encode() for _ in range(2)]
    for number in range(2):
        assert journal("export", path, "--format", form, "-O", f"{number}").status == 0

    files = [(tmp_path / f"{number}").read_bytes() for number in range(2)]
    assert {*printed, *files} == {files[0]}
    assert (tmp_path / "0").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("form", ["jsonl", "chrome"])
def test_what_is_exported_has_no_secrets(journal: Journal, secretive: Path, form: str) -> None:
    output = journal("export", secretive, "--format", form, "--secret", f"API_KEY={KEY}").stdout

    for secret in (TOKEN, SESSION, KEY):
        assert secret not in output
    assert "API_KEY-1" in output


def test_what_is_shared_is_a_journal_without_secrets(journal: Journal, secretive: Path, tmp_path: Path) -> None:
    ended = journal("share", secretive, "-O", "out.bin", "--secret", f"API_KEY={KEY}")
    data = (tmp_path / "out.bin").read_bytes()

    assert ended.status == 0
    assert not any(secret.encode() in data for secret in (TOKEN, SESSION, KEY))
    assert journal("verify", "out.bin").status == 0
    one, other = list(Reader(secretive).entries()), list(Reader(tmp_path / "out.bin").entries())
    assert [type(entry) for entry in one] == [type(entry) for entry in other]
    assert "secret API_KEY" in Reader(tmp_path / "out.bin").header.redacted
    assert (tmp_path / "out.bin").stat().st_mode & 0o777 == 0o600
    for entry in journal("show", "out.bin", "-o", "jsonl").objects():
        assert KEY not in json.dumps(entry)


def test_a_run_without_secrets_that_is_shared_does_not_differ(journal: Journal) -> None:
    assert journal("share", CORPUS / "segments.bin", "-O", "out.bin").status == 0
    assert journal("diff", CORPUS / "segments.bin", "out.bin").status == 0


def test_a_named_secret_is_found_in_the_environment(
    journal: Journal, secretive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert journal("export", secretive, "--secret", "API_KEY").status == 2
    monkeypatch.setenv("API_KEY", KEY)
    assert KEY not in journal("export", secretive, "--secret", "API_KEY").stdout
