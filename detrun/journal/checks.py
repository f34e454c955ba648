"""What stands for an output in a journal that does not keep it: a number that follows from all of its bytes.

It is computed of everything that leaves, so it has to be cheap: XXH3 takes a fifth of what a CRC-32 does, or less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from xxhash import xxh3_64_intdigest

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = "xxh3"
"""What a header says of a journal whose outputs are checked so."""

LOWER_HALF = (1 << 32) - 1


def of_output(data: bytes) -> int:
    """The number for an output."""
    return xxh3_64_intdigest(data) & LOWER_HALF


def of_kind(kind: str) -> Callable[[bytes], int]:
    """What gives it in a journal of this kind. Before there were kinds, it was a CRC-32."""
    kinds: dict[str, Callable[[bytes], int]] = {"": crc32, KIND: of_output}
    return kinds[kind]
