"""The simulated network of one run: who listens where, who can reach whom, and what names mean."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import ssl
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar

from detrun.errors import UsageError
from detrun.scheduler.clock import FOREVER, SECOND, instant
from detrun.scheduler.network import names
from detrun.scheduler.network.addresses import ANY, LOCALHOST, LOOPBACK, Addresses, Hosts, family_of
from detrun.scheduler.network.files import Address, Datagrams, File, Listener, Stream
from detrun.scheduler.network.links import Link
from detrun.scheduler.network.secure import SecureSocket, SocketCarrier
from detrun.scheduler.network.sockets import Socket
from detrun.scheduler.network.tls import Connection
from detrun.scheduler.network.wires import Kernel, Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from detrun.scheduler.engine import Engine
    from detrun.scheduler.network.readiness import Readiness

# Far above what the process has open, so that a mix-up is an error.
_FIRST_FD = 1_000_000
# The kind of what has a port only to connect from: nobody finds it there, and it is in no server's way.
_CALLING = 0
# What makes the key of an answering end of that of the asking one.
_ANSWER = -2

# The host on which the code that runs now runs.
HOST: ContextVar[str] = ContextVar("detrun_host", default=LOCALHOST)


class Network:
    """Hosts by name and address, listeners, descriptors, and the wires between hosts."""

    kinds: ClassVar[dict[type, Any]] = {socket.socket: Socket, ssl.SSLSocket: SecureSocket}
    """What a program gets that makes a socket of this kind."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kernel = Kernel(engine)
        self._counts: dict[str, int] = {}
        self._files: dict[int, File] = {}
        self._fds = itertools.count(_FIRST_FD)
        self._hosts = Hosts()
        self._addresses = Addresses()
        self._links: dict[frozenset[str], Link] = {}
        self.ask = engine.faults.ask
        self.faulty = bool(engine.faults.kinds)
        # What a closed socket has for a file: asyncio's transports keep sockets until a collection.
        self.nothing = File(self, "closed")

    def secured(self, context: Any, carrier: Any, host: str | None, *, serves: bool) -> Any:
        """What stands in OpenSSL's place."""
        return Connection(context, carrier, host, serves=serves)

    def carrier(self, sock: Any) -> Any:
        """What carries the records of TLS over a socket."""
        return SocketCarrier(sock)

    # Descriptors.

    def open(self, file: File) -> int:
        """Give a file a descriptor."""
        fd = next(self._fds)
        self._files[fd] = file
        return fd

    def simulates(self, fd: int) -> bool:
        """Whether the descriptor is, or was, one of this network's."""
        return fd >= _FIRST_FD

    def file(self, fd: int) -> File:
        """The file of a descriptor."""
        try:
            return self._files[fd]
        except KeyError:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None

    def reopen(self, fd: int, file: File) -> None:
        """Let a descriptor mean another file: a socket learns late whether it listens or connects."""
        self._files[fd].become(file)
        self._files[fd] = file

    def unwatch(self, fd: int, watcher: Readiness) -> None:
        """This loop waits no more for the descriptor, which may be closed already."""
        if fd in self._files:
            self._files[fd].unwatch(watcher)

    def open_files(self) -> list[File]:
        """Connections, servers and other sockets that nobody closed."""
        return [file for file in self._files.values() if not file.closed]

    def close(self, fd: int) -> None:
        """Close a descriptor and its file."""
        file = self._files.pop(fd, None)
        if file is not None:
            file.close()

    # Threads that wait.

    def wait(self, asked: Sequence[tuple[File, int]], reason: str, seconds: float | None) -> bool:
        """Let the thread that calls stand still until a file is ready for what it asks; false if time is up first."""
        engine = self._engine
        engine.check_thread(reason)
        deadline = self.deadline(seconds)
        watch = object()
        for file, _ in asked:
            file.watches.append(watch)
        try:
            while not any(file.events(events) for file, events in asked):
                if not engine.baton.wait(watch, reason, deadline):
                    return False
        finally:
            for file, _ in asked:
                file.watches.remove(watch)
        return True

    def deadline(self, seconds: float | None) -> int:
        """The instant after so many seconds, if that is ever."""
        return FOREVER if seconds is None else self._engine.clock.now + instant(seconds)

    def left(self, deadline: int) -> float:
        """How many seconds there are until then, and be it a moment."""
        return max(deadline - self._engine.clock.now, 1) / SECOND

    def rouse(self, watches: Iterable[object]) -> None:
        """Let those threads look that wait for these."""
        for watch in watches:
            self._engine.baton.wake(watch)

    def offer(self) -> None:
        """Let another thread go on, where one calls what might wait."""
        self._engine.baton.offer()

    def count(self, kind: str) -> int:
        """The number of the next file of a kind."""
        self._counts[kind] = number = self._counts.get(kind, 0) + 1
        return number

    def wire(self, name: str, between: tuple[str, str] = (LOCALHOST, LOCALHOST), key: int | None = None) -> Wire:
        """A new wire, from one host to another; whoever asks for it is its origin, unless the key says another."""
        wire = Wire(self._engine, self._kernel, self.key() if key is None else key, name)
        if between[0] != between[1]:
            wire.follow(self.link(*between))
        return wire

    def key(self) -> int:
        """What names something that the program asks for now, whatever else it asked for before or elsewhere."""
        return hash(self._engine.operation())

    def link(self, one: str, other: str) -> Link:
        """What lies between two hosts."""
        return self._links.setdefault(frozenset((one, other)), Link())

    # Names and addresses.

    def look_up(self, question: str, *arguments: Any, **options: Any) -> Any:
        """What a function of `socket` says of names."""
        return getattr(names, question)(self, *arguments, **options)

    async def tell(self, loop: Any, question: str, *arguments: Any, **options: Any) -> Any:
        """The same for a task; the answer arrives by a wire like everything from outside."""
        arrived, wire = loop.create_future(), self.wire("name server")
        wire.put(_resolve, arrived)
        await arrived
        if self.ask("resolve", wire.key):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self.look_up(question, *arguments, **options)

    def host(self, name: str, address: str | None = None) -> str:
        """The address of a host, which is known from now on."""
        return self._hosts.add(name, address)

    def link_between(self, one: str, other: str) -> Link:
        """What lies between two hosts that a program names."""
        if self._hosts.known(one) == self._hosts.known(other):
            raise UsageError(f"expected two hosts, got {one!r} twice")
        return self.link(one, other)

    def resolve(self, name: str, family: int = 0) -> str:
        """The address that a name means, of this family if there is a choice."""
        return self._hosts.resolve(name, family)

    def name_of(self, address: str) -> str:
        """The host at an address, or the address."""
        return self._hosts.name_of(address)

    def source(self, file: File, local: Address | None, remote: Address) -> Address | None:
        """The address by which the remote one finds a file that is bound to the local one."""
        if isinstance(remote, str) or not isinstance(local, tuple):
            return local
        here, (name, port) = self._host_of(file), local
        # A loopback address means nothing elsewhere.
        elsewhere = self._host_at(remote, here) != here and name in LOOPBACK.values()
        return (self._hosts.source(here, remote[0]) if elsewhere or name in ANY.values() else name), port

    def _host_of(self, file: File) -> str:
        return self._addresses.host_of(file) or HOST.get()

    def _host_at(self, address: Address, here: str) -> str:
        return here if isinstance(address, str) else self._hosts.at(address[0], here)

    # Connections.

    def bind(self, kind: int, file: File, address: Address) -> Address:
        """Have a file found under an address of this host, with a port of its own if that is 0."""
        here = HOST.get()
        if self._host_at(address, here) != here:
            raise OSError(errno.EADDRNOTAVAIL, f"{os.strerror(errno.EADDRNOTAVAIL)}: {address!r}")
        return self._addresses.bind(kind, here, file, address)

    def rebind(self, old: File, new: File) -> None:
        """Have another file found where this one was."""
        self._addresses.move(old, new)

    def forget(self, file: File) -> None:
        """Have a file found no more."""
        self._addresses.forget(file)

    def connect(self, stream: Stream) -> None:
        """Begin to connect a stream to its remote address; it fails or is joined when the answer arrives."""
        knock = self.wire(f"{stream.name} connects", stream.between[::-1])
        knock.put(self._knock, stream)

    def _knock(self, stream: Stream) -> None:
        listener = self._find(socket.SOCK_STREAM, stream.between[0], stream.remote)
        if not isinstance(listener, Listener) or self.ask("refuse", stream.wire.key):
            stream.refuse()
        elif self.ask("unreachable", stream.wire.key):
            stream.wire.put(stream.fail, errno.EHOSTUNREACH)
        elif listener.full():
            listener.knocking.append(stream)
        else:
            self.answer(listener, stream)

    def answer(self, listener: Listener, stream: Stream) -> None:
        """Make the connection that a stream asks for."""
        answering = self._answering(stream)
        answering.join(stream)
        stream.wire.put(stream.join, answering)
        listener.arrive(answering)

    def connect_at_once(self, stream: Stream) -> None:
        """Connect a stream to a path without waiting, for a kernel needs nobody to accept."""
        listener = self._find(socket.SOCK_STREAM, stream.between[0], stream.remote)
        if listener is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not isinstance(listener, Listener) or listener.full() or self.ask("refuse", stream.wire.key):
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        answering = self._answering(stream)
        answering.join(stream)
        stream.join(answering)
        listener.arrive(answering)

    def _answering(self, stream: Stream) -> Stream:
        """The end of a connection that the kernel makes, which is named by the one that asked for it."""
        return Stream(self, stream.remote, stream.local, stream.between[::-1], hash((stream.wire.key, _ANSWER)))

    def stream(self, file: File, local: Address | None, remote: Address) -> Stream:
        """One end of a connection to be, by a file that may be bound already."""
        here = self._host_of(file)
        if local is None and isinstance(remote, tuple):
            self._addresses.forget(file)  # the attempt before, which was refused, left it a port
            local = self._addresses.bind(_CALLING, here, file, (ANY[family_of(remote[0])], 0))
        return Stream(self, self.source(file, local, remote) or "", remote, (self._host_at(remote, here), here))

    def pair(self) -> tuple[Stream, Stream]:
        """Two ends of a connection that was always there."""
        here = HOST.get()
        one, other = Stream(self, "", "", (here, here)), Stream(self, "", "", (here, here))
        one.join(other)
        other.join(one)
        return one, other

    def send(self, sender: Datagrams, data: bytes, address: Address) -> None:
        """Send a datagram on its way; whether anybody is there shows when it arrives."""
        here = self._host_of(sender)
        there = self._host_at(address, here)
        wire = self.wire(f"{sender.name} sends", (here, there))
        if (here != there and self.link(here, there).broken) or self.ask("lose", wire.key):
            return
        source = self.source(sender, sender.local, address)
        for _ in range(1 + self.ask("duplicate", wire.key)):
            wire.put(self._deliver, data, source, there, address)

    def _deliver(self, data: bytes, sender: Address | None, host: str, address: Address) -> None:
        file = self._find(socket.SOCK_DGRAM, host, address)
        if isinstance(file, Datagrams) and file.remote in (None, sender):
            file.arrive(data, sender)

    def _find(self, kind: int, host: str, address: Address) -> File | None:
        found = self._addresses.find(kind, host, address)
        if found is None and host == LOCALHOST and isinstance(address, tuple):
            # Others know this host by an address that it does not call its own.
            return self._addresses.find(kind, host, (LOOPBACK[family_of(address[0])], address[1]))
        return found


def _resolve(future: Any) -> None:
    if not future.done():
        future.set_result(None)
