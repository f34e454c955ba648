"""Sets that libraries walk although what is in them hashes by address: they are given sets that keep their order.

On a stock interpreter the order of such a walk is that of memory, and differs from process to process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

# Where the walks are: anyio cancels the scopes inside a scope, uvicorn shuts down its connections.
MODULES = ("anyio._backends._asyncio", "uvicorn.server")


class OrderedSet(set[Any]):
    """A set that is walked in the order in which its members were added."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__()
        self._order: dict[Any, None] = {}
        for item in items:
            self.add(item)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._order)

    def add(self, item: Any) -> None:
        super().add(item)
        self._order[item] = None

    def remove(self, item: Any) -> None:
        super().remove(item)
        del self._order[item]

    def discard(self, item: Any) -> None:
        super().discard(item)
        self._order.pop(item, None)

    def pop(self) -> Any:
        item = next(iter(self._order), None)
        if not self._order:
            raise KeyError("pop from an empty set")
        self.remove(item)
        return item

    def clear(self) -> None:
        super().clear()
        self._order.clear()

    def copy(self) -> OrderedSet:
        return OrderedSet(self._order)


def keep_order(module: ModuleType) -> None:
    """Let a module make ordered sets from now on, which are harmless outside a run."""
    vars(module)["set"] = OrderedSet
