"""What the simulated kernel keeps for each descriptor, and how a loop learns that it is ready."""

from __future__ import annotations

import errno
import os
from collections import deque
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any

from detrun.scheduler.clock import MILLISECOND, SECOND
from detrun.scheduler.origins import ORIGIN, Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.network.network import Network
    from detrun.scheduler.network.readiness import Readiness
    from detrun.scheduler.network.wires import Wire

Address = tuple[str, int] | str
# What may be under way and unread in one direction of a connection: then the sender waits.
WINDOW = 128 * 1024
# How long a fault of that kind delays a chunk: a little, longer than most turns, longer than most timeouts.
DELAYS = (2 * MILLISECOND, 100 * MILLISECOND, 60 * SECOND)
# What makes the origin of a file's callbacks of the key that it has.
_READY = -1


class File:
    """Something with a descriptor: ready or not, and watched by at most one loop."""

    def __init__(self, network: Network, kind: str) -> None:
        self.network = network
        self.name = f"{kind}#{network.count(kind)}"
        self.closed = False
        # Who else is told that it is ready: what threads wait for.
        self.watches: list[object] = []
        self._watcher: Readiness | None = None
        self._fd = -1
        self._origin: Origin | None = None

    def readable(self) -> bool:
        """Whether reading would not wait."""
        return False

    def writable(self) -> bool:
        """Whether writing would not wait."""
        return False

    @property
    def origin(self) -> Origin:
        """Whose operations those are that begin where somebody is told that the file is ready."""
        if self._origin is None:
            self._origin = Origin(hash((self._key(), _READY)))
        return self._origin

    def _key(self) -> int:
        return self.network.key()

    def watch(self, watcher: Readiness | None, fd: int) -> None:
        """Tell this loop from now on when the file is ready, and now if it is."""
        self._watcher, self._fd = watcher, fd
        self.poll()

    def unwatch(self, watcher: Readiness) -> None:
        """Tell this loop no more, unless another one took its place already."""
        if self._watcher is watcher:
            self._watcher = None

    def become(self, file: File) -> None:
        """Hand over whoever watches to the file that is behind the descriptor from now on."""
        file.watch(self._watcher, self._fd)
        self._watcher = None

    def poll(self) -> None:
        """Have whoever watches see it before the next iteration, if the file is ready."""
        if self.watches:
            self.network.rouse(self.watches)
        if self._watcher is not None and self._watcher.wants(self._fd, self):
            self._watcher.look(self._fd, self)

    def events(self, asked: int = EVENT_READ | EVENT_WRITE) -> int:
        """What of this the file is ready for, as a selector has it."""
        readable = asked & EVENT_READ and self.readable()
        writable = asked & EVENT_WRITE and self.writable()
        return (EVENT_READ if readable else 0) | (EVENT_WRITE if writable else 0)

    def close(self) -> None:
        """Let go of it, and of the address that it has."""
        self.network.forget(self)
        self.closed = True
        self._watcher = None


class Stream(File):
    """One end of a connection. What the other sends arrives by the end's own wire, or at once by a path."""

    def __init__(
        self, network: Network, local: Address, remote: Address, between: tuple[str, str], key: int | None = None
    ) -> None:
        super().__init__(network, "connection")
        self.local, self.remote = local, remote
        self.between = between
        self.peer: Stream | None = None
        self.connected = False
        self.error = 0
        self.wire: Wire = network.wire(f"{self.name} receives", between, key)
        self._joined_by_path = isinstance(remote, str)
        self._inbox = bytearray()
        self._unread = 0
        self._ended = False
        self._finished = False
        self._broken = False

    def _key(self) -> int:
        return self.wire.key

    def readable(self) -> bool:
        return self._broken or (self.connected and bool(self._inbox or self._ended))

    def writable(self) -> bool:
        if self._broken or self._finished:
            return True
        return self.connected and self.peer is not None and self.peer.room() > 0

    def room(self) -> int:
        """How much more may be sent to this end before it reads."""
        return WINDOW - self._unread

    def send(self, data: bytes) -> int:
        """Send what there is room for; how much that was."""
        self._raise_error()
        if self._finished or self.peer is None or (self._joined_by_path and self.peer.closed):
            raise _error(BrokenPipeError, errno.EPIPE)
        if not self.connected:
            raise _error(BlockingIOError, errno.EAGAIN)
        room = self.peer.room()
        if room <= 0 and data:
            raise _error(BlockingIOError, errno.EAGAIN)
        if data:
            self.peer.expect(data[:room])
        return min(len(data), room)

    def expect(self, data: bytes) -> None:
        """Data is on its way to this end."""
        self._unread += len(data)
        self.hear(self._arrive, data)

    def peek(self, size: int) -> bytes:
        """What would be received now, which it then still is."""
        return bytes(self._inbox[:size]) if self._inbox else self._receive_nothing()

    def receive(self, size: int) -> bytes:
        """What has arrived, at most so much of it; nothing at the end."""
        if not self._inbox:
            return self._receive_nothing()
        data = bytes(self._inbox[:size])
        del self._inbox[:size]
        was_full = self.room() <= 0
        self._unread -= len(data)
        if was_full and self.peer is not None:
            self.peer.poll()
        return data

    def finish(self) -> None:
        """Send nothing more; the other end reads up to here."""
        if not self._finished and self.peer is not None:
            self._finished = True
            self.peer.hear(self.peer.end)

    def close(self) -> None:
        unread = bool(self._inbox)
        super().close()
        if unread:
            self.reset()  # as TCP does: the other end shall not believe that all was read
        else:
            self.finish()
        self._inbox.clear()
        self._part()

    def reset(self) -> None:
        """Break the connection: what is under way to the other end is overtaken by the news."""
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.wire.cut()
            peer.hear(peer.fail, errno.ECONNRESET)

    def hear(self, news: Callable[..., None], *what: Any) -> None:
        """Let this end learn something of the connection behind all that is on its way."""
        if self._joined_by_path:
            news(*what)
        else:
            self.wire.put(news, *what)

    def pop_error(self) -> int:
        """The error that waits to be reported, once."""
        error, self.error = self.error, 0
        return error

    def join(self, peer: Stream) -> None:
        """The connection is there, with this at its other end."""
        self.peer, self.connected = peer, True
        if self.closed:
            self.finish()
            self._part()
        self.poll()

    def refuse(self) -> None:
        """Let this end learn that nobody takes its connection."""
        self.hear(self.fail, errno.ECONNREFUSED)

    def end(self) -> None:
        """The other end sends nothing more."""
        self._ended = True
        self.poll()

    def fail(self, error: int) -> None:
        """The connection is broken, or was never made; nothing arrives any more."""
        # Whoever has heard the end already only learns that sending makes no sense.
        self.error, self.peer, self._broken = errno.EPIPE if self._ended else error, None, True
        self.poll()

    def _part(self) -> None:
        # Two ends that know each other would stay until a collection, which a run may never come to.
        peer = self.peer
        if peer is not None and peer.closed:
            self.peer = peer.peer = None

    def _arrive(self, data: bytes) -> None:
        if self._broken:
            return
        if self.closed:
            self.reset()
        elif not self._goes_wrong(data):
            self._keep(data)

    def _keep(self, data: bytes) -> None:
        self._inbox += data
        self.poll()

    def _goes_wrong(self, data: bytes) -> bool:
        """Whether the environment has something else happen to what should arrive."""
        if self._joined_by_path or not self.network.faulty:
            return False
        ask, key = self.network.ask, self.wire.key
        if ask("reset", key):
            self.reset()
            self.fail(errno.ECONNRESET)
        elif delay := ask("delay", key, len(DELAYS) + 1):
            self.wire.put_back(self._arrive, data)
            self.wire.wait(DELAYS[delay - 1])
        elif len(data) > 1 and (part := ask("split", key, len(data))):
            self.wire.put_back(self._arrive, data[part:])
            self._keep(data[:part])
        elif self.wire.brings(self._arrive) and ask("merge", key):
            self._arrive(data + self.wire.take_next())
        else:
            return False
        return True

    def _receive_nothing(self) -> bytes:
        # The end first: whoever has read up to it reads no error behind it.
        if not self._ended:
            self._raise_error()
        if self._ended or self._broken:
            return b""
        raise _error(BlockingIOError, errno.EAGAIN)

    def _raise_error(self) -> None:
        error = self.pop_error()
        if error:
            raise OSError(error, os.strerror(error))


class Listener(File):
    """A listening address and the connections that nobody accepted yet."""

    def __init__(self, network: Network, address: Address, backlog: int) -> None:
        super().__init__(network, "listener")
        self.address = address
        self._backlog = max(backlog, 1)
        self._waiting: deque[Stream] = deque()
        # Who could not even wait yet; they are answered one by one as there is room.
        self.knocking: deque[Stream] = deque()

    def readable(self) -> bool:
        return bool(self._waiting)

    def full(self) -> bool:
        """Whether no more connections can wait."""
        return len(self._waiting) >= self._backlog

    def arrive(self, stream: Stream) -> None:
        """A connection was made to this address."""
        self._waiting.append(stream)
        self.poll()

    def accept(self) -> Stream:
        """The connection that waited longest."""
        if not self._waiting:
            raise _error(BlockingIOError, errno.EAGAIN)
        accepted = self._waiting.popleft()
        # What the acceptor does next concerns this connection, and is called after it.
        ORIGIN.set(accepted.origin)
        self._answer_next()
        return accepted

    def close(self) -> None:
        super().close()
        while self.knocking:
            self.knocking.popleft().refuse()
        while self._waiting:
            self._waiting.popleft().reset()

    def _answer_next(self) -> None:
        while self.knocking:
            stream = self.knocking.popleft()
            if not stream.closed:
                self.network.answer(self, stream)
                return


class Datagrams(File):
    """A bound or connected datagram socket; each datagram arrives whole, or not at all."""

    def __init__(self, network: Network) -> None:
        super().__init__(network, "datagrams")
        self.local: Address | None = None
        self.remote: Address | None = None
        self._inbox: deque[tuple[bytes, Address | None]] = deque()

    def readable(self) -> bool:
        return bool(self._inbox)

    def writable(self) -> bool:
        return True

    def arrive(self, data: bytes, sender: Address | None) -> None:
        """A datagram came."""
        if not self.closed:
            self._inbox.append((data, sender))
            self.poll()

    def peek(self) -> tuple[bytes, Address | None]:
        """The datagram that came first, which stays."""
        if not self._inbox:
            raise _error(BlockingIOError, errno.EAGAIN)
        return self._inbox[0]

    def receive(self) -> tuple[bytes, Address | None]:
        """The datagram that came first."""
        datagram = self.peek()
        self._inbox.popleft()
        return datagram


def _error(kind: type[OSError], code: int) -> OSError:
    return kind(code, os.strerror(code))
