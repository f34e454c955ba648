"""Writing a failure down as a test that people can read and edit: names instead of ids, and the journal beside it."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import UsageError
from detrun.explore.kept import KeptPlan
from detrun.explore.portfolio import FOREVER
from detrun.model import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_WIDTH = 116


class Subject(msgspec.Struct, frozen=True):
    """What a kept failure is about: the program, in which directory it runs, and what it failed of, in words."""

    target: str
    arguments: tuple[str, ...]
    directory: str
    signature: str
    failure: str
    sentence: str


def emit(folder: Path, subject: Subject, plan: KeptPlan, journal: Path) -> Path:
    """Write the test into this folder, with a copy of the journal; where it is."""
    stem = _stem(subject)
    test = folder / f"{stem}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(journal, test.with_suffix(".bin"))
        test.write_text(source(subject, plan, os.path.relpath(subject.directory, folder), f"{stem}.bin"))
    except OSError as error:
        raise UsageError(
            f"expected a folder that a test can be written to, got {os.fspath(folder)!r}: {error}"
        ) from error
    return test


def source(subject: Subject, plan: KeptPlan, root: str, journal: str) -> str:
    """The text of the test."""
    lines = [
        *_quoted(f"{subject.sentence[:1].upper()}{subject.sentence[1:]}."),
        "",
        "from pathlib import Path",
        "",
        "from detrun.testing import Kept",
        "",
        "KEPT = Kept(",
        *(f"    {line}" for line in _arguments(subject, plan, root, journal)),
        ")",
        "",
        "",
        f"def test_{_name(subject)}() -> None:",
        "    KEPT.check()",
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(sentence: str) -> list[str]:
    more = (
        "Found and minimized by detrun, and not to come back. A name that no run has any more makes this test stale, "
        "which is a failure of its own."
    )
    text = "\n\n".join("\n".join(textwrap.wrap(each, _WIDTH)) for each in (sentence, more))
    return f'"""{_harmless(text)}\n"""'.splitlines()


def _arguments(subject: Subject, plan: KeptPlan, root: str, journal: str) -> Iterator[str]:
    yield f"target={_text(subject.target)},"
    yield f"root=Path(__file__).parent / {_text(root)},"
    if subject.arguments:
        yield f"arguments={list(subject.arguments)!r},"
    yield f"failure={_text(subject.failure)},"
    if plan.holds:
        yield "# The first of each two waits until the second is over."
        yield from _listed("holds", [f"({_text(event)}, {_text(until)})" for event, until in plan.holds])
    if plan.faults:
        yield "# What goes wrong, and how."
        yield from _listed("faults", [f"({_text(name)}, {answer})" for name, answer in plan.faults])
    if plan.without:
        yield "# What the failure does without: nobody starts or asks for it."
        yield from _listed("without", [_text(name) for name in plan.without])
    boring = msgspec.structs.asdict(KeptPlan())
    for field in ("kinds", "entropy", "level", "slack", "delay"):
        value = getattr(plan, field)
        if (field, value) == ("delay", FOREVER):
            yield "# What is under way may take any time."
            yield "delay=None,"
        elif value != boring[field]:
            yield f"{field}={list(value) if isinstance(value, tuple) else format(value, '_')},"
    yield f"journal={_text(journal)},"


def _listed(name: str, items: Sequence[str]) -> list[str]:
    return [f"{name}=[", *(f"    {item}," for item in items), "],"]


def _text(value: str) -> str:
    """A string as it stands in source that is formatted."""
    return repr(value) if '"' in value else f'"{repr(value)[1:-1]}"' if "'" not in value else repr(value)


def _harmless(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _name(subject: Subject) -> str:
    target = Target.of(subject.target)
    return re.sub(r"\W+", "_", target.function or target.name).strip("_") or "program"


def _stem(subject: Subject) -> str:
    mark = blake2b(f"{subject.target} {subject.signature}".encode(), digest_size=4).hexdigest()
    return f"test_{_name(subject)}_{mark}"
