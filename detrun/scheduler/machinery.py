"""Which code runs a program, and says nothing about it: reports of the program leave it out."""

from __future__ import annotations

import asyncio
import importlib
import os
from typing import TYPE_CHECKING

from detrun import errors

if TYPE_CHECKING:
    from types import TracebackType

ASYNCIO = os.path.dirname(asyncio.__file__) + os.sep
DETRUN = os.path.dirname(errors.__file__) + os.sep
_files: tuple[str, ...] = ("<frozen ", DETRUN, ASYNCIO, os.path.dirname(importlib.__file__) + os.sep)


def is_machinery(filename: str) -> bool:
    """Whether code of this file says nothing about the program that it runs."""
    return filename.startswith(_files)


def leave_out(directory: str) -> None:
    """Have all code below a directory say nothing, too."""
    global _files  # noqa: PLW0603  # a tuple, for speed
    _files = (*_files, directory + os.sep)


def logged(error: BaseException) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    """An error as the `exc_info` of a log, told from the first frame on that is the program's own."""
    found = error.__traceback__
    while found is not None and is_machinery(found.tb_frame.f_code.co_filename):
        found = found.tb_next
    return type(error), error, found
