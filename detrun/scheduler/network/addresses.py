"""Addresses of the simulated network: which host has which, and what is bound where on it."""

from __future__ import annotations

import errno
import os
import socket
from collections import Counter
from difflib import get_close_matches
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING

from detrun.errors import UsageError

if TYPE_CHECKING:
    from detrun.scheduler.network.files import Address, File

LOCALHOST = "localhost"
# By family.
LOOPBACK: dict[int, str] = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
ANY: dict[int, str] = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}
# Where other hosts find `localhost`, for by its own address each of them finds itself.
_OUTWARD: dict[int, str] = {socket.AF_INET: "10.255.255.254", socket.AF_INET6: "fd00::ffff:fffe"}
_FIRST: dict[int, int] = {socket.AF_INET: int(ip_address("10.0.0.0")), socket.AF_INET6: int(ip_address("fd00::"))}
_FREE = range(40_000, 65_536)

# A kind of socket, a host, and the family and the port on it; or no family and a path.
_Place = tuple[int, str, int, "int | str"]


def family_of(address: str) -> socket.AddressFamily:
    """The family of an address that is written with digits."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Hosts:
    """Hosts by name and by address."""

    def __init__(self) -> None:
        self._addresses = {LOCALHOST: LOOPBACK[socket.AF_INET]}
        self._names = {address: LOCALHOST for addresses in (LOOPBACK, _OUTWARD) for address in addresses.values()}
        # What else a host is known by, for the family that its address is not of.
        self._others = {(LOCALHOST, family): address for family, address in _OUTWARD.items()}

    def add(self, name: str, address: str | None) -> str:
        """The address of a host, which is known from now on."""
        known = self._addresses.get(name)
        given = None if address is None else _checked(address)
        if known is None:
            self._addresses[name] = known = self._made_up(socket.AF_INET) if given is None else self._free(name, given)
            self._names[known] = name
        elif given not in (None, known):
            raise UsageError(f"expected {name!r} at {known}, where it is already, got {address!r}")
        return known

    def known(self, name: str) -> str:
        """This name, which is a host's."""
        if name in self._addresses:
            return name
        close = get_close_matches(name, self._addresses, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "add it with network.host()"
        raise UsageError(f"expected one of the hosts {', '.join(self._addresses)}, got {name!r}: {hint}")

    def resolve(self, name: str, family: int) -> str:
        """The address that a name means, of this family if there is a choice."""
        if name == LOCALHOST:
            return LOOPBACK[socket.AF_INET6 if family == socket.AF_INET6 else socket.AF_INET]
        address = self._addresses.get(name) or _written(name)
        if address in self._names or address in ANY.values():
            return address
        raise socket.gaierror(socket.EAI_NONAME, f"{name!r} is no host of the simulation; add it with network.host()")

    def name_of(self, address: str) -> str:
        """The host at an address, or the address."""
        return self._names.get(address, address)

    def at(self, address: str, here: str) -> str:
        """The host that an address leads to from here."""
        return here if address in LOOPBACK.values() or address in ANY.values() else self._names[address]

    def source(self, here: str, remote: str) -> str:
        """The address that a host has for whom it reaches at a remote address."""
        family = family_of(remote)
        if remote == LOOPBACK[family] or remote == self._addresses[here]:
            return remote
        if here != LOCALHOST and family_of(self._addresses[here]) == family:
            return self._addresses[here]
        if (here, family) not in self._others:
            self._others[here, family] = address = self._made_up(family)
            self._names[address] = here
        return self._others[here, family]

    def _free(self, name: str, address: str) -> str:
        if address in ANY.values() or ip_address(address).is_loopback:
            raise UsageError(f"expected an address for {name!r} that other hosts can reach, got {address!r}")
        if address in self._names:
            raise UsageError(
                f"expected a free address for {name!r}, got {address!r}, which {self._names[address]!r} has"
            )
        return address

    def _made_up(self, family: int) -> str:
        numbers = count(_FIRST[family] + len(self._addresses))
        return next(address for address in map(str, map(ip_address, numbers)) if address not in self._names)


class Addresses:
    """What is bound where. A wildcard has the port to itself, among the addresses of its family on its host."""

    def __init__(self) -> None:
        self._bound: dict[_Place, dict[str, File]] = {}
        self._places: dict[File, tuple[_Place, str]] = {}
        # How often a port is bound on a host, by whatever kind and family.
        self._ports: Counter[tuple[str, int | str]] = Counter()
        self._last = _FREE[-1]

    def bind(self, kind: int, host: str, file: File, address: Address) -> Address:
        """Have a file found under an address, with a port of its own if that is 0."""
        if file in self._places:
            raise _error(errno.EINVAL, address)
        if isinstance(address, tuple) and address[1] == 0:
            address = (address[0], self._free_port(host, address))
        place, name = _place(kind, host, address)
        there = self._bound.get(place, {})
        if there and (name in ANY.values() or not there.keys().isdisjoint((name, *ANY.values()))):
            raise _error(errno.EADDRINUSE, address)
        self._bound.setdefault(place, {})[name] = file
        self._places[file] = place, name
        self._ports[host, place[-1]] += 1
        return address

    def move(self, old: File, new: File) -> None:
        """Have another file found where this one was."""
        if old in self._places:
            self._places[new] = place, name = self._places.pop(old)
            self._bound[place][name] = new

    def forget(self, file: File) -> None:
        """Have a file found no more."""
        if file not in self._places:
            return
        place, name = self._places.pop(file)
        del self._bound[place][name]
        if not self._bound[place]:
            del self._bound[place]
        port = place[1], place[-1]
        self._ports[port] -= 1
        if not self._ports[port]:
            del self._ports[port]

    def find(self, kind: int, host: str, address: Address) -> File | None:
        """The file at an address of a host, or at the wildcard of its family."""
        place, name = _place(kind, host, address)
        there = self._bound.get(place, {})
        return there.get(name) or there.get(ANY[family_of(name)])

    def host_of(self, file: File) -> str | None:
        """The host on which a file is bound."""
        return self._places[file][0][1] if file in self._places else None

    def _free_port(self, host: str, address: Address) -> int:
        for _ in _FREE:
            self._last = self._last + 1 if self._last < _FREE[-1] else _FREE[0]
            if (host, self._last) not in self._ports:
                return self._last
        raise _error(errno.EADDRNOTAVAIL, address)


def _place(kind: int, host: str, address: Address) -> tuple[_Place, str]:
    if isinstance(address, str):
        return (kind, host, 0, address), ""
    name, port = address
    return (kind, host, family_of(name), port), name


def _written(name: str) -> str:
    """An address as it is usually written; anything else as it is."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name


def _checked(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        raise UsageError(f"expected an IPv4 or IPv6 address, got {address!r}") from None


def _error(code: int, address: Address) -> OSError:
    return OSError(code, f"{os.strerror(code)}: {address!r}")
