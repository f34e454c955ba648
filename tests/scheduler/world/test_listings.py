"""Directories are listed in order, by whatever name they are."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import detrun

NAMES = sorted(f"{number * 7919 % 1000:03}" for number in range(50))
WAYS: dict[str, Callable[[Path], list[str]]] = {
    "listdir": os.listdir,
    "listdir of bytes": lambda path: [os.fsdecode(name) for name in os.listdir(os.fsencode(path))],
    "scandir": lambda path: [entry.name for entry in os.scandir(path)],
    "glob": lambda path: [os.path.basename(name) for name in glob.glob(f"{path}/*")],
    "walk": lambda path: next(os.walk(path))[2],
    "iterdir": lambda path: [entry.name for entry in path.iterdir()],
    "path.glob": lambda path: [entry.name for entry in path.glob("*")],
}


@pytest.fixture
def full(tmp_path: Path) -> Path:
    for name in reversed(NAMES):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("way", WAYS)
def test_a_listing_is_sorted(full: Path, way: str) -> None:
    assert detrun.run(lambda: WAYS[way](full)).result() == NAMES


def test_a_scan_can_be_closed_and_is_a_context(full: Path) -> None:
    def main() -> list[object]:
        with os.scandir(full) as entries:
            first = next(entries).name
        scan = os.scandir(full)
        scan.close()
        return [first, list(entries), list(scan), next(os.scandir(full)).is_file()]

    assert detrun.run(main).result() == [NAMES[0], [], [], True]


def test_a_directory_that_is_not_there_is_missed_at_once(tmp_path: Path) -> None:
    assert isinstance(detrun.run(lambda: os.scandir(tmp_path / "nothing")).error, FileNotFoundError)


def test_outside_a_scan_is_the_real_thing(full: Path) -> None:
    detrun.run(lambda: None)

    with os.scandir(full) as entries:
        assert type(entries).__module__ == "posix"
    assert sorted(os.listdir(full)) == NAMES
