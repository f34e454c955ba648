"""The entry of the command line: pins the hash seed, before anything is imported that costs, and then has it done."""

import sys

from detrun.cli import hashseed

USAGE = 2
# Those that run a program, and pin the hash seed for it.
RUNNING = ("run", "explore", "replay", "minimize", "why")


def main() -> None:
    """Run the command that `sys.argv` asks for, and exit."""
    if sys.platform == "win32":
        sys.stderr.write("detrun: expected Linux or macOS, got Windows: try the Windows Subsystem for Linux\n")
        sys.exit(USAGE)
    if sys.argv[1:2] and sys.argv[1] in RUNNING and not {"-h", "--help"} & {*sys.argv}:
        hashseed.pin_early()
    from detrun.cli import commands  # noqa: PLC0415  # an interpreter that is about to be replaced needs none of it

    sys.exit(commands.status())
