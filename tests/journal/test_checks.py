"""The checks of outputs: every byte counts, in whichever kind a journal has."""

from __future__ import annotations

import zlib
from random import Random

import pytest
import xxhash

from detrun.journal.checks import KIND, of_kind, of_output

KINDS = ("", KIND)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 16, 17, 128, 129, 240, 241, 1_024, 10_240, 300_000])
def test_any_byte_that_changes_changes_the_check(kind: str, size: int) -> None:
    check, data = of_kind(kind), bytearray(Random(size).randbytes(size))
    whole = check(bytes(data))
    for place in {0, size // 3, size // 2, size - 1}:
        data[place] ^= 1
        assert check(bytes(data)) != whole
        data[place] ^= 1
    assert check(bytes(data)) == whole


def test_what_a_journal_had_before_there_were_kinds_is_known() -> None:
    assert of_kind("")(b"hello") == zlib.crc32(b"hello")
    assert of_kind(KIND)(b"hello") == of_output(b"hello") == xxhash.xxh3_64_intdigest(b"hello") % 2**32
