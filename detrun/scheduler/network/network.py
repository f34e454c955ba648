"""The simulated network of one run: who listens where, who can reach whom, and what names mean."""

from __future__ import annotations

import errno
import itertools
import os
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING

from detrun.scheduler.network.files import Address, Datagrams, File, Listener, Stream
from detrun.scheduler.network.links import Link
from detrun.scheduler.network.wires import Kernel, Wire

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.network.readiness import Readiness

LOCALHOST = "localhost"
_LOOPBACK = ("127.0.0.1", "::1")
_ANY = ("0.0.0.0", "::")
# Far above what the process has open, so that a mix-up is an error.
_FIRST_FD = 1_000_000
_FIRST_PORT = 40_000

# The host on which the code that runs now runs.
HOST: ContextVar[str] = ContextVar("detrun_host", default=LOCALHOST)


class Network:
    """Hosts by name and address, listeners, descriptors, and the wires between hosts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kernel = Kernel(engine)
        self._counts: dict[str, int] = {}
        self._files: dict[int, File] = {}
        self._fds = itertools.count(_FIRST_FD)
        self._ports = itertools.count(_FIRST_PORT)
        self._addresses: dict[str, str] = {LOCALHOST: _LOOPBACK[0]}
        self._bound: dict[tuple[int, str, Address], File] = {}
        self._links: dict[frozenset[str], Link] = {}
        self._wire_count = 0
        self.ask = engine.faults.ask
        self.faulty = bool(engine.faults.kinds)
        # What a closed socket has for a file: asyncio's transports keep sockets until a collection.
        self.nothing = File(self, "closed")

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

    def close(self, fd: int) -> None:
        """Close a descriptor and its file."""
        file = self._files.pop(fd, None)
        if file is not None:
            file.close()

    def count(self, kind: str) -> int:
        """The number of the next file of a kind."""
        self._counts[kind] = number = self._counts.get(kind, 0) + 1
        return number

    def wire(self, name: str, between: tuple[str, str] = (LOCALHOST, LOCALHOST)) -> Wire:
        """A new wire, from one host to another."""
        self._wire_count += 1
        wire = Wire(self._engine, self._kernel, hash((-2, self._wire_count)), name)
        if between[0] != between[1]:
            wire.follow(self.link(*between))
        return wire

    def link(self, one: str, other: str) -> Link:
        """What lies between two hosts."""
        return self._links.setdefault(frozenset((one, other)), Link())

    # Names and addresses.

    def host(self, name: str, address: str | None = None) -> str:
        """The address of a host, which is known from now on."""
        if name not in self._addresses:
            number = len(self._addresses)
            self._addresses[name] = address or f"10.0.{number >> 8}.{number & 255}"
        return self._addresses[name]

    def resolve(self, name: str) -> str:
        """The address that a name means."""
        if name in self._addresses:
            return self._addresses[name]
        if name in _LOOPBACK or name in _ANY or name in self._addresses.values():
            return name
        raise socket.gaierror(socket.EAI_NONAME, f"{name!r} is no host of the simulation; add it with network.host()")

    def name_of(self, address: str) -> str:
        """The host at an address, or the address."""
        return next((name for name, at in self._addresses.items() if at == address), address)

    def local_address(self, remote: Address) -> Address:
        """A free address to connect from."""
        here = self.host(HOST.get())
        name = remote[0] if isinstance(remote, tuple) and remote[0] in _LOOPBACK else here
        return name, next(self._ports)

    def host_at(self, address: Address, here: str) -> str:
        """The host that an address leads to from here."""
        if isinstance(address, str) or address[0] in _LOOPBACK or address[0] in _ANY:
            return here
        return next((name for name, at in self._addresses.items() if at == address[0]), here)

    # Connections.

    def bind(self, kind: int, file: File, address: Address) -> Address:
        """Have a file found under an address, with a port of its own if that is 0."""
        if isinstance(address, tuple) and address[1] == 0:
            address = (address[0], next(self._ports))
        key = (kind, HOST.get(), address)
        if key in self._bound:
            raise OSError(errno.EADDRINUSE, f"{os.strerror(errno.EADDRINUSE)}: {address!r}")
        self._bound[key] = file
        return address

    def rebind(self, old: File, new: File) -> None:
        """Have another file found where this one was."""
        for key, file in self._bound.items():
            if file is old:
                self._bound[key] = new

    def forget(self, file: File) -> None:
        """Have a file found no more."""
        for key in [key for key, bound in self._bound.items() if bound is file]:
            del self._bound[key]

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
        answering = Stream(self, stream.remote, stream.local, stream.between[::-1])
        answering.join(stream)
        stream.wire.put(stream.join, answering)
        listener.arrive(answering)

    def connect_at_once(self, stream: Stream) -> None:
        """Connect a stream without waiting, for a kernel needs nobody to accept: to a path, or where a call blocks."""
        if stream.between[0] != stream.between[1] and self.link(*stream.between).broken:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        listener = self._find(socket.SOCK_STREAM, stream.between[0], stream.remote)
        if listener is None and isinstance(stream.remote, str):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not isinstance(listener, Listener) or listener.full() or self.ask("refuse", stream.wire.key):
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        answering = Stream(self, stream.remote, stream.local, stream.between[::-1])
        answering.join(stream)
        stream.join(answering)
        listener.arrive(answering)

    def stream(self, local: Address, remote: Address) -> Stream:
        """One end of a connection to be, from the host on which the code runs that asks."""
        here = HOST.get()
        return Stream(self, local, remote, (self.host_at(remote, here), here))

    def pair(self) -> tuple[Stream, Stream]:
        """Two ends of a connection that was always there."""
        here = HOST.get()
        one, other = Stream(self, "", "", (here, here)), Stream(self, "", "", (here, here))
        one.join(other)
        other.join(one)
        return one, other

    def send(self, sender: Datagrams, data: bytes, address: Address) -> None:
        """Send a datagram on its way; whether anybody is there shows when it arrives."""
        here = HOST.get()
        there = self.host_at(address, here)
        wire = self.wire(f"{sender.name} sends", (here, there))
        if (here != there and self.link(here, there).broken) or self.ask("lose", wire.key):
            return
        for _ in range(1 + self.ask("duplicate", wire.key)):
            wire.put(self._deliver, data, sender.local, there, address)

    def _deliver(self, data: bytes, sender: Address | None, host: str, address: Address) -> None:
        file = self._find(socket.SOCK_DGRAM, host, address)
        if isinstance(file, Datagrams):
            file.arrive(data, sender)

    def _find(self, kind: int, host: str, address: Address) -> File | None:
        if isinstance(address, str):
            return self._bound.get((kind, host, address))
        name, port = address
        candidates = (self._bound.get((kind, host, (at, port))) for at in (name, *_ANY, *_LOOPBACK[: name in _ANY]))
        return next((file for file in candidates if file is not None), None)
