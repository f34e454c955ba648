"""What a patient is given, and what it tells: the nouns between the process that asks and those that run."""

from __future__ import annotations

from typing import Any

import msgspec


class Program(msgspec.Struct, frozen=True):
    """What is run: the words of the command line."""

    target: str
    arguments: tuple[str, ...] = ()
    options: dict[str, Any] = {}


class Change(msgspec.Struct, frozen=True):
    """One thing that is different: which, how, and in which ward. Nothing is, if it has no kind."""

    kind: str = ""
    variant: Any = None
    ward: str = ""


class Job(msgspec.Struct, frozen=True):
    """One run: of what, with what changed, whether notes are taken, and the folder for all that it leaves."""

    program: Program
    folder: str
    change: Change = Change()
    noted: bool = False


class Told(msgspec.Struct):
    """What became of a run, as far as two can be compared. `usage` says why there was none."""

    outcome: str = "died"
    kind: str = ""
    message: str = ""
    where: str = ""
    exit_code: int = 0
    steps: int = 0
    # What happened and when: the digest without, and with, the instant at which the run ended.
    events: str = ""
    instant: str = ""
    # What was imported, in order, and which variables of the environment the program looked at.
    modules: tuple[str, ...] = ()
    variables: dict[str, str | None] = {}
    usage: str = ""
    # Why the change could not be made, or what is missing from the notes.
    skipped: str = ""
    full: bool = False
    stdout: bytes = b""
    stderr: bytes = b""
