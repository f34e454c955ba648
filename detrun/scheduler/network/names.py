"""Names of the simulated network: what `getaddrinfo` and `getnameinfo` say of its hosts."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from detrun.scheduler.network.addresses import ANY, LOOPBACK

if TYPE_CHECKING:
    from detrun.scheduler.network.network import Network

_KINDS = ((socket.SOCK_STREAM, socket.IPPROTO_TCP), (socket.SOCK_DGRAM, socket.IPPROTO_UDP))
_SERVICES = {"http": 80, "https": 443, "domain": 53, "redis": 6379, "postgresql": 5432}


def addresses(  # noqa: PLR0917  # the arguments are those of `socket.getaddrinfo`
    network: Network,
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002  # as `socket.getaddrinfo` has it
    proto: int = 0,
    flags: int = 0,
) -> list[Any]:
    """What `socket.getaddrinfo` says."""
    address = _address(network, host, family, flags)
    at = socket.AF_INET6 if ":" in address else socket.AF_INET
    if family not in (0, at):
        raise socket.gaierror(socket.EAI_NONAME, f"{host!r} has no address of family {family}")
    place = (address, _port(port), 0, 0) if at == socket.AF_INET6 else (address, _port(port))
    name = str(host) if flags & socket.AI_CANONNAME else ""
    return [
        (at, kind, protocol, name, place)
        for kind, protocol in _KINDS
        if type in (0, kind) and proto in (0, protocol)
    ]  # fmt: skip


def address(network: Network, host: Any) -> str:
    """What `socket.gethostbyname` says."""
    return _address(network, host, 0, 0)


def aliases(network: Network, host: Any) -> tuple[str, list[str], list[str]]:
    """What `socket.gethostbyname_ex` says."""
    return host, [], [address(network, host)]


def host(network: Network, address: Any) -> tuple[str, list[str], list[str]]:
    """What `socket.gethostbyaddr` says, of a name too."""
    at = _address(network, address, 0, 0)
    return network.name_of(at), [], [at]


def names(network: Network, address: Any, flags: int = 0) -> tuple[str, str]:
    """What `socket.getnameinfo` says."""
    host, port = address[:2]
    return (host if flags & socket.NI_NUMERICHOST else network.name_of(host)), str(port)


def _address(network: Network, host: Any, family: int, flags: int) -> str:
    if host is None or host in ("", b""):
        unnamed = ANY if flags & socket.AI_PASSIVE or host is not None else LOOPBACK
        return unnamed[socket.AF_INET6 if family == socket.AF_INET6 else socket.AF_INET]
    return network.resolve(host.decode("ascii") if isinstance(host, bytes) else host, family)


def _port(port: Any) -> int:
    if port is None or port in ("", b""):
        return 0
    text = port.decode("ascii") if isinstance(port, bytes) else port
    if isinstance(text, int) or text.isdecimal():
        return int(text)
    if text not in _SERVICES:
        raise socket.gaierror(socket.EAI_SERVICE, f"{text!r} is no service of the simulation")
    return _SERVICES[text]
