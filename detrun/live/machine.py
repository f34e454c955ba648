"""The machine at the edge of a live run: it performs what is asked, and writes down what came before it acts.

Outputs wait for the end of the iteration. Then the journal is given to the system once, and all of them leave: none
is ever seen by anybody that the journal does not explain.
"""

from __future__ import annotations

import select
import struct
import time
from collections import deque
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn

from xxhash import xxh3_64_intdigest

from detrun.journal.batch import LARGE, MOST
from detrun.journal.checks import LOWER_HALF, of_output
from detrun.journal.entries import EMITTED, RECEIVED, InputKind, OutputKind, Received
from detrun.journal.recorder import PART, parts_of
from detrun.live import memory
from detrun.live.children import Children, bury
from detrun.live.edge import LONGEST, READ, TIMED_OUT, WRITE, failure
from detrun.live.leaving import Leaving
from detrun.live.lines import MOST_PENDING
from detrun.live.pool import Pool
from detrun.live.transports import Direct
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.clock import MILLISECOND, START
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.journal.batch import Batch
    from detrun.journal.entries import Row
    from detrun.live.chaos import Chaos
    from detrun.live.edge import Look, Origin
    from detrun.live.interrupting import Interrupting
    from detrun.live.lines import Line
    from detrun.scheduler.engine import Engine

_IN, _OUT = select.EPOLLIN, select.EPOLLOUT
# Plain numbers: to look up the member of an enumeration costs as much as to write an entry.
_READY, _READ = int(InputKind.READY), int(InputKind.READ)
_WRITE = int(OutputKind.WRITE)
_monotonic = swap.twin(time.monotonic_ns)
# Who looks so much later than the clock says is told the time, even if nothing came.
_STALE = MILLISECOND
# What came and led to nothing that leaves is given to the system as late as this.
_LATE = 50 * MILLISECOND
# Whoever is busy need not look again at once: so often, and so soon after the last time, nothing is missed.
_BLIND, _MOMENT = 2, MILLISECOND // 5


class Machine:
    """Real sockets, a real clock and real threads, in front of a journal."""

    def __init__(self, batch: Batch, interrupting: Interrupting | None = None, chaos: Chaos | None = None) -> None:
        self._batch = batch
        self._interrupting = interrupting
        self._entries = batch.entries
        self.add = batch.add
        self._flush = batch.flush
        memory.keep()
        self._epoll = select.epoll()
        self._chaos = chaos
        self._poll = self._epoll.poll if chaos is None else chaos.polling(self._epoll.poll)
        # By the descriptors of the system.
        self._lines: dict[int, Line] = {}
        # What is told most, which line can be read, in the words of the system: as numbers that mean the same.
        self._codes: dict[tuple[int, int], int] = {}
        self._leaving = Leaving(self._note_progress)
        self.leave = self._leaving.waiting.append
        self.transport: Callable[..., Any] | None = partial(Direct, self)
        self._others: deque[Received] = deque()
        self._pool = Pool()
        self._epoll.register(self._pool.fd, _IN)
        self._children = Children(self._pool.fd)
        # Who sleeps hears no sockets, but signals.
        self._deaf = select.poll()
        self._deaf.register(self._pool.fd, select.POLLIN)
        self._began = _monotonic() - START
        self._flushed = 0
        self.over = False

    def begin(self, engine: Engine) -> None:
        self.trace = engine.trace
        self._clock = engine.clock
        self.look = self._looking()
        if self._interrupting is not None:
            self._interrupting.begin(self._pool.fd)

    # What is asked for.

    def ask(self, kind: int, origin: Origin, perform: Callable[..., bytes], *arguments: Any) -> bytes:
        code = 0
        try:
            payload = perform(*arguments)
        except OSError as error:
            payload, code = b"", error.errno or TIMED_OUT
        origin.count = count = origin.count + 1
        if not self.over:
            self.add(self._received(kind, origin.key, count, payload, code))
        if len(payload) > LARGE:
            self.write_down()
        if code:
            raise failure(code)
        return payload

    def _received(self, kind: int, key: int, count: int, payload: bytes, code: int = 0) -> Row:
        """The entry for an input; what is too large for one is stored before it."""
        if len(payload) <= PART:
            return (RECEIVED, self.trace.step, kind, key, count, 0, payload, code)
        blob = sha256(payload).digest()
        for part in parts_of(blob, payload):
            self._batch.append(part)
        return (RECEIVED, self.trace.step, kind, key, count, 0, b"", code, 0, blob)

    def reader(self, line: Line, otherwise: Callable[[int, int], bytes]) -> Callable[..., bytes]:
        # What `ask` does, for what is asked most; what it needs is at hand.
        add, trace, key, receive = self.add, self.trace, line.key, line.real.recv

        def recv(size: int, flags: int = 0) -> bytes:
            if flags or line.blocks or size > LONGEST:
                return otherwise(size, flags)
            try:
                data: bytes = receive(size)
            except OSError as error:
                return self.failed(line, error)
            line.count = count = line.count + 1
            add((RECEIVED, trace.step, _READ, key, count, 0, data))
            if len(data) > LARGE:
                self.write_down()
            return data

        return recv

    def writer(
        self, line: Line, pending: Callable[[Line], None], otherwise: Callable[[bytes], int]
    ) -> Callable[..., int]:
        # What `emit` does, for what leaves most.
        add, trace, key, leave = self.add, self.trace, line.key, self.leave

        def send(data: Any, _: int = 0) -> int:
            size = len(data)
            if line.pending or line.error or line.blocks or size > MOST_PENDING or type(data) is not bytes:
                return otherwise(bytes(data))
            pending(line)
            line.pending = size
            line.told = count = line.told + 1
            if not self.over:
                add((EMITTED, trace.step, _WRITE, key, count, 0, xxh3_64_intdigest(data) & LOWER_HALF, size))
            leave((line, data))
            return size

        return send

    def write_down(self) -> None:
        """Have what waits encoded, for it is large."""
        self._outside(self._batch.write)

    def failed(self, line: Line, error: OSError) -> NoReturn:
        """Reading from a line failed with this; raises it."""
        line.count = count = line.count + 1
        code = error.errno or TIMED_OUT
        self.add((RECEIVED, self.trace.step, _READ, line.key, count, 0, b"", code))
        raise failure(code)

    def emit(self, kind: int, line: Line, data: bytes, action: Any) -> None:
        line.told = count = line.told + 1
        if not self.over:
            self.add((EMITTED, self.trace.step, kind, line.key, count, 0, of_output(data), len(data)))
        self.leave((line, action))

    def release(self) -> None:
        self._outside(self._flush)

    def watch(self, line: Line, mask: int) -> None:
        fd = line.real.fileno()
        if fd == -1:
            return
        wanted = (_IN if mask & READ else 0) | (_OUT if mask & WRITE or line.going else 0)
        if not line.watched and wanted:
            self._lines[fd] = line
            self._epoll.register(fd, wanted)
        elif line.watched and not wanted:
            del self._lines[fd]
            self._epoll.unregister(fd)
        elif line.watched != wanted:
            self._epoll.modify(fd, wanted)
        line.watched = wanted
        if wanted & _IN:
            self._codes[fd, _IN] = line.key << 2 | READ
        else:
            self._codes.pop((fd, _IN), None)

    def start(self, number: int, work: Callable[[], bytes]) -> None:
        self.release()
        self._outside(self._pool.start, number, work)

    def await_end(self, number: int, pid: int) -> None:
        self._pool.lent = True
        self._outside(self._children.wait, number, pid)

    def bury(self, pid: int) -> None:
        bury(pid)

    def remark(self, sentence: str) -> None:
        if self._interrupting is not None:
            self._outside(self._interrupting.say, sentence)

    def note_failure(self) -> None:
        if self._interrupting is not None and not self.over:
            self._interrupting.note_failure()

    # What comes by itself.

    def _looking(self) -> Callable[..., Look | None]:
        """The function that looks: it is called before every iteration, and has what it needs at hand."""
        waiting, add, entries, poll, codes = self._leaving.waiting, self.add, self._entries, self._poll, self._codes
        trace, clock, others, began = self.trace, self._clock, self._others, self._began
        looked = passed = 0

        def look(timeout: float | None, deadline: int, *, deaf: bool = False) -> Look | None:
            nonlocal looked, passed
            if waiting:
                self._outside(self._let_out)
            elif timeout != 0.0:
                self._flush_late()
            elif passed < _BLIND and _monotonic() - looked < _MOMENT:
                passed += 1
                return None
            elif len(entries) > MOST:
                self.write_down()
            passed = 0
            events = self._slept(timeout) if deaf else poll(timeout)
            try:
                ready = [codes[event] for event in events]
            except KeyError:
                ready = self._outside(self._told, events)
            looked, before = _monotonic(), clock.now
            now = looked - began
            if not (ready or others or timeout != 0.0 or now >= deadline or now - before > _STALE):
                return None
            instant = now if now > before else before + 1
            came = self._noted() if others else ()
            add((RECEIVED, trace.step, _READY, 0, 0, 0, _packing(len(ready))(*ready), len(ready), instant))
            return instant, ready, came

        return look

    def _slept(self, seconds: float | None) -> list[tuple[int, int]]:
        return self._deaf.poll(None if seconds is None else seconds * 1000)

    def _let_out(self) -> None:
        self._flush()
        self._leaving.let_out()

    def _noted(self) -> Sequence[Received]:
        """What else came, written down."""
        others = tuple(self._others) if self._chaos is None else self._chaos.ordered(self._others)
        self._others.clear()
        for other in others:
            self.add(self._received(other.kind, other.origin, other.n, other.payload, other.code))
        return others

    def _told(self, events: list[tuple[int, int]]) -> list[int]:
        """What all that the system said means, also of what is none of the program's."""
        return [code for fd, mask in events if (code := self._code(fd, mask))]

    def _code(self, fd: int, events: int) -> int:
        """Which line is ready for what, as asyncio's selectors read events, in one number."""
        line = self._lines.get(fd)
        if line is None:
            self._gather()
            return 0
        if line.going and events & ~_IN:
            self._leaving.send(line)
        mask = line.mask & ((READ if events & ~_OUT else 0) | (WRITE if events & ~_IN and not line.going else 0))
        return line.key << 2 | mask if mask else 0

    def _gather(self) -> None:
        for number, payload in self._pool.done():
            self._others.append(Received(self.trace.step, InputKind.EXECUTOR, 0, number, 0, payload))
        for number, status in self._children.came():
            self._others.append(Received(self.trace.step, InputKind.CHILD, number, 0, 0, b"", status))
        if self._interrupting is not None:
            for number in self._interrupting.came():
                self._others.append(Received(self.trace.step, InputKind.SIGNAL, 0, 0, 0, b"", number))

    def _note_progress(self, line: Line, left: int, code: int) -> None:
        payload = left.to_bytes(8, "little")
        self._others.append(Received(self.trace.step, InputKind.PROGRESS, line.key, 0, 0, payload, code))
        self.watch(line, line.mask)

    def _flush_late(self) -> None:
        now = _monotonic()
        if now - self._flushed > _LATE:
            self._flushed = now
            self._outside(self._flush)

    def _outside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call something that no clock and no lock of the run's shall notice."""
        engine, ACTIVE.engine = ACTIVE.engine, None
        try:
            return function(*arguments)
        finally:
            ACTIVE.engine = engine

    def end(self) -> None:
        if self.over:
            return
        self.over = True
        self._outside(self._end)

    def _end(self) -> None:
        self._flush()
        self._leaving.let_out()
        self._leaving.linger([line for line in self._lines.values() if line.going])
        if self._interrupting is not None:
            self._interrupting.end()
        self._pool.close()
        self._epoll.close()


@cache
def _packing(count: int) -> Callable[..., bytes]:
    """What makes bytes of so many numbers. An array would do, but audit hooks are told of each that is made."""
    return struct.Struct(f"={count}I").pack
