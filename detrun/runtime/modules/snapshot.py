"""Snapshots: all files of an application as they stood at one moment, by content. What a generation is loaded from."""

from __future__ import annotations

import os
from functools import cached_property, lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.runtime.modules.names import Names
from detrun.runtime.modules.source import Source
from detrun.runtime.modules.table import IN_PLACE
from detrun.runtime.modules.taking import LARGEST, ignored, take

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Snapshot:
    """Sources and data of an application, by their paths in its directory, sorted; it never changes."""

    def __init__(
        self, directory: str, files: Mapping[str, Source], roots: Iterable[str], left_out: Mapping[str, int]
    ) -> None:
        self.directory = directory
        self.files = MappingProxyType({path: files[path] for path in sorted(files)})
        self.roots = tuple(map(_root, roots))
        self.left_out = MappingProxyType(dict(left_out))
        self._names: dict[tuple[str, ...], Names] = {}
        # Where modules are looked for, and what the main one is called there, by what somebody calls it.
        self.mains: dict[str, tuple[Names, str]] = {}

    @classmethod
    def taken(cls, directory: str | os.PathLike[str], roots: Sequence[str] = ()) -> Snapshot:
        """What this directory contains now; modules are looked for below these folders of it, the first one first.

        Without any, modules are looked for where the main one lies.
        """
        place = os.path.abspath(directory)
        data, left_out = take(place)
        files = {path: Source.of(os.path.join(place, path), content) for path, content in data.items()}
        return cls(place, files, roots, left_out)

    @classmethod
    def of(cls, sources: Mapping[str, bytes], directory: str | os.PathLike[str], roots: Sequence[str] = ()) -> Snapshot:
        """What `sources` of another one gave, without a look at the disk; what lies elsewhere is left alone."""
        place = os.path.abspath(directory)
        inside = {os.path.relpath(path, place): (path, data) for path, data in sources.items() if _is_in(path, place)}
        return cls(place, {path: Source.of(*source) for path, source in inside.items()}, roots, {})

    def changed(self, changes: Mapping[str, str | bytes | None]) -> Snapshot:
        """The same but for these files, which have another content, are new, or are gone if they have none."""
        if not changes:
            return self
        files = dict(self.files)
        for path, content in changes.items():
            self._check(path, content)
            if content is None:
                del files[path]
            else:
                data = content.encode() if isinstance(content, str) else content
                files[path] = Source.of(os.path.join(self.directory, path), data)
        left_out = {path: size for path, size in self.left_out.items() if path not in changes}
        return Snapshot(self.directory, files, self.roots, left_out)

    def sources(self) -> Mapping[str, bytes]:
        """All files by their whole path, as a journal keeps them."""
        return {source.file: source.data for source in self.files.values()}

    def read(self, path: str) -> bytes:
        """What a file contains; the generation in place depends on it from now on."""
        if IN_PLACE.table is not None:
            IN_PLACE.table.data[os.path.join(self.directory, path)] = None
        if (source := self.files.get(path)) is not None:
            return source.data
        # The same words for what was left out: a snapshot from a journal does not know of it.
        raise FileNotFoundError(
            f"expected a file of the snapshot, which has none of more than {LARGEST:,} bytes, "
            f"got {path!r}: {self.directory}"
        )

    def names(self, roots: tuple[str, ...]) -> Names:
        """The names of its modules, looked for below these folders."""
        if roots not in self._names:
            self._names[roots] = Names(self, roots)
        return self._names[roots]

    @cached_property
    def digest(self) -> str:
        """What two snapshots have in common if and only if they have the same files, wherever those lie."""
        parts = b"".join(sha256(os.fsencode(path)).digest() + source.digest for path, source in self.files.items())
        return sha256(parts).hexdigest()

    @cached_property
    def folders(self) -> frozenset[str]:
        """The folders that have files, in whatever depth; the directory itself is the empty one."""
        found = {""}
        for path in self.files:
            while (path := path.rpartition("/")[0]) not in found:
                found.add(path)
        return frozenset(found)

    def inside(self, place: str) -> str | None:
        """The path within the directory of what lies there; nothing if it lies elsewhere, or is ignored."""
        return _inside(self.directory, place if place[:1] == os.sep else os.path.abspath(place))

    def __repr__(self) -> str:
        return f"<Snapshot {self.digest[:12]} of {len(self.files)} files in {self.directory}>"

    def _check(self, path: str, content: str | bytes | None) -> None:
        if path != os.path.normpath(path) or os.path.isabs(path) or path.startswith(".."):
            raise UsageError(f"expected a path within the application's directory, got {path!r}: {self.directory}")
        if content is None and path not in self.files:
            raise UsageError(f"expected a file that is there to take away, got {path!r}: {self.directory}")


@lru_cache(1_000)  # of whoever imports something it is asked for each folder that modules are looked for in
def _inside(directory: str, place: str) -> str | None:
    place = os.path.normpath(place)
    if place == directory:
        return ""
    if not _is_in(place, directory):
        return None
    path = place[len(directory.rstrip(os.sep)) + 1 :]
    return None if any(map(ignored, path.split(os.sep))) else path


def _is_in(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip(os.sep) + os.sep)


def _root(path: str) -> str:
    root = os.path.normpath(path)
    if os.path.isabs(root) or root.startswith(".."):
        raise UsageError(f"expected a folder of the application to look for modules in, got {path!r}")
    return "" if root == "." else root
