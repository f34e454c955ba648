"""aiofiles: real files, read and written by the threads of a pool."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.platform.libraries.seeds import check_order

aiofiles = pytest.importorskip("aiofiles", reason="shows that aiofiles runs unmodified")
files = pytest.importorskip("aiofiles.os", reason="shows that aiofiles runs unmodified")


async def _written(path: Path, name: str) -> None:
    for number in range(3):
        async with aiofiles.open(path, "a") as file:
            await file.write(f"{name} {number}\n")


def test_lines_of_several_tasks_are_all_there(tmp_path: Path) -> None:
    async def main() -> Any:
        path = tmp_path / "lines"
        path.unlink(missing_ok=True)
        await asyncio.gather(*(_written(path, name) for name in ("ann", "ben", "cat")))
        async with aiofiles.open(path) as file:
            lines = [line async for line in file]
        assert sorted(lines) == [f"{name} {number}\n" for name in ("ann", "ben", "cat") for number in range(3)]
        return lines

    check_order(main)


def test_files_are_listed_renamed_and_removed(tmp_path: Path) -> None:
    async def main() -> Any:
        async def touch(name: str) -> None:
            async with aiofiles.open(tmp_path / name, "wb") as file:
                await file.write(name.encode())
            await files.rename(tmp_path / name, tmp_path / f"{name}!")

        await asyncio.gather(touch("a"), touch("b"))
        assert sorted(await files.listdir(tmp_path)) == ["a!", "b!"]
        await asyncio.gather(files.remove(tmp_path / "a!"), files.remove(tmp_path / "b!"))

    check_order(main)


def test_a_temporary_file_is_read_again() -> None:
    tempfile = pytest.importorskip("aiofiles.tempfile", reason="shows that aiofiles runs unmodified")

    async def main() -> Any:
        async def keep(text: str) -> str:
            async with tempfile.TemporaryFile("w+") as file:
                await file.write(text)
                await file.seek(0)
                return str(await file.read())

        assert list(await asyncio.gather(keep("one"), keep("two"))) == ["one", "two"]

    check_order(main)
