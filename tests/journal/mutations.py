"""Ways to spoil a journal, and the judgement whether that was noticed."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from detrun.errors import JournalError
from detrun.journal.reader import Journal
from detrun.journal.scan import Finished
from tests.journal.independent import whole_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from detrun.journal.entries import Entry
    from detrun.journal.header import Header

Data = bytes
HUGE = (0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0x0100_0000, 0)
# Where a head has its numbers, from its beginning: number, count, raw, stored, names.
FIELDS = (8, 12, 16, 20, 24)


def blocks(data: Data) -> list[Data]:
    """The blocks of a segment; the first has its first line, too."""
    ends = [end for end, _ in whole_blocks(data)]
    return [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def flip(data: Data, random: Random, _others: list[Data]) -> Data:
    spoiled = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 8))):
        spoiled[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(spoiled)


def overwrite(data: Data, random: Random, _others: list[Data]) -> Data:
    place, size = random.randrange(len(data)), random.choice((1, 4, 100, 4_096))
    fill = random.choice((bytes(size), b"\xff" * size, random.randbytes(size)))
    return data[:place] + fill[: len(data) - place] + data[place + size :]


def splice(data: Data, random: Random, others: list[Data]) -> Data:
    source = random.choice([data, *others])
    begin, place = random.randrange(len(source)), random.randrange(len(data))
    piece = source[begin : begin + random.choice((1, 48, 300, 2_000))]
    return data[:place] + piece + data[place + random.choice((0, len(piece))) :]


def splice_blocks(data: Data, random: Random, others: list[Data]) -> Data:
    """Whole blocks, of this journal or of another, in the place of others."""
    parts, source = blocks(data), blocks(random.choice([data, *others]))
    place, begin = random.randrange(len(parts)), random.randrange(len(source))
    parts[place : place + random.choice((0, 1, 1, 3))] = source[begin : begin + random.choice((0, 1, 1, 3))]
    return b"".join(parts)


def swap_blocks(data: Data, random: Random, _others: list[Data]) -> Data:
    parts = blocks(data)
    one, other = random.randrange(len(parts)), random.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return b"".join(parts)


def truncate(data: Data, random: Random, _others: list[Data]) -> Data:
    return data[: random.randrange(len(data))]


def remove(data: Data, random: Random, _others: list[Data]) -> Data:
    place = random.randrange(len(data))
    return data[:place] + data[place + random.choice((1, 8, 48, 1_000)) :]


def extend(data: Data, random: Random, others: list[Data]) -> Data:
    size = random.randrange(1, 5_000)
    return data + random.choice((bytes(size), random.randbytes(size), data[-size:], random.choice(others)[-size:]))


def enlarge(data: Data, random: Random, _others: list[Data]) -> Data:
    """A length, or another number of a head, that is huge."""
    begin = random.choice([0, *(end for end, _ in whole_blocks(data)[:-1])]) or data.index(b"\n") + 1
    spoiled = bytearray(data)
    struct.pack_into("<I", spoiled, begin + random.choice(FIELDS), random.choice(HUGE))
    return bytes(spoiled)


MUTATIONS: list[Callable[[Data, Random, list[Data]], Data]] = [
    flip,
    overwrite,
    splice,
    splice_blocks,
    swap_blocks,
    truncate,
    remove,
    extend,
    enlarge,
]


def noticed(spoiled: list[Data], step: int, story: list[Entry], parts: list[Data], header: Header) -> bool:
    """Whether what is wrong is said, or does not matter: never is anything read that was not written there.

    A journal with another header is another journal, and its header says so.
    """
    return _reads(spoiled, 0, story, parts, header) and _reads(
        spoiled, step, [e for e in story if e.step >= step], None, header
    )


def _reads(spoiled: list[Data], step: int, story: list[Entry], parts: list[Data] | None, header: Header) -> bool:
    found: list[Entry] = []
    try:
        journal = Journal(spoiled)
        if journal.header != header:
            return True
        found.extend(journal.entries(step))
    except JournalError as error:
        return bool(str(error)) and found == story[: len(found)]
    if found != story[: len(found)]:
        return False
    if isinstance(journal.ending, Finished):
        # From a step on, only what was read is vouched for; all of it, only if nothing was changed at all.
        return found == story and (parts is None or spoiled == parts)
    return True
