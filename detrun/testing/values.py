"""Values that a test is given: those of fixtures are the same in all runs, unless they say otherwise."""

from __future__ import annotations

import inspect
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence


class EachRun:
    """A value that is made anew in each run, inside it: what a fixture gives whose value keeps something.

    What `make` gives is awaited if it can be, and entered and left if it is an asynchronous context manager.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def program(
    function: Callable[..., Awaitable[object]], arguments: Sequence[Any], given: Mapping[str, Any]
) -> Callable[[], Awaitable[object]]:
    """The test function with its arguments, to be called for each run."""
    if not any(isinstance(value, EachRun) for value in (*arguments, *given.values())):

        def call() -> Awaitable[object]:
            return function(*arguments, **given)

        call.__qualname__ = getattr(function, "__qualname__", "call")
        return call

    async def run() -> object:
        async with AsyncExitStack() as stack:
            positional = [await _made(value, stack) for value in arguments]
            named = {name: await _made(value, stack) for name, value in given.items()}
            return await function(*positional, **named)

    run.__qualname__ = getattr(function, "__qualname__", "run")
    return run


async def _made(value: Any, stack: AsyncExitStack) -> Any:
    if not isinstance(value, EachRun):
        return value
    made = value.make()
    if inspect.isawaitable(made):
        made = await made
    return await stack.enter_async_context(made) if hasattr(made, "__aenter__") else made
