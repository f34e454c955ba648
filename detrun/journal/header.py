"""The header of a journal: all that a run is made of besides what happened in it. Knows nothing of files.

It is a map, not an array like the entries: it is read by people and by other versions, and there is one of it.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from importlib import metadata

import msgspec

from detrun.journal import checks

FORMAT = 3
"""The version of the format that is written here, and the latest that is read."""

MAGIC = "detrun journal"
LONGEST_LINE = 64


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was made of. Nothing of the environment is in it but what the program read."""

    run: str
    created: int = 0
    seed: str = ""
    strategy: str = ""
    world: str = ""
    level: str = "lean"
    target: str = ""
    arguments: tuple[str, ...] = ()
    configuration: dict[str, str] = {}
    environment: dict[str, str] = {}
    sources: dict[str, bytes] = {}
    detrun: str = ""
    python: str = ""
    implementation: str = ""
    platform: str = ""
    hash_seed: str = ""
    sqlite: str = ""
    libraries: dict[str, str] = {}
    redacted: tuple[str, ...] = ()
    segment: int = 0
    previous: bytes = b""
    names: int = 0
    step: int = 0
    checks: str = ""


def here(target: str = "", *, seed: int | None = None, libraries: tuple[str, ...] = (), run: str = "") -> Header:
    """The header of a run that this process begins now; `msgspec.structs.replace` adds what only others know."""
    return Header(
        run=run or os.urandom(16).hex(),
        created=time.time_ns(),
        seed="" if seed is None else str(seed),
        target=target,
        detrun=version(),
        python=platform.python_version(),
        implementation=sys.implementation.name,
        platform=platform.platform(),
        hash_seed=os.environ.get("PYTHONHASHSEED", ""),
        sqlite=sqlite3.sqlite_version,
        checks=checks.KIND,
        libraries={name: found for name in libraries if (found := installed(name))},
    )


def version() -> str:
    """The version of detrun that is running."""
    return installed("detrun") or "0"


def first_line() -> bytes:
    """How a journal begins: what it is, the version of its format, and who wrote it."""
    return f"{MAGIC} {FORMAT} {version()[:32]}\n".encode("ascii", "replace")


def installed(name: str) -> str | None:
    """The version of a library that is installed, if one is."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
