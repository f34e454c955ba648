"""`select` and `selectors` on simulated sockets: what is ready now can be asked, but not waited for."""

from __future__ import annotations

import errno
import os
import select
import selectors
from functools import wraps
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.network.readiness import descriptor

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.network.network import Network

_WAIT = "ask with a timeout of 0, or await the loop's sock_ methods"
_WATCH = "use the loop's add_reader() and add_writer()"
_ANYTHING = select.POLLIN | select.POLLPRI | select.POLLOUT
# Types do not let them be changed.
_select: Any = select
_selectors: Any = selectors


class Poll:
    """What `select.poll()` gives inside a run: clients ask with it whether a connection that they kept is still good.

    Real descriptors stay with a real one.
    """

    def __init__(self, network: Network, real: Any) -> None:
        self._network = network
        self._real = real
        self._masks: dict[int, int] = {}

    def register(self, file: Any, eventmask: int = _ANYTHING) -> None:
        fd = descriptor(file)
        if self._network.simulates(fd):
            self._masks[fd] = eventmask
        else:
            self._real.register(fd, eventmask)

    def modify(self, file: Any, eventmask: int) -> None:
        fd = descriptor(file)
        if fd in self._masks:
            self._masks[fd] = eventmask
        elif self._network.simulates(fd):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        else:
            self._real.modify(fd, eventmask)

    def unregister(self, file: Any) -> None:
        fd = descriptor(file)
        if self._network.simulates(fd):
            del self._masks[fd]
        else:
            self._real.unregister(fd)

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        if not self._masks:
            return list(self._real.poll(timeout))
        ready = [(fd, events) for fd, mask in self._masks.items() if (events := self._events(fd, mask))]
        ready += self._real.poll(0)
        _check_waits("poll()", timeout, ready)
        return ready

    def _events(self, fd: int, mask: int) -> int:
        try:
            file = self._network.file(fd)
        except OSError:
            return select.POLLNVAL
        return mask & (select.POLLIN * file.readable() | select.POLLOUT * file.writable())


def catch(current: Callable[[], Network | None]) -> None:
    """Have `select` and `selectors` know simulated sockets wherever `current` gives a network."""
    _catch_poll(current)
    _catch_select(current)
    _catch_selectors(current)


def _catch_poll(current: Callable[[], Network | None]) -> None:
    real = select.poll

    @wraps(real)
    def poll() -> Any:
        network = current()
        return real() if network is None else Poll(network, real())

    _select.poll = poll


def _catch_select(current: Callable[[], Network | None]) -> None:
    real = select.select

    @wraps(real)
    def choose(readers: Any, writers: Any, others: Any, timeout: float | None = None, /) -> Any:
        network = current()
        if network is None or not any(network.simulates(descriptor(file)) for file in (*readers, *writers)):
            return real(readers, writers, others, timeout)
        reading = [file for file in readers if network.file(descriptor(file)).readable()]
        writing = [file for file in writers if network.file(descriptor(file)).writable()]
        _check_waits("select()", timeout, reading or writing)
        return reading, writing, []

    _select.select = choose


def _catch_selectors(current: Callable[[], Network | None]) -> None:
    real = _selectors._BaseSelectorImpl.register

    @wraps(real)
    def register(self: Any, fileobj: Any, *rest: Any, **named: Any) -> Any:
        network = current()
        if network is not None and network.simulates(descriptor(fileobj)):
            raise Forbidden(f"a simulated socket in a {type(self).__name__}", _WATCH)
        return real(self, fileobj, *rest, **named)

    _selectors._BaseSelectorImpl.register = register


def _check_waits(what: str, timeout: float | None, ready: list[Any]) -> None:
    if not ready and timeout != 0:
        raise Forbidden(f"select.{what} that waits for simulated sockets", _WAIT)
