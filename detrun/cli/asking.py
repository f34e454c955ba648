"""What several commands ask for in the same words: the program, the bounds of its runs, and how to report."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from detrun.cli.journal.places import Place

Command = Callable[..., Any]
Option = Callable[[Command], Command]

_SEEDS = click.IntRange(0, 2**64 - 1)
_COUNT = click.IntRange(min=1)
_SECONDS = click.FloatRange(0, min_open=True)


class Recorded(Place):
    """A journal, by its path or by its name among the recorded ones, and no directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = super().convert(value, param, ctx)
        if path.is_dir():
            self.fail(f"expected a journal, and {path} is a directory", param, ctx)
        return path


journal = click.argument("journal", type=Recorded())
"""A journal that is to be run again."""

code = click.option(
    "--code",
    type=click.Choice(["recorded", "current"]),
    default="recorded",
    help="Which sources to run: those in the journal, or those of today.",
)


def program(command: Command) -> Command:
    """TARGET, and what stands after `--`; the directory of an application is one target with its scenario."""

    @click.argument("target")
    @click.argument("args", metavar="[-- ARGS...]", nargs=-1, type=click.UNPROCESSED)
    @click.option(
        "--scenario", metavar="FILE:FUNCTION", help="What to play with the application whose directory TARGET is."
    )
    @wraps(command)
    def asked(target: str, scenario: str | None, **options: Any) -> Any:
        if scenario is not None:
            from detrun.model import Target  # noqa: PLC0415  # slow, so not for `--help`

            target = Target.playing(target, scenario)
        return command(target, **options)

    return asked


def seed(what: str) -> Option:
    """The seed, and what follows from it."""
    return click.option("--seed", type=_SEEDS, metavar="N", default=0, help=f"What {what} from.")


def strategy(default: str | None = None) -> Option:
    """Who decides in a single run."""
    return click.option(
        "--strategy",
        type=click.Choice(["default", "random"]),
        default=default,
        show_default=True if default else "random",
        help="random lets the seed decide, default decides nothing and is what stock asyncio does.",
    )


def level(default: int | None = None) -> Option:
    """What may be permuted."""
    return click.option(
        "--level",
        type=click.IntRange(1, 3),
        metavar="N",
        default=default,
        help="What may be permuted: 1 what the environment orders, 2 also garbage, "
        "3 also what stock asyncio never does.",
    )


def faults(more: str = "") -> Option:
    """What may go wrong in the network: None, or a list of names."""
    return click.option(
        "--faults",
        metavar="LIST",
        callback=_listed,
        help=f"What may go wrong in the network, as in split,delay,reset{more}.",
    )


def bounds(steps: str, time: str, default: int | None = None) -> Option:
    """How many steps a run may take, and how many seconds."""

    def bound(command: Command) -> Command:
        for option in (
            click.option("--max-time", type=_SECONDS, metavar="S", help=time),
            click.option("--max-steps", type=_COUNT, metavar="N", default=default, help=steps),
        ):
            command = option(command)
        return command

    return bound


def output(*kinds: str) -> Option:
    """How to report."""
    return click.option("-o", "--output", type=click.Choice(kinds), default="text", help="How to report.")


def said(*names: str) -> dict[str, Any]:
    """Those of these options that the command line gives, with their values."""
    context = click.get_current_context()
    given = (name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE)
    return {name: context.params[name] for name in given}


class Shard(NamedTuple):
    """One of several parts of a search, counted from 0."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number + 1}/{self.of}"


def shard(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Shard:
    """The part that `i/N` names."""
    if value is None:
        return Shard(0, 1)
    number, _, of = str(value).partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise click.BadParameter(f"expected i/N with i from 1 to N, got {value!r}")
    return Shard(int(number) - 1, int(of))


def _listed(_context: click.Context, _parameter: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [name for each in value.split(",") if (name := each.strip())]
