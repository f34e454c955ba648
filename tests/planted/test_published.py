"""Races that libraries had and that were published: found where they are, and not where they are mended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import detrun

pytestmark = pytest.mark.soak
ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "published"
# The last version that had it, and one that has it no more.
LIBRARIES = {
    "redis_commands": (("redis==4.5.3", "async-timeout"), ("redis==4.5.5", "async-timeout")),
    "redis_pipelines": (("redis==4.5.1", "async-timeout"), ("redis==4.5.5", "async-timeout")),
    "anyio_locks": (("anyio==3.3.4",), ("anyio==3.4.0",)),
    "anyio_cancels": (("anyio==3.4.0",), ("anyio==3.5.0",)),
    "anyio_tokens": (("anyio==4.9.0",), ("anyio==4.10.0",)),
    "anyio_waiters": (("anyio==4.13.0",), ("anyio==4.14.0",)),
    "anyio_limiters": (("anyio==4.14.1",), ("anyio==4.14.2",)),
    "aiohttp_limits": (("aiohttp==3.10.10",), ("aiohttp==3.10.11",)),
    "httpcore_pools": (("httpcore==0.14.5",), ("httpcore==0.14.6",)),
    "httpcore_connects": (("httpcore==1.0.2", "anyio==4.5.0"), ("httpcore==1.0.9", "anyio==4.5.0")),
}
# The versions of Python that have it: those before this one, and whether this interpreter is one of them.
ASYNCIO = {
    "asyncio_wait_for": sys.version_info < (3, 12),
    "asyncio_conditions": sys.version_info < (3, 12, 2),
}


def explored(name: str, libraries: Path | None, directory: Path) -> dict[str, Any]:
    """What `detrun explore` says of a program with these libraries."""
    directory.mkdir(exist_ok=True)
    path = f"{libraries}:{ROOT}" if libraries is not None else str(ROOT)
    words = ("explore", f"{PROGRAMS / name}.py:main", "-o", "json", "--runs", "500")
    ended = detrun(*words, cwd=directory, PYTHONPATH=path)
    assert ended.returncode in (0, 1), ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def installed(packages: tuple[str, ...], directory: Path) -> Path:
    """A directory with these packages and what they need; the test is skipped if there is no network."""
    asked = [sys.executable, "-m", "pip", "install", "-q", "--target", str(directory), *packages]
    ended = subprocess.run(asked, capture_output=True, text=True, timeout=300, check=False)
    if ended.returncode:
        pytest.skip(f"cannot install {' '.join(packages)}: {ended.stderr.strip().splitlines()[-1]}")
    return directory


def check_found(told: dict[str, Any]) -> None:
    (failure,) = told["failures"]

    assert failure["strategy"] == "holds"
    assert (failure["minimal"], failure["reproduced"], len(failure["holds"])) == (True, True, 1)
    assert failure["explanation"]["sentence"].startswith("fails if")


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_published_race_is_found_until_it_is_mended(name: str, tmp_path: Path) -> None:
    old, new = (installed(each, tmp_path / f"libraries-{number}") for number, each in enumerate(LIBRARIES[name]))

    check_found(explored(name, old, tmp_path / "old"))
    assert explored(name, new, tmp_path / "new")["failures"] == []


@pytest.mark.parametrize("name", ASYNCIO)
def test_a_race_of_asyncio_is_found_where_the_interpreter_has_it(name: str, tmp_path: Path) -> None:
    told = explored(name, None, tmp_path)

    if ASYNCIO[name]:
        check_found(told)
    else:
        assert told["failures"] == []
