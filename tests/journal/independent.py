"""A second reader, written from the page on the format alone: `docs/reference/journal-format.md`.

It shares nothing with the first but zstd, XXH3, and the msgpack of plain values.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
from typing import Any

import msgspec
import xxhash

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEAD = struct.Struct("<4sBBHIIIIIQ8sI")
FOOTER = struct.Struct("<Q8sQIQB")
ROW = struct.Struct("<QIIQ8sH")


class Damaged(Exception):
    """The bytes are not those of a journal."""


def segment(data: bytes) -> tuple[dict[str, Any], list[list[Any]], tuple[int, ...] | None, list[tuple[int, ...]]]:
    """Header, entries as arrays, footer and rows of the index of one segment."""
    line, newline, _ = data.partition(b"\n")
    name, journal, version, _writer = line.split(b" ")
    if (name, journal) != (b"detrun", b"journal") or version not in {b"1", b"2", b"3"}:
        raise Damaged(line)
    offset, number, key, check = len(line) + 1, 0, line + newline, bytes(8)
    learned: list[bytes] = []
    header: dict[str, Any] = {}
    entries: list[list[Any]] = []
    footer, rows = None, []
    while offset < len(data):
        kind, count, content, check, offset = block(data, offset, number, key, check, learned=learned)
        number += 1
        if kind == 1:
            header, key = msgspec.msgpack.decode(content), check
        elif kind == 2:
            found = msgspec.msgpack.decode(content)
            assert len(found) == count
            entries += found
        elif kind == 3:
            rows = list(ROW.iter_unpack(content))
        elif kind == 4:
            footer = FOOTER.unpack(content)
    return header, entries, footer, rows


def block(
    data: bytes, offset: int, number: int, key: bytes, before: bytes, *, learned: list[bytes]
) -> tuple[int, int, bytes, bytes, int]:
    """Kind, count, content and check of a block, and where the next one begins."""
    head = data[offset : offset + HEAD.size]
    sync, kind, flags, _marks, found, count, raw, stored, _names, _step, check, crc = HEAD.unpack(head)
    if sync != b"\xffdR\n" or found != number or zlib.crc32(key + head[:-4]) != crc:
        raise Damaged(offset)
    body = data[offset + HEAD.size : offset + HEAD.size + stored]
    if flags & 8:
        expected = xxhash.xxh3_64_intdigest(body, seed=int.from_bytes(before, "little")).to_bytes(8, "little")
    elif flags & 4:
        expected = zlib.crc32(body, int.from_bytes(before[:4], "little")).to_bytes(8, "little")
    else:
        expected = hashlib.blake2b(before + head[:-12] + body, digest_size=8, key=key).digest()
    if check != expected:
        raise Damaged(offset)
    if flags & 1:
        known = zstd.ZstdDict(b"".join(learned)[:32_768], is_raw=True) if flags & 2 else None
        body = zstd.decompress(body, zstd_dict=known)
    if kind == 2 and sum(map(len, learned)) < 16_384:
        learned.append(body)
    assert len(body) == raw
    return kind, count, body, check, offset + HEAD.size + stored


def whole_blocks(data: bytes) -> list[tuple[int, int]]:
    """Where each block ends, beginning with the header, and how many entries it has."""
    line = data[: data.index(b"\n") + 1]
    offset, number, key, check = len(line), 0, line, bytes(8)
    learned: list[bytes] = []
    found = []
    while offset < len(data):
        _, count, _, check, offset = block(data, offset, number, key, check, learned=learned)
        key = check if not number else key
        number += 1
        found.append((offset, count))
    return found
