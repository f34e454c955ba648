"""Sockets and pipes that block: the thread that calls waits, while others go on, and the system is asked then."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from detrun.journal.entries import InputKind, OutputKind
from detrun.live.edge import READ, WRITE, failure
from detrun.live.encoding import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.lines import Line
    from detrun.live.network import LiveNetwork

_SOCKET, _SENT = int(InputKind.SOCKET), int(OutputKind.WRITE)


def asked(network: LiveNetwork, line: Line, mask: int, kind: int, perform: Callable[[], bytes]) -> bytes:
    """What the system says once a line is ready, for who waits for that; at once for who does not."""
    while True:
        if line.blocks:
            wait(network, line, mask)
        try:
            return network.edge.ask(kind, line, perform)
        except BlockingIOError:
            if not line.blocks:
                raise


def send_at_once(network: LiveNetwork, line: Line, data: bytes) -> int:
    """Send as one does who does not mind waiting; how much of it."""
    network.edge.emit(_SENT, line, data, _nothing)
    # There most often is room, unless something was sent before that has to leave first.
    waits = bool(line.pending)
    while True:
        if waits:
            wait(network, line, WRITE)
        network.edge.release()
        try:
            sent = decoded(network.edge.ask(_SOCKET, line, lambda: encoded(line.real.send(data))))
        except BlockingIOError:
            waits = True
            continue
        assert isinstance(sent, int)
        return sent


def wait(network: LiveNetwork, line: Line, mask: int) -> None:
    """Wait until a line is ready; raise if that takes too long, or if it is closed meanwhile."""
    if not network.await_line(line, mask, "to read" if mask == READ else "to write", line.patience):
        raise TimeoutError("timed out")
    if network.line(line.fd) is not line:
        raise failure(errno.EBADF)


def _nothing() -> None:
    """What leaves as soon as there is room."""
