"""How a journal ends, in words: a result that is incomplete says so."""

import sys

from detrun.cli.journal.places import note
from detrun.journal.reader import Journal
from detrun.journal.scan import Finished, Open


def ending_of(journal: Journal) -> str | None:
    """What has to be said of how a journal ends; nothing, if that is in order or was not looked at."""
    match journal.ending:
        case None | Finished():
            return None
        case Open():
            return "has no end: it is being written, or its writer was killed"
        case torn_or_missing:
            return f"has no end: {torn_or_missing}"


def note_ending(*journals: Journal) -> None:
    """Say it beside the result, of each of them."""
    sys.stdout.flush()
    for journal in journals:
        if ending := ending_of(journal):
            note(f"{journal.path} {ending}")
