"""`select` and `selectors` on simulated sockets: what is ready is told at once, or waited for in virtual time."""

from __future__ import annotations

import errno
import os
import select
import selectors
from functools import wraps
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.network.readiness import descriptor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from detrun.scheduler.network.files import File
    from detrun.scheduler.network.network import Network

_WATCH = "make the selector inside the run, or use the loop's add_reader() and add_writer()"
_ANYTHING = select.POLLIN | select.POLLPRI | select.POLLOUT
# Types do not let them be changed.
_select: Any = select
_selectors: Any = selectors


class Poll:
    """What `select.poll()` gives inside a run. Real descriptors stay with a real one, which is only asked."""

    # How many of what it is told make a second.
    _second = 1000.0

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

    def poll(self, timeout: float | None = None, *_: int) -> list[tuple[int, int]]:
        if not self._masks:
            return list(self._real.poll(timeout))
        ready = self._ready()
        if not ready and timeout != 0:
            seconds = None if timeout is None or timeout < 0 else timeout / self._second
            self._network.wait(list(self._asked()), "poll()", seconds)
            ready = self._ready()
        return ready

    def _ready(self) -> list[tuple[int, int]]:
        ready = [(fd, events) for fd, mask in self._masks.items() if (events := self._events(fd, mask))]
        return ready + list(self._real.poll(0))

    def _events(self, fd: int, mask: int) -> int:
        try:
            file = self._network.file(fd)
        except OSError:
            return select.POLLNVAL
        return mask & (select.POLLIN * file.readable() | select.POLLOUT * file.writable())

    def _asked(self) -> Iterable[tuple[File, int]]:
        for fd, mask in self._masks.items():
            events = (EVENT_READ if mask & select.POLLIN else 0) | (EVENT_WRITE if mask & select.POLLOUT else 0)
            yield self._network.file(fd), events


class Epoll(Poll):
    """What a selector has for `select.epoll()` inside a run; its events have the same numbers."""

    _second = 1.0

    def fileno(self) -> int:
        return int(self._real.fileno())

    def close(self) -> None:
        self._real.close()


def catch(current: Callable[[], Network | None]) -> None:
    """Have `select` and `selectors` know simulated sockets wherever `current` gives a network."""
    _select.poll = _catch_poll(select.poll, Poll, current)
    _select.select = _catch_select(select.select, current)
    # What they took from `select` when they were imported.
    _selectors.PollSelector._selector_cls = staticmethod(_select.poll)
    _selectors.SelectSelector._select = staticmethod(_select.select)
    if hasattr(select, "epoll"):
        _selectors.EpollSelector._selector_cls = staticmethod(_catch_poll(select.epoll, Epoll, current))
    _catch_register(current)


def _catch_poll(real: Any, simulated: type[Poll], current: Callable[[], Network | None]) -> Any:
    @wraps(real)
    def poll() -> Any:
        network = current()
        return real() if network is None else simulated(network, real())

    return poll


def _catch_select(real: Any, current: Callable[[], Network | None]) -> Any:
    @wraps(real)
    def choose(readers: Any, writers: Any, others: Any, timeout: float | None = None, /) -> Any:
        network = current()
        if network is None or not any(network.simulates(descriptor(file)) for file in (*readers, *writers)):
            return real(readers, writers, others, timeout)
        asked = [(network.file(descriptor(file)), EVENT_READ) for file in readers]
        asked += [(network.file(descriptor(file)), EVENT_WRITE) for file in writers]
        if timeout != 0:
            network.wait(asked, "select()", timeout)
        reading = [file for file in readers if network.file(descriptor(file)).readable()]
        writing = [file for file in writers if network.file(descriptor(file)).writable()]
        return reading, writing, []

    return choose


def _catch_register(current: Callable[[], Network | None]) -> None:
    real = _selectors._BaseSelectorImpl.register

    @wraps(real)
    def register(self: Any, fileobj: Any, *rest: Any, **named: Any) -> Any:
        network = current()
        if network is not None and network.simulates(descriptor(fileobj)) and not _knows(self):
            raise Forbidden(f"a simulated socket in a {type(self).__name__}", _WATCH)
        return real(self, fileobj, *rest, **named)

    _selectors._BaseSelectorImpl.register = register


def _knows(selector: Any) -> bool:
    """Whether a selector was made to know simulated sockets."""
    return isinstance(selector, selectors.SelectSelector) or isinstance(getattr(selector, "_selector", None), Poll)
