"""The second replay of a journal that a first one parted from: in a process of its own, which says nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import msgspec

from detrun.recording.locating import Finding, Verdict, judged
from detrun.recording.suspects import ENVIRONMENT

if TYPE_CHECKING:
    from detrun.journal.reader import Journal
    from detrun.recording.replaying import Difference

_PATIENCE = 120


def explained(
    journal: Journal, first: Difference, code: str, changed: list[str], error: BaseException | None
) -> Verdict:
    """Why a replay with these sources parted, some of which may be others than those recorded, and ended with this."""
    if code == "recorded" and isinstance(error, ImportError | SyntaxError):
        # What cannot even be loaded needs no second look.
        return Verdict(ENVIRONMENT, f"{type(error).__name__}: {error}", first.where)
    finding = located(journal.path, code)
    because = None
    if code == "current" and changed:
        recorded = located(journal.path, "recorded")
        if recorded is not None and (recorded.difference is None or recorded.difference.step > first.step):
            because = f"{changed[0]} is not what it was"
    return judged(journal, first, finding, because)


def located(path: str, code: str) -> Finding | None:
    """What another replay sees; nothing, if it does not come to an end."""
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "finding")
        words = [sys.executable, "-m", "detrun", "replay", path, "--code", code, "--locate", place]
        try:
            subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE,
                check=False,
            )
            with open(place, "rb") as file:
                return msgspec.json.decode(file.read(), type=Finding)
        except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError):
            return None
