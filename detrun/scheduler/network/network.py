"""The simulated network of one run: who listens where, who can reach whom, and what names mean."""

from __future__ import annotations

import errno
import itertools
import os
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from detrun.scheduler.network.files import Address, Datagrams, File, Listener, Stream
from detrun.scheduler.network.wires import Kernel, Wire

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine

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
        self._wires: WeakSet[Wire] = WeakSet()
        self._wire_count = 0

    # Descriptors.

    def open(self, file: File) -> int:
        """Give a file a descriptor."""
        fd = next(self._fds)
        self._files[fd] = file
        return fd

    def file(self, fd: int) -> File:
        """The file of a descriptor."""
        try:
            return self._files[fd]
        except KeyError:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None

    def reopen(self, fd: int, file: File) -> None:
        """Let a descriptor mean another file: a socket learns late whether it listens or connects."""
        self._files[fd] = file

    def unwatch(self, fd: int) -> None:
        """Nobody waits for the descriptor any more, which may be closed already."""
        if fd in self._files:
            self._files[fd].watch(None, -1)

    def close(self, fd: int) -> None:
        """Close a descriptor and its file."""
        file = self._files.pop(fd, None)
        if file is not None:
            file.close()

    def count(self, kind: str) -> int:
        """The number of the next file of a kind."""
        self._counts[kind] = number = self._counts.get(kind, 0) + 1
        return number

    def wire(self, name: str, *_: Any) -> Wire:
        """A new wire."""
        self._wire_count += 1
        return Wire(self._engine, self._kernel, hash((-2, self._wire_count)), name)

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
        knock = self.wire(f"{stream.name} connects")
        knock.put(self._knock, stream, HOST.get())

    def _knock(self, stream: Stream, host: str) -> None:
        listener = self._find(socket.SOCK_STREAM, host, stream.remote)
        if not isinstance(listener, Listener) or listener.full():
            stream.wire.put(stream.fail, errno.ECONNREFUSED)
            return
        answering = Stream(self, stream.remote, stream.local)
        answering.join(stream)
        stream.wire.put(stream.join, answering)
        listener.arrive(answering)

    def pair(self) -> tuple[Stream, Stream]:
        """Two ends of a connection that was always there."""
        one, other = Stream(self, "", ""), Stream(self, "", "")
        one.join(other)
        other.join(one)
        return one, other

    def send(self, sender: Datagrams, data: bytes, address: Address) -> None:
        """Send a datagram on its way; whether anybody is there shows when it arrives."""
        wire = self.wire(f"{sender.name} sends")
        wire.put(self._deliver, data, sender.local, HOST.get(), address)

    def _deliver(self, data: bytes, sender: Address | None, host: str, address: Address) -> None:
        file = self._find(socket.SOCK_DGRAM, host, address)
        if isinstance(file, Datagrams):
            file.arrive(data, sender)

    def _find(self, kind: int, host: str, address: Address) -> File | None:
        if isinstance(address, str):
            return self._bound.get((kind, host, address))
        name, port = address
        if name not in _LOOPBACK and name not in _ANY:
            host = next((known for known, at in self._addresses.items() if at == name), host)
        candidates = (self._bound.get((kind, host, (at, port))) for at in (name, *_ANY, *_LOOPBACK[: name in _ANY]))
        return next((file for file in candidates if file is not None), None)
