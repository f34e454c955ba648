"""zstd, imported when it is first needed, and bounded by what a block may contain. Knows nothing of blocks."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LEVEL = 1
FAST = -1

_WINDOW_LOG = 23
"""Frames that ask for a larger window are refused: no block that we write has more to look back at."""


@cache
def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd


def compressor(*, swift: bool = False) -> Callable[[bytes | bytearray], bytes]:
    """A function that makes one frame of what it is given. It keeps its tables, which a fresh one would clear first."""
    return _compressor(_zstd().ZstdCompressor(level=FAST if swift else LEVEL))


def compressor_of_small(dictionary: Any) -> Callable[[bytes | bytearray], bytes]:
    """The same for what is small, and resembles the dictionary."""
    return _compressor(_zstd().ZstdCompressor(level=FAST, zstd_dict=dictionary.as_digested_dict))


def dictionary(data: bytes | bytearray) -> Any:
    """What both sides know, so that what resembles it needs not be said."""
    return _zstd().ZstdDict(bytes(data), is_raw=True)


def decompressed(data: bytes | memoryview, size: int, dictionary: Any = None) -> bytes:
    """What a frame of exactly this size contains; `ValueError` if it is none. It never makes more than that."""
    zstd = _zstd()
    options = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    decompressor = zstd.ZstdDecompressor(zstd_dict=dictionary, options=options)
    try:
        raw: bytes = decompressor.decompress(data, size + 1)
    except zstd.ZstdError as error:
        raise ValueError(f"expected a zstd frame, got bytes that are none: {error}") from error
    if len(raw) != size or not decompressor.eof or decompressor.unused_data:
        raise ValueError(f"expected a zstd frame of {size:,} bytes, got another")
    return raw


def _compressor(made: Any) -> Callable[[bytes | bytearray], bytes]:
    compress, mode = made.compress, made.FLUSH_FRAME
    return lambda data: compress(data, mode)
