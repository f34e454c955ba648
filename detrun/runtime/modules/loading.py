"""Finding and loading the modules of the generation in place: the one finder, which asks it, and its loaders.

There is no hook of `__import__`: modules are found, made, initialised and kept by the interpreter's own machinery,
but for the main one of a generation, which is where that begins.
Only where their bytes come from is different, and no bytecode is read or written.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any

from detrun.runtime.modules.table import IN_PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

    from detrun.runtime.modules.names import Found
    from detrun.runtime.modules.snapshot import Snapshot
    from detrun.runtime.modules.source import Source


_module_lock: Any = vars(importlib._bootstrap)["_get_module_lock"]
IN_C = tuple(EXTENSION_SUFFIXES)
"""How the files of modules end that are made in C: those are on the disk, and all generations share them."""


class Finder(MetaPathFinder):
    """Asks the generation in place, and knows nothing where there is none."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        generation: Any = IN_PLACE.table
        return None if generation is None else generation.find_spec(fullname, path, target)


_FINDER = Finder()


def hook() -> None:
    """Have the finder where it is asked first, before one that would find the same files somewhere else."""
    if sys.meta_path[0] is not _FINDER:
        sys.meta_path[:] = [_FINDER, *(finder for finder in sys.meta_path if finder is not _FINDER)]


def spec(name: str, found: Found, snapshot: Snapshot) -> ModuleSpec:
    """How the module of this name is loaded that was found there."""
    folders = [f"{snapshot.directory}/{folder}" if folder else snapshot.directory for folder in found.folders]
    if found.source is None:
        made = ModuleSpec(name, Space(snapshot, found.folders), is_package=True)
    else:
        # As `spec_from_file_location` makes it, without asking the loader and the system for what is known.
        loader = Pinned(name, found.source, snapshot, found.folders)
        made = ModuleSpec(name, loader, origin=found.source.file)
        made.has_location, made.cached = True, found.source.cached()
    made.submodule_search_locations = folders or None
    return made


class Pinned(SourceFileLoader):
    """Loads a module from a snapshot."""

    def __init__(self, name: str, source: Source, snapshot: Snapshot, folders: tuple[str, ...]) -> None:
        super().__init__(name, source.file)
        self._source = source
        self._snapshot = snapshot
        self._folders = folders

    # What is inherited executes modules with frames that tracebacks leave out, as those of other modules do.

    def get_code(self, fullname: str) -> CodeType:
        return self._source.code()

    def get_data(self, path: Any) -> bytes:
        inside = self._snapshot.inside(str(path))
        return super().get_data(path) if inside is None else self._snapshot.read(inside)

    def get_resource_reader(self, name: str | None = None) -> Any:
        beside = self._snapshot.inside(self.path) or ""
        return _resources(self._snapshot, self._folders or (beside.rpartition("/")[0],))


class First:
    """The import of a main module, which comes before everybody who could import the same: it takes no lock.

    To take and give back one costs as much as all the rest. Once there is another thread, it has to be held after all.
    """

    def __init__(self, spec: ModuleSpec) -> None:
        self._spec: Any = spec
        self._lock: Any = None

    def load(self) -> ModuleType:
        """Make the module and execute it, as `import` does once it is found."""
        spec, name = self._spec, self._spec.name
        module = module_from_spec(spec)
        # By this the interpreter knows of a module that it has to ask for the lock of.
        spec._initializing = True
        sys.modules[name] = module
        try:
            exec(spec.loader.get_code(name), vars(module))
            # Which may have put another one in its place.
            module = sys.modules[name] = sys.modules.pop(name)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        finally:
            spec._initializing = False
            if self._lock is not None:
                self._lock.release()
        return module

    def share(self) -> None:
        """Have others wait until it is loaded."""
        if self._lock is None:
            self._lock = _module_lock(self._spec.name)
            self._lock.acquire()


class Space(InspectLoader):
    """Loads a namespace: a package that is folders and no file."""

    def __init__(self, snapshot: Snapshot, folders: tuple[str, ...]) -> None:
        self._snapshot = snapshot
        self._folders = folders

    def create_module(self, spec: ModuleSpec) -> None:
        """Have the interpreter make it."""

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to execute."""

    def is_package(self, fullname: str) -> bool:
        return True

    def get_source(self, fullname: str) -> str:
        return ""

    def get_resource_reader(self, name: str) -> Any:
        return _resources(self._snapshot, self._folders)


def _resources(snapshot: Snapshot, folders: tuple[str, ...]) -> Any:
    from detrun.runtime.modules.resources import Resources  # noqa: PLC0415  # costly, and most applications have none

    return Resources(snapshot, folders)
