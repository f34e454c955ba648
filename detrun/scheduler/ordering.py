"""Sets that libraries walk although what is in them hashes by address: they are given sets that keep their order.

On a stock interpreter the order of such a walk is that of memory, and differs from process to process.
"""

from __future__ import annotations

from collections.abc import MutableSet
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

# Where connections, sockets, statements or scopes are walked, most often to close or to cancel all of them.
MODULES = (
    "aiohappyeyeballs.impl",
    "aiohttp.connector",
    "anyio._backends._asyncio",
    "asyncpg.connection",
    "redis.asyncio.connection",
    "uvicorn.server",
    "websockets.asyncio.server",
)


# Types do not see how a set, which is one of those already, could have two of them as bases.
_Walking: Any = MutableSet


class OrderedSet(_Walking, set[Any]):  # type: ignore[misc]
    """A set that is walked in the order in which its members were added.

    What an operator gives is ordered too: those are `MutableSet`'s, which walk.
    """

    def __init__(self, items: Iterable[Any] = ()) -> None:
        set.__init__(self)
        self._order: dict[Any, None] = {}
        self.update(items)

    def __contains__(self, item: object) -> bool:
        return set.__contains__(self, item)

    def __len__(self) -> int:
        return set.__len__(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._order)

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self._order))}}}" if self._order else "set()"

    def add(self, item: Any) -> None:
        set.add(self, item)
        self._order[item] = None

    def discard(self, item: Any) -> None:
        set.discard(self, item)
        self._order.pop(item, None)

    def update(self, *others: Iterable[Any]) -> None:
        for other in others:
            for item in other:
                self.add(item)

    def difference_update(self, *others: Iterable[Any]) -> None:
        for other in others:
            for item in list(other):
                self.discard(item)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        self.difference_update(self.difference(self.intersection(*others)))

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        for item in list(dict.fromkeys(other)):
            (self.discard if item in self else self.add)(item)

    def symmetric_difference(self, other: Iterable[Any]) -> OrderedSet:
        copy = self.copy()
        copy.symmetric_difference_update(other)
        return copy

    def copy(self) -> OrderedSet:
        return OrderedSet(self)

    def __and__(self, other: Any) -> Any:
        return self.intersection(other)  # `MutableSet` walks the other

    def union(self, *others: Iterable[Any]) -> OrderedSet:
        copy = self.copy()
        copy.update(*others)
        return copy

    def difference(self, *others: Iterable[Any]) -> OrderedSet:
        copy = self.copy()
        copy.difference_update(*others)
        return copy

    def intersection(self, *others: Iterable[Any]) -> OrderedSet:
        kept = set.intersection(self, *others)
        return OrderedSet(item for item in self if item in kept)


def keep_order(module: ModuleType) -> None:
    """Let a module make ordered sets from now on, which are harmless outside a run."""
    vars(module)["set"] = OrderedSet


class OrderedWeakSet(WeakSet[Any]):
    """A weak set that is walked in the order in which its members were added."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        # Dictionaries keep the order of insertion, weak ones too.
        self._order: WeakKeyDictionary[Any, None] = WeakKeyDictionary()
        super().__init__(items)

    def add(self, item: Any) -> None:
        super().add(item)
        self._order[item] = None

    def discard(self, item: Any) -> None:
        super().discard(item)
        self._order.pop(item, None)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._order))


def keep_weak_order(module: Any) -> None:
    """Let a module that says `weakref.WeakSet` make ordered ones from now on."""
    module.weakref = SimpleNamespace(**{**vars(module.weakref), "WeakSet": OrderedWeakSet})
