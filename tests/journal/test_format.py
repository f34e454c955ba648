"""What holds for the bytes of any journal: they come back as they were, and a part of them is a part of the story."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detrun.errors import JournalError, Truncated
from detrun.journal.entries import Decided, Emitted, Entry, Named, Received, Sent
from detrun.journal.reader import Journal
from detrun.journal.scan import Finished, Open, Torn
from detrun.model import Decision, EventId
from tests.journal.independent import whole_blocks
from tests.journal.stories import EACH, contents, messages, write

if TYPE_CHECKING:
    from pathlib import Path

INTEGERS = st.integers(-(2**63), 2**64 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: INTEGERS,
    bytes: st.binary(max_size=2_000),
    str: TEXTS,
    bool: st.booleans(),
    tuple[tuple[str, bytes], ...]: st.lists(st.tuples(TEXTS, st.binary(max_size=32)), max_size=3).map(tuple),
}
KINDS = [kind for kind in get_args(Entry) if kind is not Named]
STORIES = st.lists(
    st.one_of(
        [
            st.builds(kind, **{field.name: VALUES[field.type] for field in msgspec.structs.fields(kind)})
            for kind in KINDS
        ]
    ),
    max_size=40,
)


@pytest.fixture
def many(tmp_path: Path) -> Any:
    """Paths of journals that are not there yet."""
    return (tmp_path / f"{number}.bin" for number in range(10**9))


@given(entries=STORIES, segment=st.sampled_from([2_000, 2**30]), names=st.lists(TEXTS, max_size=5))
@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reading_what_was_written_is_the_identity(
    many: Any, entries: list[Entry], segment: int, names: list[str]
) -> None:
    story = [*(Named(number, text) for number, text in enumerate(names, 1)), *entries]
    path = write(next(many), story, block=500, segment=segment)

    assert list(Journal(path).entries()) == story
    assert list(Journal(contents(path)).entries()) == story
    for step in {entry.step for entry in entries[::7]}:
        expected = [entry for entry in story if entry.step >= step] if step else story
        assert list(Journal(path).entries(step)) == expected


def test_every_kind_of_entry_is_written_in_the_shared_story() -> None:
    assert {type(entry) for entry in EACH} == set(get_args(Entry))


def test_no_tag_is_used_twice_and_none_has_changed() -> None:
    tags = {kind.__name__: kind.__struct_config__.tag for kind in get_args(Entry)}

    assert tags == {
        "Named": 0,
        "Received": 1,
        "Decided": 2,
        "Sent": 3,
        "Emitted": 4,
        "Checked": 5,
        "ContextBegun": 6,
        "ContextEnded": 7,
        "GenerationMoved": 8,
        "Stored": 9,
        "Snapshot": 10,
        "Cut": 11,
        "Failed": 12,
        "Ended": 13,
        "Happened": 14,
    }


@pytest.mark.parametrize("end", [True, False])
def test_every_prefix_yields_exactly_its_whole_blocks(tmp_path: Path, end: bool) -> None:  # noqa: FBT001
    data = write(tmp_path / "run.bin", [*EACH, *messages(60)], block=200, end=end).read_bytes()
    story = [*EACH, *messages(60)]
    blocks = whole_blocks(data)
    header, counts = blocks[0], list(accumulate(count for _, count in blocks))
    assert len(blocks) >= 8

    for cut in range(len(data)):
        if cut < header[0]:
            with pytest.raises(Truncated):
                Journal([data[:cut]])
            continue
        journal = Journal([data[:cut]])
        found = list(journal.entries())
        whole = sum(place <= cut for place, _ in blocks)
        at = blocks[whole - 1][0]
        assert found == story[: counts[whole - 1]]
        assert journal.ending == (Torn(at, cut - at) if cut > at else Open(at))


def test_a_prefix_of_several_segments_yields_its_whole_blocks(tmp_path: Path) -> None:
    parts = contents(write(tmp_path / "run.bin", messages(300), block=200, segment=1_500))
    assert len(parts) > 2

    for number, part in enumerate(parts):
        for cut in range(0, len(part), 11):
            prefix = [*parts[:number], part[:cut]]
            try:
                journal = Journal(prefix)
            except Truncated:
                assert not number
                continue
            found = list(journal.entries())
            assert found == messages(len(found))
            assert not isinstance(journal.ending, Finished)


def test_a_journal_opens_at_a_step_in_every_prefix(tmp_path: Path) -> None:
    data = write(tmp_path / "run.bin", messages(300), block=200).read_bytes()

    for cut in range(0, len(data), 53):
        try:
            whole = list(Journal([data[:cut]]).entries())
        except JournalError:
            continue
        assert list(Journal([data[:cut]]).entries(150)) == whole[149:]


def test_an_id_is_a_pair_wherever_it_is() -> None:
    ids = [entry.event for entry in EACH if isinstance(entry, Received | Decided | Sent | Emitted)]

    assert ids == [(-5_000_000_000_000_000_000, 1), (2**63 - 1, 3), (-(2**63), 7), (5, 1)]
    assert [entry.decision for entry in EACH if isinstance(entry, Decided)] == [Decision(1, EventId((2**63 - 1, 3)), 1)]
