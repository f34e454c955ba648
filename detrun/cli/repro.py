"""The command that repeats a run."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence

from detrun.cli import hashseed
from detrun.model import Target


def line(target: str, arguments: Sequence[str], options: Mapping[str, object], command: str = "run") -> str:
    """`repro:` and a command for a shell. To be asked before the program has `sys.argv` for its own."""
    return liner(command)(target, arguments, options)


def liner(command: str) -> Callable[[str, Sequence[str], Mapping[str, object]], str]:
    """What makes such lines; it is to be asked for before the program has `sys.argv`, and can be used after."""
    launcher = _launcher()

    def line(target: str, arguments: Sequence[str], options: Mapping[str, object]) -> str:
        return _line([*launcher, command, *Target.of(target).words], arguments, options)

    return line


def _line(words: list[str], arguments: Sequence[str], options: Mapping[str, object]) -> str:
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", *_spelled(value)]
    if arguments:
        words += ["--", *arguments]
    return f"repro: {_environment()}{shlex.join(words)}"


def _spelled(value: object) -> list[str]:
    """The value of an option; a flag has none."""
    return [] if value is True else [",".join(value)] if isinstance(value, list) else [str(value)]


def _environment() -> str:
    seed = hashseed.pinned()
    return "" if seed is None else f"PYTHONHASHSEED={seed} "


def _launcher() -> list[str]:
    """The words that started this process, up to the first of ours: as few of them as will do."""
    words = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv[1:])]
    if len(words) == 1 and os.access(words[0], os.X_OK):
        return ["detrun"] if words[0] == shutil.which("detrun") else words
    return [sys.executable, *words]
