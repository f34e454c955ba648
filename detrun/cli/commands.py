"""The commands: finds the one that is asked for, and says how it ended in a sentence and a status."""

import traceback

import click

from detrun.cli import output
from detrun.cli.lazy import Lazy
from detrun.cli.plain import printable_lines
from detrun.errors import DetrunError, JournalError, RunError, UsageError

COMMANDS = ("run", "explore", "replay", "minimize", "why", "journal", "doctor")
INTERNAL, INTERRUPTED = 70, 130
# What a command ends with that could not go on, by who can mend that.
STATUSES: dict[type[DetrunError], int] = {RunError: 1, UsageError: 2, JournalError: 4}


@click.group(
    cls=Lazy,
    package="detrun.cli",
    names=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(package_name="detrun", prog_name="detrun", message="%(prog)s %(version)s")
def commands() -> None:
    """Run asyncio programs on seeded, deterministic event loops."""


def status() -> int:
    """Run the command that `sys.argv` asks for; what the process is to end with."""
    output.prepare()
    try:
        ended = _invoke()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except tuple(STATUSES) as error:
        _say(str(error))
        return next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    except click.Abort:
        _say("interrupted")
        return INTERRUPTED
    except Exception:
        # The program's own exceptions are part of its run: whatever arrives here is ours.
        traceback.print_exc()
        _say("this is an error of detrun itself, not of the program: please report it with the lines above")
        return INTERNAL
    return ended


def _invoke() -> int:
    try:
        ended: int = commands.main(prog_name="detrun", standalone_mode=False)
    except OSError as error:
        if not output.is_unheard(error):
            raise
        return output.unheard(error)
    return ended


def _say(sentence: str) -> None:
    # It may quote a file that somebody else wrote.
    click.echo(f"detrun: {printable_lines(sentence)}", err=True)
