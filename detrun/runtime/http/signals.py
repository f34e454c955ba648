"""Signals by which somebody says that what was begun is not wanted any more. They belong to one context."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from detrun.errors import Aborted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class AbortSignal:
    """Aborted once or never; then who waits goes on, and who listens is called, in the order in which they came."""

    def __init__(self) -> None:
        self._reason: object = None
        self._aborted = False
        self._listeners: list[Callable[[], object]] = []

    @property
    def aborted(self) -> bool:
        return self._aborted

    @property
    def reason(self) -> object:
        """Why it was aborted, an error as a rule; `None` before."""
        return self._reason

    def throw_if_aborted(self) -> None:
        """Raise the reason, if there is one."""
        if self._aborted:
            raise self._reason if isinstance(self._reason, BaseException) else Aborted(str(self._reason))

    async def wait(self) -> object:
        """Wait until it is aborted; the reason."""
        if not self._aborted:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def wake() -> None:
                if not future.done():
                    future.set_result(None)

            self._listeners.append(wake)
            try:
                await future
            finally:
                self._forget(wake)
        return self._reason

    def add_event_listener(self, event: str, listener: Callable[[], object]) -> None:
        """Have something called when it is aborted; at once is too late, so look at `aborted` first."""
        _check(event)
        if not self._aborted and listener not in self._listeners:
            self._listeners.append(listener)

    def remove_event_listener(self, event: str, listener: Callable[[], object]) -> None:
        """Have it called no more."""
        _check(event)
        self._forget(listener)

    def _forget(self, listener: Callable[[], object]) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _abort(self, reason: object) -> None:
        if self._aborted:
            return
        self._aborted = True
        self._reason = Aborted("the operation was aborted") if reason is None else reason
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            _call(listener)

    @staticmethod
    def abort(reason: object = None) -> AbortSignal:
        """A signal that is aborted."""
        controller = AbortController()
        controller.abort(reason)
        return controller.signal

    @staticmethod
    def timeout(seconds: float) -> AbortSignal:
        """A signal that is aborted after this time, with a `TimeoutError`."""
        if not seconds >= 0:
            raise ValueError(f"expected a number of seconds, got {seconds!r}")
        controller = AbortController()
        reason = TimeoutError(f"{seconds:g} seconds have passed")
        asyncio.get_running_loop().call_later(seconds, controller.abort, reason)
        return controller.signal

    @staticmethod
    def any(signals: Iterable[AbortSignal]) -> AbortSignal:
        """A signal that is aborted as soon as one of these is, for its reason."""
        controller = AbortController()
        sources = list(signals)
        for source in sources:
            if source.aborted:
                controller.abort(source.reason)
                return controller.signal
        _follow(controller, sources)
        return controller.signal


class AbortController:
    """Whoever has it can abort its signal."""

    def __init__(self) -> None:
        self.signal = AbortSignal()

    def abort(self, reason: object = None) -> None:
        """Abort the signal; a second time does nothing."""
        self.signal._abort(reason)


def _follow(controller: AbortController, sources: list[AbortSignal]) -> None:
    def listener_of(source: AbortSignal) -> Callable[[], None]:
        def listener() -> None:
            for each, listening in listeners:
                each.remove_event_listener("abort", listening)
            controller.abort(source.reason)

        return listener

    listeners = [(source, listener_of(source)) for source in sources]
    for source, listener in listeners:
        source.add_event_listener("abort", listener)


def _call(listener: Callable[[], object]) -> None:
    try:
        listener()
    except Exception as error:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "a listener of a signal failed", "exception": error}
        )


def _check(event: str) -> None:
    if event != "abort":
        raise ValueError(f"expected the event 'abort', got {event!r}: a signal has no other")
