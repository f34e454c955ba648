"""What a program that runs in a simulation may ask of its world: hosts, links, and what goes wrong between them."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.scheduler import catch
from detrun.scheduler.network.network import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.scheduler.network.network import Network


class SimulatedNetwork:
    """The network of the run that the calling code is part of."""

    def host(self, name: str, address: str | None = None) -> str:
        """Have a host of this name; its address, which is made up unless it is given."""
        return _network().host(name, address)

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Run what follows, and the tasks that it starts, on a host of this name."""
        _network().host(name)
        token = HOST.set(name)
        try:
            yield
        finally:
            HOST.reset(token)

    def link(self, one: str, other: str, *, latency: float = 0.0, bandwidth: float = 0.0) -> None:
        """Set how many seconds the way between two hosts takes, and how many bytes a second go along; 0 is no bound."""
        link = _network().link_between(one, other)
        link.latency, link.bandwidth = _at_least_0("latency", latency), _at_least_0("bandwidth", bandwidth)

    def partition(self, one: str, other: str) -> None:
        """Let nothing through between two hosts; streams wait, datagrams are lost."""
        _network().link_between(one, other).cut()

    def heal(self, one: str, other: str) -> None:
        """Let everything through again that waited."""
        _network().link_between(one, other).mend()


network = SimulatedNetwork()


def _network() -> Network:
    engine = catch.current()
    if engine is None:
        raise UsageError("expected a program that runs in a simulation, got a call from outside of any run")
    return engine.network


def _at_least_0(what: str, value: float) -> float:
    if not 0 <= value < math.inf:
        raise UsageError(f"expected a {what} of 0 or more, got {value!r}")
    return value
