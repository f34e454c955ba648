"""Where journals are, and what the commands for them share: arguments, options, and how they write."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from detrun.cli.output import columns
from detrun.cli.plain import printable
from detrun.errors import UsageError

DIRECTORY = Path(".detrun/journals")
SUFFIX = ".bin"
WIDTH = 100

F = TypeVar("F", bound=Callable[..., Any])


class Place(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in later versions
    """A journal, by its path or by its name among the recorded ones."""

    name = "journal"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        recorded = DIRECTORY / f"{value}{SUFFIX}"
        return recorded if not os.path.lexists(value) and recorded.exists() else Path(value)


secret = click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Replace this too; without VALUE, that of the environment variable.",
)


def named_secrets(words: tuple[str, ...], recorded: Mapping[str, str]) -> dict[str, str]:
    """The values of secrets by name: as given, or as the run read them, or as this process has them."""
    found = {}
    for text in words:
        name, given, value = text.partition("=")
        if not given:
            value = recorded.get(name) or os.environ.get(name, "")
        if not name or not value:
            raise UsageError(f"expected a secret that has a value, got {name!r}: write NAME=VALUE, or set the variable")
        found[name] = value
    return found


def width() -> int:
    """How many columns there are: those of the terminal, and elsewhere enough."""
    return columns() or WIDTH


def is_colourful() -> bool:
    """Whether what is less important may be dimmed."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def style(text: str, **how: Any) -> str:
    """The text so that it is told apart, where that can be seen."""
    return click.style(text, **how) if text and is_colourful() else text


def say(line: str = "") -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def say_json(value: object) -> None:
    """Print a value in a line; ASCII, since what was recorded may have anything in it."""
    say(json.dumps(value))


def note(line: str) -> None:
    """Say something beside the result."""
    click.echo(f"detrun: {printable(line)}", err=True)
