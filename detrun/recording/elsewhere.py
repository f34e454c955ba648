"""What is not as it was where a journal was made: what nobody can replay then, and what is told before a replay."""

from __future__ import annotations

import platform
import sqlite3
import sys
from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.journal.header import installed, version

if TYPE_CHECKING:
    from detrun.journal.header import Header


def refuse(header: Header) -> None:
    """Object to a journal of another implementation of Python: its hashes, and so all digests, are others."""
    here = sys.implementation.name
    if header.implementation not in {"", here}:
        raise UsageError(f"expected {header.implementation}, with which the journal was made, got {here}")


def differences(header: Header) -> list[str]:
    """What is another version or another kind of machine here, in words."""
    pairs: list[tuple[str, str, str | None]] = [
        ("Python", header.python, platform.python_version()),
        ("detrun", header.detrun, version()),
        ("SQLite", header.sqlite, sqlite3.sqlite_version),
    ]
    pairs += [(name, was, installed(name)) for name, was in header.libraries.items()]
    if header.platform and not _is_like(header.platform):
        pairs.append(("machine", header.platform, platform.platform()))
    return [f"{name} {was} then, {now or 'none'} now" for name, was, now in pairs if was not in {"", now}]


def _is_like(there: str) -> bool:
    """Whether a machine has the same kind of system and processor; versions of systems say little."""
    words = there.split("-")
    return words[0] == platform.platform().split("-")[0] and platform.machine() in words
