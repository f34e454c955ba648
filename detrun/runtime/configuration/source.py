"""A file of configuration: found, read, and able to say where in it something stands."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from msgspec import Struct

from detrun.errors import UsageError
from detrun.runtime.configuration import jsonc
from detrun.runtime.configuration.places import Key, line_of, spelled

OWN = "detrun.toml"
PROJECT = "pyproject.toml"
WRANGLER = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
LOOKED_FOR = f"{OWN}, {', '.join(WRANGLER)}, or [tool.detrun] in {PROJECT}"


class Source(Struct, frozen=True):
    """What a file says, and its text."""

    path: Path
    said: dict[str, object]
    text: str
    prefix: Key = ()

    @property
    def own(self) -> bool:
        """Whether the file is detrun's own, and no key in it is anybody else's."""
        return self.path.name not in WRANGLER and self.path.suffix == ".toml"

    def error(self, key: Key, what: str) -> UsageError:
        """An error that names file, line and key."""
        whole = (*self.prefix, *key)
        line = line_of(whole, self.text, ".toml" if self.path.suffix == ".toml" else ".json")
        place = f"{self.path}:{line}" if line is not None else str(self.path)
        return UsageError(f"{place}: {spelled(whole)}: {what}" if whole else f"{place}: {what}")


def sources_in(directory: Path) -> list[Source]:
    """The files in a directory that configure an application; the first is the one that counts."""
    found = [read(directory / name) for name in (OWN, *WRANGLER) if (directory / name).is_file()]
    project = directory / PROJECT
    if project.is_file() and (source := read(project)).said:
        found.append(source)
    return found


def read(path: Path) -> Source:
    """What a file says; of a `pyproject.toml`, what is under `[tool.detrun]`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if path.suffix in (".json", ".jsonc"):
        text = jsonc.plain(text)
    said = _parsed(path, text)
    if path.name != PROJECT:
        return Source(path, said, text)
    tool = said.get("tool")
    own = tool.get("detrun") if isinstance(tool, dict) else None
    return Source(path, own if isinstance(own, dict) else {}, text, ("tool", "detrun"))


def _parsed(path: Path, text: str) -> dict[str, object]:
    if path.suffix not in (".json", ".jsonc", ".toml"):
        raise UsageError(f"expected a file of configuration, one of {LOOKED_FOR}, got {path}")
    try:
        said = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{error.lineno}: expected JSON: {error.msg} at column {error.colno}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: expected TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{path}: expected values within values, but not so deeply") from error
    if not isinstance(said, dict):
        raise UsageError(f"{path}: expected an object, got {type(said).__name__}")
    return said
