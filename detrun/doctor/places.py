"""Where the notes of two runs part: the first line whose values differ, or after which the program went another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from detrun.doctor.notes import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detrun.doctor.causes import Lens

Place: TypeAlias = tuple[str, int]
_WORDS = {"write": "written", "return": "returned", "raise": "raised"}


class Parting(msgspec.Struct, frozen=True):
    """Where two runs differ: at a step, in a line, by values before and after, or by which way they go from there."""

    step: int
    file: str
    line: int
    function: str
    values: dict[str, tuple[str, str]] = {}
    ways: tuple[str, str] | None = None
    # Which threads were at it: more than one, or one that is not the first, if threads took turns differently.
    threads: tuple[int, int] = (0, 0)

    @property
    def place(self) -> Place:
        return self.file, self.line


def partings(one: Iterable[Note], two: Iterable[Note], lens: Lens) -> Iterator[Parting]:
    """Every place at which values differ, up to and with the one where the runs go different ways."""
    lines: dict[int, Note] = {}
    streams = _seen(one, lens), _seen(two, lens)
    while True:
        first, second = next(streams[0], None), next(streams[1], None)
        if first is None and second is None:
            return
        if first is None or second is None or not _same_way(first, second):
            yield _split(first, second, lines)
            return
        if lens.values and first.values != second.values:
            yield _values(first, second)
        if first.frame and first.kind == "read":
            lines[first.frame] = first


def _seen(notes: Iterable[Note], lens: Lens) -> Iterator[Note]:
    for note in notes:
        flows = lens.values or note.kind in {"read", "call"}
        if flows and (lens.imports or not note.importing) and (lens.threads or not note.thread):
            yield note


def _same_way(one: Note, two: Note) -> bool:
    """Whether both are about the same, apart from values; a call is also about what is called."""
    return (one.kind, one.file, one.line, one.function, one.thread) == (
        two.kind,
        two.file,
        two.line,
        two.function,
        two.thread,
    ) and one.values.get("()") == two.values.get("()")


def _values(one: Note, two: Note) -> Parting:
    names = [name for name in {**one.values, **two.values} if one.values.get(name) != two.values.get(name)]
    values = {_name(one, name): (one.values.get(name, "nothing"), two.values.get(name, "nothing")) for name in names}
    return Parting(one.step, one.file, one.line, one.function, values, None, (one.thread, two.thread))


def _name(note: Note, name: str) -> str:
    if name:
        return f"{name} of {note.values['()']}()" if "()" in note.values else name
    return f"what is {_WORDS[note.kind]}"


def _split(one: Note | None, two: Note | None, lines: dict[int, Note]) -> Parting:
    at = _blamed(one, two, lines)
    threads = one.thread if one else 0, two.thread if two else 0
    return Parting(at.step, at.file, at.line, at.function, {}, (_told(one), _told(two)), threads)


def _blamed(one: Note | None, two: Note | None, lines: dict[int, Note]) -> Note:
    """The line that sent the runs different ways."""
    here = [note for note in (one, two) if note is not None]
    for note in here:
        # A call that nobody's code made, in one of the runs alone: a finalizer, or whoever else was woken.
        if note.kind == "call" and _spontaneous(note):
            return note
    for note in here:
        if note.kind == "call":
            return note
    frames = {note.frame for note in here}
    if len(frames) == 1 and (before := lines.get(here[0].frame)) is not None:
        return before
    return next((note for note in here if note.line), here[0])


def _spontaneous(note: Note) -> bool:
    return note.values.get("()") == note.function


def _told(note: Note | None) -> str:
    match note:
        case None:
            return "the end"
        case Note(kind="event"):
            return f"the event {note.function}"
        case Note(kind="call"):
            return f"a call of {note.values['()']}()"
        case _:
            return f"line {note.line} in {note.function}"
