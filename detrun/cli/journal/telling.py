"""What is said of a journal in text: its header in a few lines, and an entry in one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from detrun.cli.journal.places import style
from detrun.cli.plain import counted, fitted, padded, printable, scrubbed
from detrun.journal.entries import (
    Checked,
    ContextBegun,
    ContextEnded,
    Cut,
    Decided,
    Emitted,
    Ended,
    Entry,
    Failed,
    GenerationMoved,
    Happened,
    Named,
    Received,
    Sent,
    Snapshot,
    Stored,
)
from detrun.journal.header import Header
from detrun.journal.spelling import kind, word
from detrun.model import ALONG, LEFT_OUT, hexadecimal, spelled

Name = Callable[[int], str]

STEP, TIME, KIND, NAME = 8, 12, 20, 24
MOST_TRACEBACK = 30
_MOST_TEXT = 1_000


def heading(header: Header, path: str, columns: int) -> Iterator[str]:
    """The header of a journal, in lines."""
    versions = [f"detrun {header.detrun}" if header.detrun else ""]
    versions += [f"Python {header.python} {header.implementation}".rstrip() if header.python else ""]
    versions += [f"SQLite {header.sqlite}" if header.sqlite else "", header.platform]
    rows = {
        "journal": path,
        "run": ", ".join(filter(None, [header.run, date(header.created), header.world, f"level {header.level}"])),
        "target": " ".join([header.target, *(["--", *header.arguments] if header.arguments else [])]),
        "seed": ", ".join(filter(None, [header.seed, header.strategy and f"strategy {header.strategy}"])),
        "options": ", ".join(
            f"{name} {value}".rstrip() for name, value in header.configuration.items() if name != "holds"
        ),
        "versions": ", ".join(filter(None, versions)),
        "libraries": ", ".join(f"{name} {version}" for name, version in sorted(header.libraries.items())),
        "sources": counted(len(header.sources), "file") if header.sources else "",
        "variables": ", ".join(sorted(header.environment)),
        "redacted": ", ".join(header.redacted),
    }
    for label, text in rows.items():
        if text.strip():
            yield style(f"{label:<10}", dim=True) + fitted(readable(text), columns - 10)
    for hold in filter(None, header.configuration.get("holds", "").split("; ")):
        # The story of a minimized run: not cut, for it is what one has come for.
        event, _, until = hold.partition(" until ")
        if not until:
            yield style(f"{'without':<10}", dim=True) + readable(hold.removeprefix("without "))
            continue
        yield style(f"{'hold':<10}", dim=True) + readable(event)
        yield style(f"{'  until':<10}", dim=True) + readable(until)


def date(nanoseconds: int) -> str:
    """When it was, in UTC; nothing, if nobody says."""
    try:
        return f"{datetime.fromtimestamp(nanoseconds // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC" if nanoseconds else ""
    except (OverflowError, ValueError, OSError):
        return ""


def titles(columns: int) -> str:
    """What the columns of entries are."""
    return style(
        fitted(f"{'step':>{STEP}} {'time':>{TIME}}  {'what':<{KIND}} {'of':<{NAME}} content", columns), dim=True
    )


def line(entry: Entry, instant: int | None, name: Name, columns: int) -> str:
    """An entry in one line, of which this was the time."""
    of, content = told(entry, name)
    begin = f"{entry.step or '':>{STEP}} {clock(instant):>{TIME}}  {padded(title(entry), KIND)} "
    left = columns - len(begin)
    if len(of) > NAME or not content:
        of = fitted(of, left)
        rest = fitted(f"  {content}", left - len(of)) if content and left - len(of) > 8 else ""
    else:
        of = padded(of, min(NAME, left))
        rest = fitted(f" {content}", left - NAME)
    if isinstance(entry, Failed):
        return begin + style(of + rest, fg="red").rstrip()
    return (begin + of + style(rest, dim=True)).rstrip()


def below(entry: Entry, columns: int) -> Iterator[str]:
    """What stands below the line of an entry: the traceback of a failure."""
    if isinstance(entry, Failed):
        indented = " " * (STEP + 1)
        traceback = entry.traceback.splitlines()
        if len(traceback) > MOST_TRACEBACK:
            yield style(f"{indented}... {len(traceback) - MOST_TRACEBACK:,} lines before these", dim=True)
        for text in traceback[-MOST_TRACEBACK:]:
            yield style(fitted(indented + readable(text), columns), dim=True)


def title(entry: Entry) -> str:
    """What happened, in words."""
    return word(entry) if isinstance(entry, GenerationMoved) else f"{word(entry)} {kind(entry)}".rstrip()


def clock(instant: int | None) -> str:
    """An instant in seconds."""
    return "" if instant is None else f"{instant // 10**9}.{instant % 10**9 // 1000:06}"


def instant_of(entry: Entry) -> int | None:
    """When it happened, if the entry says so."""
    return getattr(entry, "instant", None) or None


def told(entry: Entry, name: Name) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912  # a case for each kind
    """Of what an entry is, and what it says of that."""
    of = readable(name(getattr(entry, "name", 0)))
    match entry:
        case Named():
            return readable(entry.text), f"is name {entry.number}"
        case Received():
            return of, _with(f"code {entry.code}" if entry.code else "", _content(entry.payload, entry.blob))
        case Decided():
            return of or f"event {spelled(entry.event)}", _decided(entry, of)
        case Sent():
            return of, _content(entry.payload, entry.blob) or _left_out(entry)
        case Emitted():
            content = _content(entry.payload, entry.blob) or (_left_out(entry) if entry.size else "")
            return of, _with(f"code {entry.code}" if entry.code else "", content)
        case Checked():
            return "", hexadecimal(entry.digest)
        case Happened():
            return of, spelled(entry.event)
        case ContextBegun():
            parent = f"child of {entry.parent}" if entry.parent else ""
            generation = f"generation {entry.generation}" if entry.generation else ""
            return of, _with(f"context {entry.context}", readable(entry.kind), parent, generation)
        case ContextEnded():
            return f"context {entry.context}", readable(entry.reason)
        case GenerationMoved():
            sources = counted(len(entry.sources), "source") if entry.sources else ""
            return of, _with(f"generation {entry.generation} {kind(entry)}", sources, readable(entry.reason))
        case Stored():
            return f"blob {entry.blob[:6].hex()}", _with(_part(entry), data(entry.data))
        case Snapshot():
            return of, _with(f"{entry.size:,} bytes", f"blob {entry.blob[:6].hex()}")
        case Cut():
            return "", readable(entry.reason)
        case Failed():
            return readable(entry.kind), _with(readable(entry.message), readable(entry.where))
        case Ended():
            exit_code = f"exit code {entry.exit_code}" if entry.exit_code else ""
            return readable(entry.outcome), _with(exit_code, hexadecimal(entry.digest))


def data(content: bytes) -> str:
    """Bytes as text; what is none is written out."""
    return readable(content[:_MOST_TEXT].decode("utf-8", "backslashreplace"))


def readable(text: str) -> str:
    """The text as a terminal may have it, and not endlessly long."""
    return printable(scrubbed(text[:_MOST_TEXT]))


def _content(payload: bytes, blob: bytes) -> str:
    return f"blob {blob[:6].hex()}" if blob else data(payload)


def _left_out(entry: Sent | Emitted) -> str:
    return f"{counted(entry.size, 'byte')}, digest {hexadecimal(entry.digest, 8)}"


def _part(entry: Stored) -> str:
    whole = not entry.part and entry.last
    return counted(len(entry.data), "byte") + ("" if whole else f" (part {entry.part})")


def _decided(entry: Decided, of: str) -> str:
    if entry.answer == ALONG:
        return "comes along"
    if entry.answer == LEFT_OUT:
        return "left out"
    return f"answer {entry.answer}" if entry.answer else spelled(entry.event) if of else ""


def _with(*parts: str) -> str:
    return ", ".join(filter(None, parts))
