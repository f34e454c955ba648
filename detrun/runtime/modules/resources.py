"""Data beside modules, as `importlib.resources` asks for it: from the snapshot, and never from the disk."""

from __future__ import annotations

import io
from importlib.resources.abc import Traversable, TraversableResources
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.runtime.modules.snapshot import Snapshot


class Resources(TraversableResources):
    """What lies in these folders of a snapshot, which together are one package."""

    def __init__(self, snapshot: Snapshot, folders: tuple[str, ...]) -> None:
        self._files = Place(snapshot, folders)

    def files(self) -> Place:
        return self._files


class Place(Traversable):
    """A file or folder of a snapshot; a namespace is several folders at once."""

    def __init__(self, snapshot: Snapshot, paths: tuple[str, ...]) -> None:
        self._snapshot = snapshot
        self._paths = paths

    @property
    def name(self) -> str:
        return self._paths[0].rpartition("/")[2]

    def iterdir(self) -> Iterator[Place]:
        names: dict[str, None] = {}
        for folder in self._paths:
            prefix = f"{folder}/" if folder else ""
            inside = (path[len(prefix) :] for path in self._snapshot.files if path.startswith(prefix))
            names |= {path.partition("/")[0]: None for path in inside}
        return map(self.joinpath, sorted(names))

    def is_file(self) -> bool:
        return any(path in self._snapshot.files for path in self._paths)

    def is_dir(self) -> bool:
        return any(path in self._snapshot.folders for path in self._paths)

    def joinpath(self, *descendants: Any) -> Place:
        parts = [part for descendant in descendants for part in str(descendant).split("/") if part not in ("", ".")]
        if not parts:
            return self
        return Place(self._snapshot, tuple("/".join([*filter(None, [path]), *parts]) for path in self._paths))

    __truediv__ = joinpath

    def open(self, mode: str = "r", *arguments: Any, **options: Any) -> IO[Any]:
        if "r" not in mode:
            raise ValueError(f"expected a mode for reading, got {mode!r}: {self}")
        data = io.BytesIO(self.read_bytes())
        return data if "b" in mode else io.TextIOWrapper(data, *arguments, **options)

    def read_bytes(self) -> bytes:
        return self._snapshot.read(next((path for path in self._paths if path in self._snapshot.files), self._paths[0]))

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        with self.open("r", encoding=encoding, errors=errors) as file:
            return str(file.read())

    def __str__(self) -> str:
        return f"{self._snapshot.directory}/{self._paths[0]}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"
