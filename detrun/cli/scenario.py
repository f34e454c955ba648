"""`--scenario`: what is played with an application, and how the two become one target."""

from __future__ import annotations

import click

from detrun.model import Target

option = click.option(
    "--scenario", metavar="FILE:FUNCTION", help="What to play with the application whose directory TARGET is."
)


def of(target: str, scenario: str | None) -> str:
    """The target that plays this scenario, if there is one."""
    return target if scenario is None else Target.playing(target, scenario)
