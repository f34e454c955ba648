"""Reading from lines and writing to them. Where one blocks, the thread that calls waits, while others go on.

What is written by one that does not block leaves with the end of the iteration.
"""

from __future__ import annotations

import errno
from functools import partial
from typing import TYPE_CHECKING

from detrun.journal.entries import InputKind, OutputKind
from detrun.live.edge import LONGEST, READ, WRITE, failure
from detrun.live.encoding import decoded, encoded
from detrun.live.lines import MOST_PENDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.lines import Line
    from detrun.live.network import LiveNetwork

# Plain numbers: to look up the member of an enumeration costs as much as to write an entry.
_READ, _SOCKET, _SENT = int(InputKind.READ), int(InputKind.SOCKET), int(OutputKind.WRITE)


def receive(network: LiveNetwork, line: Line, size: int, *flags: int) -> bytes:
    """What there is, at most so much."""
    return asked(network, line, READ, _READ, partial(line.real.recv, min(size, LONGEST), *flags))


def send(network: LiveNetwork, line: Line, data: bytes) -> int:
    """Send what there is room for; how much of it."""
    if line.error:
        error, line.error = line.error, errno.EPIPE
        raise failure(error)
    if line.blocks:
        return _send_at_once(network, line, data)
    room = MOST_PENDING - line.pending
    if len(data) > room:
        if room <= 0:
            raise failure(errno.EAGAIN)
        data = data[:room]
    if not line.pending:
        network.pending.append(line)
    line.pending += len(data)
    network.edge.emit(_SENT, line, data, data)
    return len(data)


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


def _send_at_once(network: LiveNetwork, line: Line, data: bytes) -> int:
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
