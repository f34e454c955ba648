"""What modules a package has, as `pkgutil` lists them: those of the snapshot, whatever has come to the disk since."""

from __future__ import annotations

import os
import pkgutil
from typing import TYPE_CHECKING, Any

from detrun.runtime.modules.table import IN_PLACE
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.runtime.modules.names import Names


def catch() -> None:
    """Have `pkgutil` ask the generation in place about its folders, from the first call on."""
    if not hasattr(pkgutil.get_importer, "__wrapped__"):
        swap.function(pkgutil.get_importer, _importer)


class Folder:
    """A folder of a snapshot, as what `pkgutil` asks for modules."""

    def __init__(self, names: Names, folder: str) -> None:
        self._names = names
        self._folder = folder

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """The names of the modules in it, and whether each is a package, sorted."""
        start = f"{self._folder}/" if self._folder else ""
        rests = (path[len(start) :] for path in self._names.snapshot.files if path.startswith(start))
        for name in sorted({rest.partition("/")[0].removesuffix(".py") for rest in rests} - {"__init__"}):
            found = self._names.find(name, [self._folder])
            if found is not None and found.source is not None and "." not in name:
                yield prefix + name, bool(found.folders)


def _importer(real: Callable[..., Any]) -> Callable[..., Any]:
    def get_importer(path_item: Any) -> Any:
        generation: Any = IN_PLACE.table
        if generation is None:
            return real(path_item)
        folder = generation.snapshot.inside(os.fsdecode(path_item))
        if folder is None or folder not in generation.snapshot.folders:
            return real(path_item)
        return Folder(generation.names, folder)

    return get_importer
