"""What asyncio and libraries make, and programs keep in sets, is walked in an order that no address decides."""

from __future__ import annotations

import asyncio
import importlib
import threading
from asyncio import selector_events
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from weakref import WeakSet

import pytest

import detrun
from tests.laws.test_same_seed import perturb


class Own(asyncio.Protocol):
    """A protocol of a program, as most are."""


class Slots(asyncio.Protocol):
    """A protocol of a program that has no room for a number."""

    __slots__ = ()


def blank(name: str) -> Callable[[], Any]:
    """Makes things of a class without the trouble of its constructor."""
    module, _, cls = name.rpartition(".")
    kind = getattr(pytest.importorskip(module), cls)
    return lambda: kind.__new__(kind)


@pytest.mark.parametrize(
    "make",
    [
        *(asyncio.Queue, asyncio.Event, asyncio.Lock, asyncio.Condition, asyncio.Semaphore, asyncio.StreamReader),
        *(asyncio.PriorityQueue, Own, threading.Thread, Future),
        *("asyncio.StreamWriter", "asyncio.selector_events._SelectorSocketTransport"),
        *("aiohttp.web.WebSocketResponse", "aiohttp.client_ws.ClientWebSocketResponse"),
        *("websockets.asyncio.server.ServerConnection", "starlette.websockets.WebSocket"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("gather", [set, WeakSet])
def test_a_set_is_walked_in_an_order_that_no_address_decides(make: Any, gather: Callable[[], Any]) -> None:
    construct = blank(make) if isinstance(make, str) else make

    async def main() -> list[int]:
        found, things = gather(), [construct() for _ in range(50)]
        for thing in things:
            found.add(thing)
        for thing in things[::3]:
            found.discard(thing)
        return [things.index(thing) for thing in found]

    orders = set()
    for number in range(3):
        kept = perturb(number)
        result = detrun.run(main)
        assert result.failure is None, result.failure
        orders.add(tuple(result.value))
        del kept

    assert len(orders) == 1


def test_what_has_no_room_for_a_number_hashes_as_ever_and_so_does_all_outside_a_run() -> None:
    async def main() -> tuple[int, int]:
        slots = Slots()
        return hash(slots), object.__hash__(slots)

    one, other = detrun.run(main).value
    queue: asyncio.Queue[int] = asyncio.Queue()

    assert one == other
    assert hash(queue) == object.__hash__(queue)
    assert (
        vars(selector_events)["_SelectorTransport"].__hash__
        is importlib.import_module("detrun.scheduler.numbers")._hash
    )
