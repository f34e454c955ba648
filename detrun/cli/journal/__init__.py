"""`detrun journal`: what was recorded, looked at without executing anything of it."""

import sys
from typing import Any

import click

from detrun.cli import output
from detrun.cli.lazy import Lazy

COMMANDS = ("ls", "show", "verify", "diff", "export", "share", "prune")


class Journals(Lazy):
    """Commands that may say a lot, to somebody who may have heard enough."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except OSError as error:
            return output.unheard(error)
        return status


@click.group("journal", cls=Journals, package="detrun.cli.journal", names=COMMANDS)
def command() -> None:
    """Look at recorded runs: list, show, verify, compare, export, share and remove them.

    JOURNAL is a file, or the name of one in .detrun/journals without its suffix. Nothing in it is executed.
    """
