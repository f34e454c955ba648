"""Work that a live program has done outside of its run: its results are inputs, and at replay nothing is done."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, cast

from detrun.errors import Forbidden
from detrun.live.encoding import Opaque, decoded, encoded, outcome

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable

    from detrun.journal.entries import Received
    from detrun.live.edge import Edge

HANDLE = b"\xc1"
"""How a payload begins that stands for something which cannot be written down: a byte that no encoding has."""


class Jobs:
    """The jobs of one run, numbered as they are handed over."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._waiting: dict[int, Future[Any]] = {}
        self._last = 0
        # What jobs gave that cannot be written down.
        self._things: dict[int, Any] = {}
        # Of which kinds they were, by module and name.
        self.kinds: set[str] = set()

    def done(self, loop: Any, work: Callable[[], Any]) -> Future[Any]:
        """What the work gives, once it is done."""
        self._last = number = self._last + 1
        self._waiting[number] = future = cast("Future[Any]", loop.create_future())
        self._edge.start(number, partial(self._do, number, work))
        return future

    def _do(self, number: int, work: Callable[[], Any]) -> bytes:
        try:
            return outcome(work)
        except Opaque as opaque:
            self._things[number] = opaque.value
            return HANDLE + encoded((type(opaque.value).__module__, type(opaque.value).__qualname__))

    def take(self, entry: Received) -> None:
        """A job is done; whoever waited may have gone."""
        future = self._waiting.pop(entry.n)
        if future.done():
            return
        try:
            future.set_result(self._given(entry.n, entry.payload))
        except BaseException as error:
            future.set_exception(error)

    def _given(self, number: int, payload: bytes) -> Any:
        if not payload.startswith(HANDLE):
            return decoded(payload)
        module, name = decoded(payload[len(HANDLE) :])
        self._remark(module, name)
        if number in self._things:
            return self._things.pop(number)
        return Stand(getattr(sys.modules.get(module), name, object), "")

    def _remark(self, module: str, name: str) -> None:
        """Say once of each kind what a replay will not have: who opens files in jobs reads them in jobs, too."""
        kind = f"{module}.{name}"
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        if module not in {"_io", "io"}:
            self._edge.remark(
                f"what a job gave, a {kind}, cannot be written down: a replay has a stand-in that only jobs may use"
            )


class Stand:
    """What a replay has for something that a job gave and that could not be written down: other jobs may have it."""

    def __init__(self, kind: type, name: str) -> None:
        self._kind = kind
        self._name = name

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self._kind

    def __getattr__(self, name: str) -> Stand:
        return Stand(object, name)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise Forbidden(f"what a job gave, to call its {self._name}()", "call it in a job, as by asyncio.to_thread()")
