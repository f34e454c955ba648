"""Tables of modules: what one generation has in the real `sys.modules`, put there and taken away as a whole.

`sys.modules` is the interpreter's, and everybody looks there: `import`, `pickle`, `typing`, `inspect`, `mock`. So it
has, at any time, the modules of exactly one generation beside those that all share. Another generation comes into
place by an update of that dictionary, and what the one before had changed there is noticed as it leaves.
"""

from __future__ import annotations

import sys
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from detrun.runtime.modules.source import Source

    Modules = dict[str, ModuleType]

# How many other tables a table remembers the difference to.
_REMEMBERED = 64
# So many names are looked for one by one.
_FEW = 8
# Each set of modules that a table ever had has a number.
_numbers = count()


class Claim:
    """The names at the top that are an application's, and which modules of these names others had before.

    Generations whose names are the same share it.
    """

    def __init__(self, owned: frozenset[str]) -> None:
        self.owned = owned
        self.hidden: Modules = {}
        # How many modules there were without any generation, when somebody last looked what is to be hidden.
        self._outer = -1

    @classmethod
    def of(cls, owned: frozenset[str]) -> Claim:
        """The claim to these names."""
        found = _claims.get(owned)
        if found is None:
            found = _claims[owned] = cls(owned)
        return found

    def below(self, modules: Modules) -> Modules:
        """Those of these modules whose name begins with one of the application's."""
        owned, known = self.owned, list(modules)
        if len(owned) <= _FEW:
            # One search in all names is made in C, and most often finds that nothing is below any.
            names = f"\n{chr(10).join(known)}"
            if not any(f"\n{top}." in names for top in owned):
                return {name: modules[name] for name in sorted(owned) if name in modules}
        return {name: modules[name] for name in known if name.partition(".")[0] in owned}

    def hide(self, modules: Modules) -> None:
        """Take away what others have of these names, from what is there without any generation."""
        if len(modules) != self._outer or (
            self.hidden and any(modules.get(name) is not kept for name, kept in self.hidden.items())
        ):
            self.hidden, self._outer = self.below(modules), len(modules)
        for name in self.hidden:
            del modules[name]
        # As many as before need not be the same.
        if not modules.keys().isdisjoint(self.owned):
            more = self.below(modules)
            for name in more:
                del modules[name]
            self.hidden |= more


_claims: WeakValueDictionary[frozenset[str], Claim] = WeakValueDictionary()


class Table:
    """The modules of one generation: those in `sys.modules` while it is in place, those it left with otherwise."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.modules: Modules = {}
        self.pinned: dict[str, Source] = {}
        """The files that modules of this generation were loaded from."""
        self.data: dict[str, None] = {}
        """The files that were read as data while it was in place."""
        self.asked: dict[str, None] = {}
        """The names of modules that were looked for since it came into place."""
        self._present: tuple[str, ...] = ()
        self._number = next(_numbers)
        self._values: Any = ()
        self._get: Callable[[Modules], Any] = _nothing
        self._size = 0
        self._beyond: dict[int, list[str]] = {}

    def enter(self) -> Table | None:
        """Have these modules in place; what was there before, if it was a table."""
        before, modules = IN_PLACE.table, sys.modules
        if before is self:
            return self
        if before is not None and before.claim is self.claim:
            before._note_changes(modules)
            beyond = before._beyond.get(self._number)
            for name in before._difference(self) if beyond is None else beyond:
                del modules[name]
        else:
            if before is not None:
                before.withdraw()
            self.claim.hide(modules)
        modules.update(self.modules)
        self._size = len(modules)
        IN_PLACE.table = self
        return before

    def empty(self) -> None:
        """Have no modules any more, wherever they are."""
        if IN_PLACE.table is self:
            for name in self.claim.below(sys.modules):
                del sys.modules[name]
            self._size = len(sys.modules)
        self._keep({})

    def withdraw(self) -> None:
        """Leave `sys.modules` as it was before any generation was in place."""
        modules = sys.modules
        self._note_changes(modules)
        for name in self._present:
            del modules[name]
        modules.update(self.claim.hidden)
        IN_PLACE.table = None

    def _note_changes(self, modules: Modules) -> None:
        """See what became of the modules while they were in place: more were imported, or somebody replaced one."""
        # Whoever takes away a module that all share and puts in one of the application's is noticed by `empty` only.
        try:
            if len(modules) == self._size and self._get(modules) == self._values:
                return
        except KeyError:
            pass  # one was taken away
        found = {name: modules[name] for name in (*self._present, *self.asked) if name in modules}
        if len(modules) - self._size == len(found) - len(self._present):
            self._keep(found)
        else:
            self._keep(self.claim.below(modules))

    def _difference(self, other: Table) -> list[str]:
        """The names that this table has and another one has not."""
        if len(self._beyond) >= _REMEMBERED:
            self._beyond.clear()
        found = self._beyond[other._number] = sorted({*self._present} - {*other._present})
        return found

    def _keep(self, modules: Modules) -> None:
        self.modules = modules
        self.asked.clear()
        self._present = tuple(sorted(modules))
        self._number = next(_numbers)
        self._beyond.clear()
        # One name alone would give no tuple, and two of them compare by identity first.
        self._get = itemgetter(*self._present, self._present[0]) if modules else _nothing
        self._values = self._get(modules)


class _InPlace:
    """Which table is in place, if one is."""

    table: Table | None = None


IN_PLACE = _InPlace()


def leave() -> None:
    """Have no generation in place: the modules are those that were there before any was, and what all share."""
    if IN_PLACE.table is not None:
        IN_PLACE.table.withdraw()


def outer(name: str) -> ModuleType | None:
    """The module of this name that is there when no generation is in place."""
    claim = None if IN_PLACE.table is None else IN_PLACE.table.claim
    return claim.hidden.get(name) if claim is not None and name in claim.owned else sys.modules.get(name)


def _nothing(_: Modules) -> tuple[()]:
    return ()
