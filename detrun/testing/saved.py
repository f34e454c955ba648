"""Failures of tests that were found, by test: they are tried before anything else, and go when they are gone."""

from __future__ import annotations

import base64
import binascii
import os
import re
import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import UsageError
from detrun.explore.kept import KeptPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ".detrun/failures"


class _Entry(msgspec.Struct):
    test: str
    plan: KeptPlan


class Saved:
    """The failures of one test, in files that people can read."""

    def __init__(self, root: Path, test: str) -> None:
        self._folder = root / FOLDER
        self._test = test
        self._stem = f"{re.sub(r'[^A-Za-z0-9]+', '-', test)[-80:].strip('-')}-{_mark(test)}"

    def plans(self) -> Iterator[KeptPlan]:
        """What failed before."""
        for _, plan in self._all():
            yield plan

    def add(self, plan: KeptPlan) -> None:
        """Try this first, from now on."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = self._path(plan).with_suffix(f".{os.getpid()}")
            temporary.write_bytes(msgspec.json.format(msgspec.json.encode(_Entry(self._test, plan))))
            temporary.replace(self._path(plan))
        except OSError:
            return  # of a folder that cannot be written to the report still says everything

    def remove(self, plan: KeptPlan) -> None:
        """It does not fail any more."""
        for path, known in self._all():
            if known == plan:
                path.unlink(missing_ok=True)

    def _all(self) -> Iterator[tuple[Path, KeptPlan]]:
        for path in sorted(self._folder.glob(f"{self._stem}-*.json")):
            try:
                entry = msgspec.json.decode(path.read_bytes(), type=_Entry)
            except (OSError, msgspec.DecodeError):
                continue  # of another version, or taken away meanwhile
            if entry.test == self._test:
                yield path, entry.plan

    def _path(self, plan: KeptPlan) -> Path:
        return self._folder / f"{self._stem}-{_mark(repr(plan))}.json"


def as_word(plan: KeptPlan) -> str:
    """The plan as one word of a command."""
    return base64.urlsafe_b64encode(zlib.compress(msgspec.msgpack.encode(plan), 9)).decode("ascii").rstrip("=")


def from_word(word: str) -> KeptPlan:
    """The plan that is this word."""
    try:
        packed = zlib.decompress(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        return msgspec.msgpack.decode(packed, type=KeptPlan)
    except (binascii.Error, zlib.error, msgspec.DecodeError, ValueError) as error:
        raise UsageError(f"expected a plan as a failure names it, got {word!r}") from error


def _mark(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()
