"""`detrun journal`: what was recorded, looked at without executing anything of it."""

import errno
import os
import sys
from io import TextIOWrapper
from typing import Any

import click

from detrun.cli.lazy import Lazy
from detrun.errors import UsageError

COMMANDS = ("ls", "show", "verify", "diff", "export", "share", "prune")
PIPE_CLOSED = 141


class Journals(Lazy):
    """Commands that may say a lot, to somebody who may have heard enough."""

    def invoke(self, ctx: click.Context) -> Any:
        _prepare()
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except OSError as error:
            # The interpreter flushes once more as it ends, and would complain.
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
            if error.errno == errno.EPIPE:
                return PIPE_CLOSED
            raise UsageError(
                f"expected an output that can be written, got {(error.strerror or '').lower()!r}"
            ) from error
        return status


def _prepare() -> None:
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # somebody closed it, nobody listens
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@click.group("journal", cls=Journals, package="detrun.cli.journal", names=COMMANDS)
def command() -> None:
    """Look at recorded runs: list, show, verify, compare, export, share and remove them.

    JOURNAL is a file, or the name of one in .detrun/journals without its suffix. Nothing in it is executed.
    """
