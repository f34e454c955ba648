"""Which modules a snapshot has: from names to files, by the rules of the interpreter, without a look at the disk."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, NamedTuple

from detrun.runtime.modules.table import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from detrun.runtime.modules.snapshot import Snapshot
    from detrun.runtime.modules.source import Source


class Found(NamedTuple):
    """Where a module is: its file, unless it is a namespace, and the folders of its submodules if it is a package."""

    source: Source | None
    folders: tuple[str, ...] = ()


class Names:
    """The names of modules below the roots of a snapshot; roots and folders are paths in it."""

    def __init__(self, snapshot: Snapshot, roots: Sequence[str]) -> None:
        self.snapshot = snapshot
        self.roots = tuple(roots)

    def find(self, name: str, folders: Sequence[str]) -> Found | None:
        """The module of this name, without those of its packages, in the first of these folders that has it."""
        files = self.snapshot.files
        spaces: list[str] = []
        for folder in folders:
            place = f"{folder}/{name}" if folder else name
            if (package := files.get(f"{place}/__init__.py")) is not None:
                return Found(package, (place,))
            if (module := files.get(f"{place}.py")) is not None:
                return Found(module)
            if place in self.snapshot.folders:
                spaces.append(place)
        return Found(None, tuple(spaces)) if spaces else None

    def resolve(self, name: str) -> Found | None:
        """The module of this whole name."""
        found: Found | None = Found(None, self.roots)
        for part in name.split("."):
            if found is None or not found.folders:
                return None
            found = self.find(part, found.folders)
        return found

    @cached_property
    def provided(self) -> frozenset[str]:
        """The names at the top that have a file."""
        return frozenset(name for name in self._candidates() if (at := self._top(name)) and at.source is not None)

    @cached_property
    def interpreters(self) -> frozenset[str]:
        """Those of them that the interpreter has, too."""
        return self.provided & {*sys.stdlib_module_names, "__main__"}

    @cached_property
    def spaces(self) -> frozenset[str]:
        """The names at the top that are folders without a file, and that nobody else has: a file always comes first."""
        return frozenset(
            name for name in self._candidates() - self.provided if self._top(name) and not self.is_elsewhere(name)
        )

    def claim(self, taken: Set[str]) -> Claim:
        """The claim to these names but for those taken; kept for the next graph."""
        self._claim = Claim.of((self.provided | self.spaces) - taken)
        return self._claim

    def is_elsewhere(self, name: str) -> bool:
        """Whether a module of this name is on `sys.path`, outside of the application."""
        if name in sys.stdlib_module_names:
            return True
        elsewhere = [entry for entry in sys.path if self.snapshot.inside(entry or os.curdir) is None]
        spec = PathFinder.find_spec(name, elsewhere)
        return spec is not None and spec.origin is not None

    def module_at(self, path: str) -> str | None:
        """The name of the module that this file is, below the first root that it is in."""
        for root in self.roots:
            prefix = f"{root}/" if root else ""
            if path.startswith(prefix) and path.endswith(".py"):
                return path[len(prefix) :].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return None

    def looked_for(self, name: str) -> list[str]:
        """The files that a module of this name could have been."""
        places = [f"{root}/{name.replace('.', '/')}" if root else name.replace(".", "/") for root in self.roots]
        return [file for place in places for file in (f"{place}.py", f"{place}/__init__.py")]

    def all(self) -> Iterator[str]:
        """The names of all modules that have a file."""
        yield from filter(None, map(self.module_at, self.snapshot.files))

    def _candidates(self) -> set[str]:
        names: set[str] = set()
        for path in self.snapshot.files:
            for root in self.roots:
                prefix = f"{root}/" if root else ""
                if path.startswith(prefix):
                    name, _, rest = path[len(prefix) :].partition("/")
                    names.add(name if rest else name.removesuffix(".py"))
        return {name for name in names if name and "." not in name}

    def _top(self, name: str) -> Found | None:
        return self.find(name, self.roots)
