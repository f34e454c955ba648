"""The asynchronous generators of one loop: known from their first step, closed when dropped and at shutdown.

While units take their turns the interpreter tells of generators of any of them, for to tell it whose turn it is costs
as much as a small turn, and more in a run of which a journal is kept: whoever audits hears of each time.
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from asyncio import events
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary, ref

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, MutableMapping

    from detrun.scheduler.loop import Loop

    Hook = Callable[[AsyncGenerator[Any, Any]], None]


class Generators:
    """Those that are alive, in order of their first step; asyncio's set of them has no order."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        # For those that must not keep it.
        self.owner = ref(loop)
        # A weak one from the first generator on: most programs have none, and it costs as much as a step.
        self.alive: MutableMapping[int, AsyncGenerator[Any, Any]] = {}
        self._begun = 0
        self._closing = False

    def hook(self) -> None:
        """From now on, learn of the generators that are begun and dropped in this thread."""
        sys.set_asyncgen_hooks(self.begin, self.drop)

    def begin(self, generator: AsyncGenerator[Any, Any]) -> None:
        """A generator takes its first step."""
        if self._closing:
            message = f"asynchronous generator {generator!r} was scheduled after loop.shutdown_asyncgens() call"
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self._loop)
        if not self._begun:
            self.alive = WeakValueDictionary()
        self._begun += 1
        self.alive[self._begun] = generator

    def drop(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Nobody has this generator any more, and it has not come to its end."""
        if not self._loop.is_closed():
            self._loop.call_soon(self._loop.create_task, generator.aclose())

    async def shutdown(self) -> None:
        """Close all that are alive."""
        self._closing = True
        closing = list(self.alive.values())
        self.alive.clear()
        results = await asyncio.gather(*[generator.aclose() for generator in closing], return_exceptions=True)
        for generator, result in zip(closing, results, strict=True):
            if isinstance(result, Exception):
                self._report(generator, result)

    def _report(self, generator: AsyncGenerator[Any, Any], error: Exception) -> None:
        message = f"an error occurred during closing of asynchronous generator {generator!r}"
        self._loop.call_exception_handler({"message": message, "exception": error, "asyncgen": generator})


def of_units() -> tuple[Hook, Hook]:
    """Hooks for the units of one run: the loop that runs learns of a generator that is begun, also if it is dropped."""
    # Those that are alive, by the address that each has alone as long as it is.
    alive: dict[int, _Owned] = {}
    # Whose those were that are gone. Who was dropped is told of after that, and none of the others need be known.
    gone: dict[int, ref[Loop]] = {}

    def begin(generator: AsyncGenerator[Any, Any]) -> None:
        gone.clear()
        loop = cast("Loop", events._get_running_loop())
        owned = alive[id(generator)] = _Owned(generator, forget)
        owned.address, owned.loop = id(generator), loop.generators.owner
        loop.generators.begin(generator)

    def forget(owned: Any) -> None:
        del alive[owned.address]
        if owned.loop() is not None:
            gone[owned.address] = owned.loop

    def drop(generator: AsyncGenerator[Any, Any]) -> None:
        owner = gone.pop(id(generator), None)
        if owner is not None and (loop := owner()) is not None:
            loop.generators.drop(generator)

    return begin, drop


class _Owned(ref["AsyncGenerator[Any, Any]"]):
    """A generator that took its first step in the turn of a unit, its address, and the loop that it belongs to."""

    __slots__ = ("address", "loop")
    address: int
    loop: ref[Loop]
