"""Pins the hash seed, which only a new interpreter can take, and hides from the program that there was an old one."""

import os
import sys
from typing import NoReturn

from detrun.errors import UsageError

# Any fixed seed would do, but 0 would also turn `sys.flags.hash_randomization` off, which a program can see.
PINNED = "1"
# Carries the variable that the new interpreter is to find, as `=value`, or nothing for a variable that is not set.
BEFORE = "DETRUN_PYTHONHASHSEED"


def pin_early() -> None:
    """Have a new interpreter at once if any would do that has a known hash seed, and this one has none."""
    if not sys.flags.ignore_environment and BEFORE not in os.environ and pinned() is None:
        _begin_again(PINNED)


def pin(seed: str | None = None) -> str:
    """Return in an interpreter whose hash seed is known: this one, or one that replaces it and comes here again.

    What the hash seed is: the one asked for, if one is, else any that is known.
    """
    if sys.flags.ignore_environment:
        raise UsageError("expected an interpreter that reads PYTHONHASHSEED, got one under -E or -I: leave that out")
    effective = pinned()
    if BEFORE in os.environ:
        _restore(os.environ.pop(BEFORE))
    if effective is None or seed not in {None, effective}:
        _begin_again(seed or PINNED)
    return effective


def pinned() -> str | None:
    """The hash seed that whoever started this process asked for, if any."""
    seed = os.environ.get("PYTHONHASHSEED", "")
    return seed if seed.isdecimal() else None


def variables(seed: str) -> dict[str, str]:
    """What an interpreter finds in its environment that is to have this hash seed, and to hide that it was asked to."""
    before = os.environ.get("PYTHONHASHSEED")
    return {"PYTHONHASHSEED": seed, BEFORE: "" if before is None else f"={before}"}


def _begin_again(seed: str) -> NoReturn:
    # `orig_argv` and not `argv`: it still has the interpreter's own options, -X and -W among them.
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | variables(seed))


def _restore(before: str) -> None:
    if before:
        os.environ["PYTHONHASHSEED"] = before.removeprefix("=")
    else:
        del os.environ["PYTHONHASHSEED"]
