"""The sources of a program: which files they are, and how a program is run from those that a journal has."""

from __future__ import annotations

import importlib.abc
import linecache
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detrun.scheduler.own import is_own_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import CodeType, ModuleType


def of_program(known: set[str], more: Iterable[str] = ()) -> dict[str, bytes]:
    """The sources of the program's own modules that are imported by now, and more, by path, but for those known."""
    found: dict[str, bytes] = {}
    for path, read in (*((path, _from_disk) for path in more), *_files()):
        if path not in known and path.endswith(".py"):
            known.add(path)
            try:
                found[path] = read(path)
            except OSError:
                continue  # gone: what cannot be read cannot be kept
    return found


def _files() -> Iterator[tuple[str, Callable[[str], bytes]]]:
    """The files of the program's modules, each with what reads it, which need not be from the disk."""
    for module in list(sys.modules.values()):
        if is_own_module(module):
            yield (
                os.path.abspath(str(module.__file__)),
                getattr(getattr(module, "__loader__", None), "get_data", _from_disk),
            )


def _from_disk(path: str) -> bytes:
    return Path(path).read_bytes()


class RecordedLoader(SourceFileLoader):
    """Loads a module from its recorded source, and leaves no bytecode behind."""

    def __init__(self, fullname: str, path: str, source: bytes) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._source, self.path)

    def get_data(self, path: Any) -> bytes:
        return self._source if str(path) == self.path else super().get_data(path)


class RecordedFinder(importlib.abc.MetaPathFinder):
    """Finds the modules whose sources a journal has, and executes those instead of what is there today."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        for path, source in sources.items():
            text = source.decode("utf-8", "replace")
            linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        origin = spec.origin if spec is not None else self._missing(fullname, path)
        if origin not in self._sources:
            return None
        assert origin is not None
        inside = [str(Path(origin).parent)] if origin.endswith("__init__.py") else None
        loader = RecordedLoader(fullname, origin, self._sources[origin])
        return spec_from_file_location(fullname, origin, loader=loader, submodule_search_locations=inside)

    def _missing(self, fullname: str, path: Sequence[str] | None) -> str | None:
        """Where a module was that is no longer there."""
        name = fullname.rpartition(".")[2]
        for folder in path if path is not None else sys.path:
            for file in (f"{name}.py", os.path.join(name, "__init__.py")):
                place = os.path.join(os.path.abspath(folder), file)
                if place in self._sources:
                    return place
        return None
