"""Blocks that are written before they are full, as by live runs: XXH3 checks them, and few are compressed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from detrun.errors import JournalError
from detrun.journal.batch import Batch
from detrun.journal.blocks import MOST_FUTILE, REST, WORTH_A_DICTIONARY
from detrun.journal.entries import Emitted, Named, Received, Row, whole
from detrun.journal.header import here
from detrun.journal.reader import Journal
from detrun.journal.writer import Durability, Writer

SWIFT, COMPRESSED = 8, 1


def written(path: Path, payloads: list[bytes], clock: Iterator[float] | None = None) -> list[tuple[int, int, int]]:
    """Offset, flags and end of the blocks of a journal that has one for each of these."""
    looked = monotonic if clock is None else partial(next, clock)
    with Writer(path, here(), durability=Durability.BATCH, interval=3600, clock=looked) as writer:
        batch = Batch(writer)
        for step, payload in enumerate(payloads, 1):
            batch.add((1, step, 1, 7, step, 0, payload))
            batch.flush()
    return [block for block in blocks(path.read_bytes()) if block[1] & SWIFT]


def blocks(data: bytes) -> list[tuple[int, int, int]]:
    place, found = data.index(b"\n") + 1, []
    while place < len(data):
        end = place + 48 + int.from_bytes(data[place + 20 : place + 24], "little")
        found.append((place, data[place + 5], end))
        place = end
    return found


def test_what_is_small_is_not_compressed_and_what_is_large_is(tmp_path: Path) -> None:
    small, large = b"x" * 100, b"x" * 2 * WORTH_A_DICTIONARY

    assert [flags for _, flags, _ in written(tmp_path / "j", [small, large])] == [SWIFT, SWIFT | COMPRESSED]


def test_what_cannot_be_compressed_is_tried_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    real = Writer.put

    def counted(writer: Writer, entries: list[Row]) -> None:
        builder = writer._files._segment._builder
        left = builder._left
        real(writer, entries)
        tried.append(int(left == 0))

    monkeypatch.setattr(Writer, "put", counted)
    written(tmp_path / "j", [os.urandom(2 * WORTH_A_DICTIONARY) for _ in range(3 * MOST_FUTILE)])

    assert tried[:8] == [1, 0, 1, 0, 0, 0, 1, 0]
    assert sum(tried) < 10


def test_a_block_that_was_copied_over_the_next_one_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    found = written(path, [b"a" * 100] * 4)
    data = path.read_bytes()
    (first, _, end), (second, _, _) = found[1], found[2]
    number = data[second + 8 : second + 12]
    changed = data[:second] + data[first : first + 8] + number + data[first + 12 : end] + data[second + end - first :]
    assert len(changed) == len(data)
    path.write_bytes(changed)

    with pytest.raises(JournalError):
        list(Journal(path).entries())


def test_what_takes_long_to_compress_is_compressed_for_a_fiftieth_of_the_time(tmp_path: Path) -> None:
    guests = [b"".join(b'{"guest": "%s"}, ' % os.urandom(8).hex().encode() for _ in range(200)) for _ in range(150)]
    # Each look at the clock takes so long, and there is one for each block, and two for each that is compressed.
    clock = (look / 2**20 for look in itertools.count())
    compressed = [bool(flags & COMPRESSED) for _, flags, _ in written(tmp_path / "j", guests, clock)]

    assert compressed == [number % REST == 0 for number in range(150)]


def test_small_entries_are_compressed_always(tmp_path: Path) -> None:
    clock = (look / 2**20 for look in itertools.count())
    with Writer(
        tmp_path / "j", here(), durability=Durability.BATCH, interval=3600, clock=partial(next, clock)
    ) as writer:
        batch = Batch(writer)
        for step in range(1, 20):
            for number in range(50):
                batch.add((1, step, 1, 7, number, 0, b'{"guest": "%s"}' % os.urandom(60).hex().encode()))
            batch.flush()
    found = blocks((tmp_path / "j").read_bytes())

    assert len([flags for _, flags, _ in found if flags & SWIFT and flags & COMPRESSED]) == 19


def test_nobody_rests_longer_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    guests = [b"".join(b'{"guest": "%s"}, ' % os.urandom(8).hex().encode() for _ in range(200)) for _ in range(10)]

    # Each look takes a second, as if the process had been stopped meanwhile.
    found = written(tmp_path / "j", guests, itertools.count())
    assert all(flags & COMPRESSED for _, flags, _ in found)


def test_what_becomes_an_eighth_is_compressed_always(tmp_path: Path) -> None:
    clock = (look / 2**20 for look in itertools.count())
    found = written(tmp_path / "j", [b"x" * 2 * WORTH_A_DICTIONARY] * 100, clock)

    assert all(flags & COMPRESSED for _, flags, _ in found)


@pytest.mark.parametrize("bit", range(0, 8 * 100, 13))
def test_a_flipped_bit_is_noticed(tmp_path: Path, bit: int) -> None:
    path = tmp_path / "j"
    found = written(path, [b"a" * 100] * 3)
    data = bytearray(path.read_bytes())
    data[found[1][0] + bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)

    with pytest.raises(JournalError):
        list(Journal(path).entries())


def test_rows_are_written_as_the_entries_that_they_are(tmp_path: Path) -> None:
    rows: list[Row] = [(1, 3, 1, 7, 1, 0, b"abc"), (4, 3, 1, 7, 1, 0, 123, 3)]
    expected = [Received(3, 1, 7, 1, 0, b"abc"), Emitted(3, 1, 7, 1, 0, 123, 3)]
    with Writer(tmp_path / "j", here(), durability=Durability.BATCH) as writer:
        batch = Batch(writer)
        batch.append(Named(1, "before"))
        for row in rows * 40:
            batch.add(row)
        batch.flush()
        batch.append(Named(2, "after"))
        batch.add(rows[0])
        batch.write()

    assert whole(rows) == expected
    assert list(Journal(tmp_path / "j").entries()) == [
        Named(1, "before"),
        *expected * 40,
        Named(2, "after"),
        expected[0],
    ]
    assert Journal(tmp_path / "j").last_step() == 3
