"""The asynchronous generators of one loop: known from their first step, closed when dropped and at shutdown."""

from __future__ import annotations

import asyncio
import sys
import warnings
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, MutableMapping

    from detrun.scheduler.loop import Loop


class Generators:
    """Those that are alive, in order of their first step; asyncio's set of them has no order."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        # A weak one from the first generator on: most programs have none, and it costs as much as a step.
        self.alive: MutableMapping[int, AsyncGenerator[Any, Any]] = {}
        self._begun = 0
        self._closing = False
        self._hooks = self._begin, self._drop

    def hook(self) -> None:
        """From now on, learn of the generators that are begun and dropped in this thread."""
        sys.set_asyncgen_hooks(*self._hooks)

    async def shutdown(self) -> None:
        """Close all that are alive."""
        self._closing = True
        closing = list(self.alive.values())
        self.alive.clear()
        results = await asyncio.gather(*[generator.aclose() for generator in closing], return_exceptions=True)
        for generator, result in zip(closing, results, strict=True):
            if isinstance(result, Exception):
                self._report(generator, result)

    def _begin(self, generator: AsyncGenerator[Any, Any]) -> None:
        if self._closing:
            message = f"asynchronous generator {generator!r} was scheduled after loop.shutdown_asyncgens() call"
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self._loop)
        if not self._begun:
            self.alive = WeakValueDictionary()
        self._begun += 1
        self.alive[self._begun] = generator

    def _drop(self, generator: AsyncGenerator[Any, Any]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon(self._loop.create_task, generator.aclose())

    def _report(self, generator: AsyncGenerator[Any, Any], error: Exception) -> None:
        message = f"an error occurred during closing of asynchronous generator {generator!r}"
        self._loop.call_exception_handler({"message": message, "exception": error, "asyncgen": generator})
