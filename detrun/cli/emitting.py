"""What `--emit` writes: a test for each failure that has a plan."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from detrun.explore.emitting import Subject, emit
from detrun.explore.settling import Settled


def emit_all(
    failures: Iterable[Settled], folder: str, target: str, arguments: Sequence[str], directory: str
) -> dict[str, str]:
    """Write the tests; where each is, by the journal of its failure."""
    tests = {}
    for told in failures:
        if told.named is None or told.explanation is None or told.journal is None:
            continue
        explanation, signature = told.explanation, str(told.way.signature)
        subject = Subject(target, tuple(arguments), directory, signature, explanation.failure, explanation.sentence)
        journal = Path(directory) / told.journal
        tests[told.journal] = os.fspath(emit(Path(folder), subject, told.named, journal))
    return tests
