"""No change of a journal's bytes passes unnoticed, hangs, crashes, or takes memory that its size does not explain."""

from __future__ import annotations

import hashlib
import resource
import struct
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import pytest

from detrun.errors import JournalError
from detrun.journal.blocks import LARGEST_BLOCK, WITH_DICTIONARY, Head
from detrun.journal.compression import compressor
from detrun.journal.entries import Entry
from detrun.journal.media import Memory
from detrun.journal.reader import Journal
from detrun.journal.scan import Scan
from tests.journal.independent import HEAD, whole_blocks
from tests.journal.mutations import FIELDS, HUGE, MUTATIONS, noticed
from tests.journal.stories import EACH, HEADER, contents, messages, write

LATER = msgspec.structs.replace(HEADER, created=1)
STORY: list[Entry] = [*EACH, *messages(900)]


@cache
def spoilable() -> tuple[list[bytes], list[bytes]]:
    """The segments of one journal, and what pieces are taken from: the same in one segment, and another of this run."""
    with TemporaryDirectory() as folder:
        parts = contents(write(Path(folder, "run.bin"), STORY, block=400, segment=20_000))
        single = contents(write(Path(folder, "single.bin"), STORY, block=400))
        other = contents(write(Path(folder, "other.bin"), messages(900, 5), block=400, header=LATER))
        assert len(parts) > 1
        assert any(head.flags & WITH_DICTIONARY for head in Scan(Memory(parts[0])).heads() if isinstance(head, Head))
        return parts, [*parts, *single, *other]


def spoil(number: int) -> tuple[list[bytes], str]:
    """A journal that is spoiled in one place, and how."""
    parts, others = spoilable()
    random = Random(number)
    mutate, segment = random.choice(MUTATIONS), random.randrange(len(parts))
    return [*parts[:segment], mutate(parts[segment], random, others), *parts[segment + 1 :]], mutate.__name__


def check(numbers: range) -> None:
    parts, _ = spoilable()
    for number in numbers:
        spoiled, how = spoil(number)
        assert noticed(spoiled, 850, STORY, parts, Journal(parts).header), f"{how} of Random({number})"


def test_no_mutation_passes_unnoticed() -> None:
    check(range(1_000))


@pytest.mark.soak
@pytest.mark.parametrize("share", range(10))
def test_no_mutation_of_a_hundred_thousand_passes_unnoticed(share: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check(range(share * 10_000, (share + 1) * 10_000))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_bits_everywhere_are_guarded() -> None:
    parts, _ = spoilable()
    data, header = parts[-1], Journal(parts).header

    for place in range(0, len(data), 7):
        spoiled = bytearray(data)
        spoiled[place] ^= 1 << place % 8
        assert noticed([*parts[:-1], bytes(spoiled)], 880, STORY, parts, header), place


def test_the_judge_objects_when_something_was_read_that_was_not_written() -> None:
    parts, _ = spoilable()
    header = Journal(parts).header

    assert not noticed(parts, 850, STORY[:-1], parts, header)
    assert not noticed(parts, 850, [*STORY[:-1], STORY[0]], parts, header)


def forged(data: bytes, change: dict[int, int], content: bytes | None = None) -> bytes:
    """A journal of one block, with other numbers, or another content, and checks that agree."""
    begin, end = whole_blocks(data)[0][0], whole_blocks(data)[1][0]
    line = data[: data.index(b"\n") + 1]
    key = HEAD.unpack_from(data, len(line))[10]
    block = bytearray(data[begin:end])
    body = block[HEAD.size :] if content is None else content
    struct.pack_into("<I", block, 20, len(body))
    for field, value in change.items():
        struct.pack_into("<B" if field < 8 else "<I", block, field, value)
    facts = bytes(block[: HEAD.size - 12])
    head = facts + hashlib.blake2b(key + facts + body, digest_size=8, key=key).digest()
    return data[:begin] + head + struct.pack("<I", zlib.crc32(key + head)) + body


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", HUGE)
def test_a_number_that_is_huge_takes_no_memory_even_if_its_checks_agree(tmp_path: Path, field: int, value: int) -> None:
    data = forged(write(tmp_path / "run.bin", messages(20)).read_bytes(), {field: value})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with suppress(JournalError):
        list(Journal([data]).entries())

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


BOMBS = {
    "more than it says": (compressor()(bytes(500_000_000)), 1_000),
    "more than may be": (compressor()(bytes(500_000_000)), 500_000_000),
    "no frame": (b"\x28\xb5\x2f\xfd" + bytes(100), 1_000),
    "no frame at all": (b"xy" * 200, 1_000),
    "an array of billions": (b"\xdd\xff\xff\xff\xff" * 200, 1_000),
    "arrays in arrays": (b"\xdd\0\0\0\x01" + b"\x91" * 100_000, 100_005),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(tmp_path: Path, name: str) -> None:
    content, raw = BOMBS[name]
    packed = name.startswith(("more", "no"))
    change = {5: int(packed), 16: raw, 12: 0xFFFF_FFFF if "billions" in name else 1}
    data = forged(write(tmp_path / "run.bin", messages(20)).read_bytes(), change, content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(JournalError, match="at byte"):
        list(Journal([data]).entries())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_a_block_may_be_as_large_as_it_says_it_may(tmp_path: Path) -> None:
    content = msgspec.msgpack.encode([[13, 1, "x" * (LARGEST_BLOCK - 20), 0]])
    content = b"\xdd\0\0\0\x01" + content[1:]
    data = forged(write(tmp_path / "run.bin", messages(5)).read_bytes(), {5: 0, 16: len(content), 12: 1}, content)

    assert [entry.step for entry in Journal([data]).entries()] == [1]
