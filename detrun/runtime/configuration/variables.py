"""Files with one variable a line, which stay on the machine: `.dev.vars` and `.env`.

In the environment NAME, `.dev.vars.NAME` is read in the place of `.dev.vars`. Only where there is neither, `.env` is
read, and after it `.env.NAME`, `.env.local` and `.env.NAME.local`; what is read last wins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from detrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_QUOTED = re.compile(
    r"""(?P<quote>["'`])(?P<value>(?:\\.|(?!(?P=quote)).)*)(?P=quote)[ \t]*(?:#[^\n]*)?(?=\n|\Z)""", re.DOTALL
)
_ASSIGNED = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def secrets(directory: Path, environment: str | None, warnings: list[str]) -> dict[str, str]:
    """The variables of the files that hold in this environment."""
    found: dict[str, str] = {}
    for path in _files(directory, environment):
        found |= parsed(_text(path), path, warnings)
    return found


def _files(directory: Path, environment: str | None) -> list[Path]:
    own = [] if environment is None else [f".dev.vars.{environment}"]
    for name in (*own, ".dev.vars"):
        if (directory / name).is_file():
            return [directory / name]
    names = [".env", f".env.{environment}", ".env.local", f".env.{environment}.local"]
    if environment is None:
        names = [".env", ".env.local"]
    return [directory / name for name in names if (directory / name).is_file()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def parsed(text: str, path: Path, warnings: list[str]) -> dict[str, str]:
    """The variables of one file. Quotes around a value are no part of it, and a quoted one may have several lines."""
    return dict(_assignments(text.replace("\r\n", "\n"), path, warnings))


def _assignments(text: str, path: Path, warnings: list[str]) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        end = text.find("\n", at) if "\n" in text[at:] else len(text)
        if assigned := _ASSIGNED.match(text, at, end):
            if quoted := _QUOTED.match(text, assigned.end()):
                yield assigned[1], _unescaped(quoted)
                end = quoted.end()
            else:
                yield assigned[1], re.split(r"(?:^|[ \t])#", text[assigned.end() : end])[0].strip()
        elif (line := text[at:end].strip()) and not line.startswith("#"):
            # Not the line itself, which may be half a secret.
            warnings.append(f"{path}:{text.count(chr(10), 0, at) + 1}: expected NAME=value, a line was left out")
        at = end + 1


def _unescaped(quoted: re.Match[str]) -> str:
    if quoted["quote"] != '"':
        return quoted["value"]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), quoted["value"])
