"""A run as trace events, which Perfetto and chrome://tracing show: contexts are threads, steps slices, messages arrows.

The format is that of the "Trace Event Format" document. Times are virtual, in microseconds. Steps of one instant follow
one another by a nanosecond, or they would lie on top of each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.journal.entries import (
    Checked,
    ContextBegun,
    Decided,
    Emitted,
    Ended,
    Failed,
    Named,
    Received,
    Sent,
    Stored,
)
from detrun.journal.selection import ends_of
from detrun.journal.spelling import event, kind, word
from detrun.model import hexadecimal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from detrun.journal.entries import Entry
    from detrun.journal.header import Header

Event = dict[str, Any]

PROCESS = 1
RUN, OTHERS = 0, 1
MOST_THREADS = 10_000
"""Whoever comes after these shares a thread: nobody looks at so many, and memory is bounded."""


def events(header: Header, entries: Iterable[Entry], name: Callable[[int], str]) -> Iterator[Event]:
    """The trace events of a run, as they come."""
    trace = _Trace(name)
    yield _metadata("process_name", RUN, name=header.target or header.run)
    yield _metadata("thread_name", RUN, name="run")
    for entry in entries:
        yield from trace.events(entry)
    yield from trace.close()


class _Trace:
    """Where a run is: its instant, the step that is open, and who has a thread."""

    def __init__(self, name: Callable[[int], str]) -> None:
        self._name = name
        self._threads: dict[str, int] = {"": RUN}
        self._flows = 0
        self._now = 0
        self._step = 0
        self._begun = 0
        self._thread: int | None = None
        self._title = ""
        self._count = 0
        self._base: int | None = None

    def events(self, entry: Entry) -> Iterator[Event]:
        if isinstance(entry, Named | Stored):
            return
        if isinstance(entry, Received):
            yield from self.close()
        elif entry.step > self._step:
            yield from self.close()
            self._step, self._begun = entry.step, self._now
        self._move(getattr(entry, "instant", 0))
        yield from self._told(entry)
        if isinstance(entry, Checked | Ended):
            yield from self.close()

    def close(self) -> Iterator[Event]:
        """End the step that is open, if one is."""
        if not self._count:
            return
        self._now = max(self._now, self._begun + 1)
        title = self._title or f"step {self._step}"
        yield {
            "ph": "X",
            "name": title,
            "cat": "step",
            "pid": PROCESS,
            "tid": RUN if self._thread is None else self._thread,
            "ts": _micro(self._begun),
            "dur": _micro(self._now - self._begun),
            "args": {"step": self._step, "entries": self._count},
        }
        self._begun, self._count, self._thread, self._title = self._now, 0, None, ""

    def _told(self, entry: Entry) -> Iterator[Event]:  # noqa: C901  # a case for each kind
        text = self._name(getattr(entry, "name", 0))
        sender, receiver = ends_of(text)
        match entry:
            case Received():
                thread = yield from self._thread_of(receiver)
                args = {"event": event(entry), "size": len(entry.payload), "code": entry.code}
                yield self._instant(f"{word(entry)} {kind(entry)} {text}".rstrip(), thread, args)
            case Sent():
                thread = yield from self._acting(sender, "")
                target = yield from self._thread_of(receiver)
                yield from self._flow(text, thread, target, {"event": event(entry), "size": entry.size})
            case Emitted():
                thread = yield from self._acting(sender or receiver, "")
                args = {"event": event(entry), "size": entry.size, "code": entry.code}
                yield self._instant(f"{word(entry)} {kind(entry)} {text}".rstrip(), thread, args)
            case Decided():
                thread = yield from self._acting(receiver, text)
                yield self._instant("decided", thread, {"event": event(entry), "answer": entry.answer})
            case ContextBegun():
                thread = yield from self._acting(text, "")
                yield self._instant("begun", thread, {"context": entry.context, "kind": entry.kind})
            case Checked():
                self._count += 1
            case Failed():
                yield self._instant(f"failed: {entry.kind}", self._thread or RUN, {"message": entry.message}, scope="g")
            case Ended():
                args = {"exit_code": entry.exit_code, "digest": hexadecimal(entry.digest)}
                yield self._instant(f"ended: {entry.outcome}", RUN, args, scope="g")
            case _:
                yield self._instant(" ".join(filter(None, (word(entry), kind(entry), text))), RUN, {})

    def _move(self, instant: int) -> None:
        """Time is what the run says, but never before what was."""
        if instant:
            self._base = self._base or (0 if instant < 2**52 else instant)
            self._now = max(self._now, instant - self._base)

    def _thread_of(self, context: str) -> Generator[Event, None, int]:
        thread = self._threads.get(context)
        if thread is None:
            thread = len(self._threads) + OTHERS
            if len(self._threads) > MOST_THREADS:
                return OTHERS
            if thread == OTHERS + 1:
                yield _metadata("thread_name", OTHERS, name="others")
            self._threads[context] = thread
            yield _metadata("thread_name", thread, name=context)
            yield _metadata("thread_sort_index", thread, sort_index=thread)
        return thread

    def _acting(self, context: str, title: str) -> Generator[Event, None, int]:
        """The thread of a context that does something in this step: the first to do so has the step."""
        thread = yield from self._thread_of(context)
        if self._thread is None and thread != RUN:
            self._thread = thread
        self._title = self._title or title
        self._count += 1
        return thread

    def _instant(self, name: str, thread: int, args: Event, scope: str = "t") -> Event:
        return {
            "ph": "i",
            "name": name,
            "pid": PROCESS,
            "tid": thread,
            "ts": _micro(self._now),
            "s": scope,
            "args": args,
        }

    def _flow(self, name: str, thread: int, target: int, args: Event) -> Iterator[Event]:
        """An arrow from the step that is open to the next step of the other: a viewer binds it to what begins next."""
        self._flows += 1
        both = {"name": name, "cat": "message", "id": self._flows, "pid": PROCESS}
        yield both | {"ph": "s", "tid": thread, "ts": _micro(self._begun), "args": args}
        yield both | {"ph": "f", "tid": target, "ts": _micro(max(self._now, self._begun + 1))}


def _metadata(what: str, thread: int, **args: Any) -> Event:
    return {"ph": "M", "name": what, "pid": PROCESS, "tid": thread, "ts": 0, "args": args}


def _micro(nanoseconds: int) -> float:
    return nanoseconds / 1000
