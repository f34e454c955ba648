"""One file of an application as a snapshot has it: its bytes, and what follows from them, made once and shared.

What a file says and where it lies decides its code object, its lines and its imports. So those belong to neither a
snapshot nor a generation: whoever has the same file with the same content has the same source.
"""

from __future__ import annotations

import ast
import io
import sys
from hashlib import sha256
from importlib.util import cache_from_source, decode_source
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from types import CodeType


class Import(NamedTuple):
    """What a file says that it imports: a name, which is of the package so many levels up if there are any."""

    name: str
    level: int
    line: int


class Source:
    """A file with its content; there is one for each pair of those that anybody holds."""

    __slots__ = ("__weakref__", "_cached", "_code", "_imports", "_lines", "data", "digest", "file")

    def __init__(self, file: str, data: bytes, digest: bytes) -> None:
        self.file = file
        self.data = data
        self.digest = digest
        self._code: CodeType | None = None
        self._cached: str | None = None
        self._lines: list[str] | None = None
        self._imports: tuple[Import, ...] | None = None

    @classmethod
    def of(cls, file: str, data: bytes) -> Source:
        """The source that this file is with this content."""
        key = file, sha256(data).digest()
        found = _held.get(key)
        if found is None:
            found = _held[key] = cls(file, data, key[1])
        return found

    def code(self) -> CodeType:
        """The code of this module, compiled once: generations whose file did not change share it."""
        if self._code is None:
            try:
                self._code = compile(self.data, self.file, "exec", dont_inherit=True)
            except SyntaxError as error:
                raise self._objection(error) from None
        return self._code

    def cached(self) -> str | None:
        """Where the interpreter would keep its bytecode, as `__cached__` says."""
        if self._cached is None and sys.implementation.cache_tag is not None:
            self._cached = cache_from_source(self.file)
        return self._cached

    def lines(self) -> list[str]:
        """Its lines as `linecache` has them; none if it is no text."""
        if self._lines is None:
            self._lines = _lines(self.data)
        return self._lines

    def imports(self) -> tuple[Import, ...]:
        """What it says that it imports, wherever it says so; nothing if it is no Python."""
        if self._imports is None:
            self._imports = tuple(_imports(self.data))
        return self._imports

    def _objection(self, error: SyntaxError) -> SyntaxError:
        """The same with the line that is here: the compiler shows what a file of that name has on the disk."""
        try:
            compile(self.data, f"<{self.file}>", "exec", dont_inherit=True)
        except SyntaxError as again:
            place = (self.file, again.lineno, again.offset, again.text, again.end_lineno, again.end_offset)
            return type(again)(again.msg, place)
        return error


_held: WeakValueDictionary[tuple[str, bytes], Source] = WeakValueDictionary()


def _lines(data: bytes) -> list[str]:
    try:
        text = decode_source(data)
    except (SyntaxError, UnicodeDecodeError):
        return []
    # Not `splitlines`, which also ends lines where Python's own count does not.
    lines = io.StringIO(text).readlines()
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines


def _imports(data: bytes) -> list[Import]:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return []
    found: list[Import] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, 0, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            found.append(Import(base, node.level, node.lineno))
            found += [Import(f"{base}.{alias.name}".lstrip("."), node.level, node.lineno) for alias in node.names]
    return found
