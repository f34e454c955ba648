"""Tables of modules: what one generation has in the real `sys.modules`, put there and taken away as a whole.

`sys.modules` is the interpreter's, and everybody looks there: `import`, `pickle`, `typing`, `inspect`, `mock`. So it
has, at any time, the modules of exactly one generation beside those that all share. Another generation comes into
place by an update of that dictionary, and what the one before had changed there is noticed as it leaves.
"""

from __future__ import annotations

import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from detrun.runtime.modules.source import Source


class Table:
    """The modules of one generation: those in `sys.modules` while it is in place, those it left with otherwise."""

    def __init__(self, owned: frozenset[str]) -> None:
        self.owned = _shared.setdefault(owned, owned)
        self.modules: dict[str, ModuleType] = {}
        self.pinned: dict[str, Source] = {}
        """The files that modules of this generation were loaded from."""
        self.present: tuple[str, ...] = ()
        """The names of those, sorted."""
        self._values: Any = ()
        self._get: Callable[[dict[str, ModuleType]], Any] = _nothing
        self._size = 0

    def enter(self) -> Table | None:
        """Have these modules in place; what was there before, if it was a table."""
        before, modules = IN_PLACE.table, sys.modules
        if before is self:
            return self
        if before is not None and before.owned is self.owned:
            before.note_changes(modules)
            if before.present is not self.present and before.present != self.present:
                _take_away(before.modules)
        else:
            leave()
            IN_PLACE.hidden = _below(self.owned)
            _take_away(IN_PLACE.hidden)
        modules.update(self.modules)
        self._size = len(modules)
        IN_PLACE.table = self
        return before

    def empty(self) -> None:
        """Have no modules any more, wherever they are."""
        if IN_PLACE.table is self:
            _take_away(_below(self.owned))
        self.keep({})

    def note_changes(self, modules: dict[str, ModuleType]) -> None:
        """See what became of the modules while they were in place: more were imported, or somebody replaced one."""
        # Whoever takes away a module that all share and puts in one of the application's is noticed by `leave` only.
        try:
            if len(modules) == self._size and self._get(modules) == self._values:
                return
        except KeyError:
            pass  # one was taken away
        self.keep(_below(self.owned))

    def keep(self, modules: dict[str, ModuleType]) -> None:
        """Have these modules, and remember what to compare them with later."""
        self.modules = modules
        self.present = tuple(sorted(modules))
        # One name alone would give no tuple, and two of them compare by identity first.
        self._get = itemgetter(*self.present, self.present[0]) if modules else _nothing
        self._values = self._get(modules)
        self._size = len(sys.modules)


# One set for all who have the same names: to compare two of two hundred takes as long as half a change of places.
_shared: WeakValueDictionary[frozenset[str], frozenset[str]] = WeakValueDictionary()


class _InPlace:
    """Which table is in place, and which modules of the same names were there before any was."""

    table: Table | None = None
    hidden: dict[str, ModuleType] = {}  # noqa: RUF012  # replaced, never changed


IN_PLACE = _InPlace()


def leave() -> None:
    """Have no generation in place: the modules are those that were there before any was, and what all share."""
    table = IN_PLACE.table
    if table is not None:
        modules = _below(table.owned)
        table.keep(modules)
        _take_away(modules)
        sys.modules.update(IN_PLACE.hidden)
        IN_PLACE.table, IN_PLACE.hidden = None, {}


def outer(name: str) -> ModuleType | None:
    """The module of this name that is there when no generation is in place."""
    table = IN_PLACE.table
    return IN_PLACE.hidden.get(name) if table is not None and name in table.owned else sys.modules.get(name)


def _below(owned: frozenset[str]) -> dict[str, ModuleType]:
    """The modules in place whose name begins with one of these."""
    return {name: module for name, module in list(sys.modules.items()) if name.partition(".")[0] in owned}


def _take_away(modules: dict[str, ModuleType]) -> None:
    for name in modules:
        sys.modules.pop(name, None)


def _nothing(_: dict[str, ModuleType]) -> tuple[()]:
    return ()
