"""The engine of a live run: the same contexts, loops and steps, with a real edge where a simulation has choices."""

from __future__ import annotations

import signal
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from detrun.journal.entries import InputKind
from detrun.live import paths
from detrun.live.bounds import LiveLimits
from detrun.live.entropy import LiveEntropy
from detrun.live.jobs import Jobs
from detrun.live.network import LiveNetwork
from detrun.live.own import is_own
from detrun.live.processes import LiveSystem
from detrun.live.readiness import LiveReadiness
from detrun.live.unhandled import Unhandled
from detrun.scheduler.clock import FOREVER, SECOND, TICK, instant
from detrun.scheduler.engine import Engine
from detrun.scheduler.origins import Origin
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.world import swap
from detrun.scheduler.world.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.journal.entries import Received
    from detrun.live.edge import Edge, Look
    from detrun.live.lines import Line
    from detrun.scheduler.choices import Event
    from detrun.scheduler.loop import Loop
    from detrun.scheduler.record import Record

_wall = swap.twin(time.time_ns)
_PROGRESS, _EXECUTOR, _SIGNAL = int(InputKind.PROGRESS), int(InputKind.EXECUTOR), int(InputKind.SIGNAL)
_CHILD = int(InputKind.CHILD)


class LiveEngine(Engine):
    """Everything of one live run that is not the program. It decides nothing: what comes first is first."""

    def __init__(self, edge: Edge, record: Record | None, entropy: str, seed: int, limits: LiveLimits) -> None:
        world = World(entropy=LiveEntropy(edge) if entropy == "real" else entropy, seed=seed)
        super().__init__(Default(), limits, world=world, record=record)
        self.edge = edge
        paths.catch()
        self.claims = Unhandled(edge)
        edge.begin(self)
        wall = edge.ask(InputKind.CLOCK, Origin(-1), lambda: _wall().to_bytes(8, "little"))
        self.clock.tell(int.from_bytes(wall, "little"))
        self.jobs = Jobs(edge)
        self._lines = LiveNetwork(self, edge)
        self.system: LiveSystem = LiveSystem(self)
        # Signals that came while another thread than the main one had the baton.
        self._signalled: deque[int] = deque()

    @property
    def network(self) -> LiveNetwork:
        """The lines to the outside."""
        return self._lines

    def selector(self, loop: Any) -> LiveReadiness:
        return LiveReadiness(self, loop)

    def run_in_executor(self, loop: Any, executor: Any, function: Any, *arguments: Any) -> Any:
        """Have a function called on another thread: one outside of the run, unless it is the program's own."""
        if executor is None and not is_own(function, self.jobs.kinds):
            return self.jobs.done(loop, partial(function, *arguments))
        return super().run_in_executor(loop, executor, function, *arguments)

    def let_timer_through(self) -> None:
        """Nothing to do: time passes by itself."""

    def sleep(self, seconds: float) -> None:
        """Let the thread that asks stand still for so long."""
        deadline = self.clock.now + instant(seconds)
        if len(self.baton.threads) > 1:
            self.baton.wait(deadline, f"time.sleep({seconds})", deadline)
        else:
            while True:
                self._look(max((deadline - self.clock.now) / SECOND, 0.0), deaf=True)
                if self.clock.now >= deadline:
                    return

    def turn(self) -> None:
        super().turn()
        self._handle_signals()

    def notify_of_child(self) -> None:
        """Send the program what the system sends when a child has ended, if anybody handles that."""
        if self._signals is not None and callable(self._signals.handler(signal.SIGCHLD)):
            self._signal(signal.SIGCHLD)

    def close(self) -> None:
        super().close()
        self.edge.end()

    def _iterate(self, loop: Loop) -> None:  # noqa: C901  # the hot path: to call costs more than to branch
        # What `Engine` does, for an engine that looks outside before every iteration, whatever is ready.
        clock, trace, limits = self.clock, self.trace, self._limits
        timers, arrivals, threads, ready = clock.timers, self.arrivals, self.baton.ready, loop.ready
        iterate, mark, look, pending = loop.iterate, trace.mark, self.edge.look, self._lines.pending
        while True:
            if not ready or arrivals or threads:
                self._settle(loop)
            else:
                seen = look(0.0, timers[0][0] if timers else FOREVER)
                if pending:
                    self._lines.settle()
                if seen is not None:
                    self._see(seen, 0.0)
                if timers and timers[0][0] <= clock.now:
                    clock.fall_due()
            trace.step = step = trace.step + 1
            made = iterate()  # which may move the clock itself
            clock.now += TICK * made
            if mark is not None:
                mark(trace.digest)
            if loop.stopping:
                return
            if step >= limits.checkpoint:
                limits.check(self)

    def _settle(self, loop: Loop) -> None:
        ready = loop.ready
        while True:
            self._go_on_with_others()
            self._look(0.0 if ready or self.arrivals or self.baton.ready else self._patience())
            self.clock.fall_due()
            if ready:
                return

    def _stop(self, loop: Loop) -> None:
        """Take the one step of a loop that was stopped before it began: nothing is waited for."""
        self._look(0.0)
        self.clock.fall_due()
        self.trace.step += 1
        self.clock.now += TICK * max(loop.iterate(), 1)

    def _something(self) -> Event:
        """What happens next, for a thread that waits."""
        while (event := self._at_hand()) is None:
            self._look(self._patience())
            self.clock.fall_due()
        return event

    def _at_hand(self) -> Event | None:
        choices, threads = self._choices, self.baton.ready
        choices.begin()
        if self.arrivals or (choices.program is not None and choices.program.loop.ready):
            return choices.first()
        return threads[0] if threads else None

    def _go_on_with_others(self) -> None:
        """What the run itself brought goes first, then a thread: none shall wait until nobody asks for anything."""
        while self.arrivals:
            self.happen(self.arrivals[0])
        self.entering.leave()
        if self.baton.ready:
            self.happen(self.baton.ready[0])

    def _patience(self) -> float | None:
        """How many seconds until the earliest timer, or until the run may go on no longer."""
        earliest, until = self.clock.earliest(), self._limits.last_instant
        if earliest is not None and earliest.deadline < until:
            until = earliest.deadline
        return None if until >= FOREVER else max((until - self.clock.now) / SECOND, 0.0)

    def _look(self, timeout: float | None, *, deaf: bool = False) -> None:
        """Let out what may leave, and take what came."""
        timers, network = self.clock.timers, self._lines
        look = self.edge.look(timeout, timers[0][0] if timers else FOREVER, deaf=deaf)
        if network.pending:
            network.settle()
        if look is not None:
            self._see(look, timeout)

    def _see(self, look: Look, timeout: float | None) -> None:
        """It is that late, and this came."""
        clock, trace = self.clock, self.trace
        now, ready, others = look
        trace.digest = hash((trace.digest, trace.step, now))
        if timeout == 0.0:
            clock.now = now
        else:
            clock.pass_until(now)
            if now > self._limits.last_instant:
                self._limits.exceed(now, self)
        for entry in others:
            self._take(entry)
        if ready:
            self._queue(ready)
        if self._signalled:
            self._handle_signals()

    def _queue(self, ready: Sequence[int]) -> None:
        """Have those called who wait for lines that are ready."""
        network, here = self._lines, self._choices.program
        mine = None if here is None else here.loop
        if mine is not None and mine is network.reading:
            readers = network.readers
            try:
                mine.ready.extend([readers[code] for code in ready])
            except KeyError:
                pass  # somebody else waits for one of them, or for something else
            else:
                return
        lines = network.lines
        append: Any = None if mine is None else mine.ready.append
        for code in ready:
            line = lines[code >> 2]
            if line.loop is not mine or append is None or line.parked:
                self._rouse(line, code)
                continue
            if code & 1:
                append(line.reader)
            if code & 2:
                append(line.writer)

    def _take(self, entry: Received) -> None:
        """Something came by itself that is not for a descriptor."""
        if entry.kind == _PROGRESS:
            self._lines.progress(entry)
        elif entry.kind == _EXECUTOR:
            self.jobs.take(entry)
        elif entry.kind == _SIGNAL:
            self._signal(entry.code)
        elif entry.kind == _CHILD:
            self.system.take(entry)

    def _rouse(self, line: Line, code: int) -> None:
        """The same for a line that threads wait for, or another loop than the one that goes on next."""
        self._lines.rouse(watch for watch, mask in line.parked if mask & code)
        if line.loop is not None:
            handles = (line.reader if code & 1 else None, line.writer if code & 2 else None)
            line.loop.ready.extend(handle for handle in handles if handle is not None)
            line.loop.home.attend()

    def _signal(self, number: int) -> None:
        """A signal is for the main thread, which goes on for it."""
        self._signalled.append(number)
        if self.baton.current is not self.baton.main:
            self.baton.give_up(self.baton.main)

    def _handle_signals(self) -> None:
        while self._signalled and self.baton.current is self.baton.main:
            self.signals.send(self._signalled.popleft())
