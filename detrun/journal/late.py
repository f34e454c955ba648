"""What is large, and need not be there before the next step: files into blobs, blobs and exports into files.

It waits through aiofiles, so that whoever serves others can do it beside.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.journal import retention
from detrun.journal.disk import unwritable
from detrun.journal.recorder import PART

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from detrun.journal.reader import Journal
    from detrun.journal.recorder import Recorder


async def store_file(recorder: Recorder, path: Path) -> tuple[bytes, int]:
    """Store what a file contains, as a blob; its name and size. It is read twice, and never held whole."""
    hashed, size = sha256(), 0
    async for data in _parts(path):
        hashed.update(data)
        size += len(data)
    name = hashed.digest()
    if recorder.is_new(name):
        again, number = sha256(), 0
        async for data in _parts(path):
            again.update(data)
            number += 1
            recorder.part(name, number - 1, data, last=number * PART >= size)
        if again.digest() != name:
            raise UsageError(f"expected a file that stays as it is while it is stored, got {path}, which changed")
    return name, size


async def restore_file(journal: Journal, blob: bytes, path: Path) -> None:
    """Write what a blob contains to a file that is not there yet, for nobody else to read."""
    await write_file(path, journal.blob(blob))


async def write_file(path: Path, parts: Iterable[bytes]) -> None:
    """Write these parts, as they come, to a file that is not there yet, for nobody else to read."""
    import aiofiles  # noqa: PLC0415  # most runs never need it

    try:
        async with aiofiles.open(path, "xb", opener=_private) as file:
            for part in parts:
                await file.write(part)
    except OSError as error:
        raise unwritable(path, error) from error


async def prune(directory: Path, most: int = retention.RUNS, size: int = retention.SIZE) -> list[retention.OldRun]:
    """Remove what is superfluous in a directory of runs."""
    from aiofiles.base import wrap  # noqa: PLC0415

    removed: list[retention.OldRun] = await wrap(retention.prune)(directory, most, size)
    return removed


async def _parts(path: Path) -> AsyncIterator[bytes]:
    import aiofiles  # noqa: PLC0415

    async with aiofiles.open(path, "rb") as file:
        data = await file.read(PART)
        while True:
            following = await file.read(PART)
            yield data
            if not following:
                return
            data = following


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
