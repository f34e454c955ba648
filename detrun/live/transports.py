"""asyncio's transport of a socket, with a shorter way to the system for what is read and written most.

The edge sees the same reads and sends as from asyncio's own, which a replay has: one is as good as the other.
"""

from __future__ import annotations

from asyncio.selector_events import _SelectorSocketTransport  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_64_intdigest

from detrun.journal.batch import LARGE
from detrun.journal.checks import LOWER_HALF
from detrun.journal.entries import EMITTED, RECEIVED, InputKind, OutputKind
from detrun.live.lines import MOST_PENDING

if TYPE_CHECKING:
    from detrun.live.machine import Machine

_READ, _WRITE = int(InputKind.READ), int(OutputKind.WRITE)
_Transport: Any = _SelectorSocketTransport


class Direct(_Transport):  # type: ignore[misc]
    """What is not common, asyncio's own methods do: `_plain` says that the protocol is given bytes."""

    def __init__(self, machine: Machine, loop: Any, sock: Any, *rest: Any) -> None:
        self._machine, self._line = machine, sock._line
        self._receive = sock._line.real.recv
        self._add, self._trace, self._leave = machine.add, machine.trace, machine.leave
        self._pending = loop.home.engine.network.pending.append
        super().__init__(loop, sock, *rest)

    def set_protocol(self, protocol: Any) -> None:
        super().set_protocol(protocol)
        self._plain = self._read_ready_cb.__func__ is _Transport._read_ready__data_received

    def _read_ready(self) -> None:
        line = self._line
        if self._conn_lost or line.blocks or not self._plain:
            self._read_ready_cb()
            return
        try:
            data = self._receive(self.max_size)
        except OSError as error:
            self._read_failed(error)
            return
        line.count = count = line.count + 1
        self._add((RECEIVED, self._trace.step, _READ, line.key, count, 0, data))
        if len(data) > LARGE:
            self._machine.write_down()
        if not data:
            self._read_ready__on_eof()
            return
        try:
            self._protocol.data_received(data)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.data_received() call failed.")

    def write(self, data: Any) -> None:
        line = self._line
        if (
            type(data) is not bytes
            or self._buffer
            or self._conn_lost
            or self._eof
            or self._empty_waiter
            or line.pending
            or line.error
            or line.blocks
            or not data
            or (size := len(data)) > MOST_PENDING
            or self._machine.over
        ):
            super().write(data)
            return
        # As `send` of its socket, which takes all of it.
        line.pending = size
        self._pending(line)
        line.told = count = line.told + 1
        self._add((EMITTED, self._trace.step, _WRITE, line.key, count, 0, xxh3_64_intdigest(data) & LOWER_HALF, size))
        self._leave((line, data))

    def _read_failed(self, error: OSError) -> None:
        try:
            self._machine.failed(self._line, error)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as told:
            self._fatal_error(told, "Fatal read error on socket transport")


# A replay has asyncio's own, and whoever prints one shall print the same.
Direct.__name__, Direct.__qualname__ = _Transport.__name__, _Transport.__qualname__
Direct.__module__ = _Transport.__module__
