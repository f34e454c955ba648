"""Which code is the program's own: neither Python's, nor a library's, nor ours."""

from __future__ import annotations

import os
import site
import sysconfig
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from detrun.scheduler.machinery import DETRUN
from detrun.scheduler.waits import place

if TYPE_CHECKING:
    from types import FrameType

# Not the prefix itself: a program may well lie somewhere below `/usr`.
_PYTHONS = [path for name, path in sysconfig.get_paths().items() if name != "data"]
LIBRARIES = tuple({path + os.sep for path in (*_PYTHONS, *site.getsitepackages(), site.getusersitepackages())})
"""Where Python is, and what was installed for it."""
# As what was installed for another Python is called, which somebody may have put on the path.
_ELSEWHERE = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages"))


@cache
def is_own(file: str) -> bool:
    """Whether code in this file is the program's own; what has no file is nobody's."""
    return not file.startswith(("<", DETRUN, *LIBRARIES)) and not any(part in file for part in _ELSEWHERE)


def is_own_module(module: object) -> bool:
    """Whether a module is the program's own."""
    # Whatever else stands in the place of one may run code when it is asked.
    file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
    return isinstance(file, str) and is_own(file)


def nearest(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the program's own, from this one outwards."""
    while frame is not None and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def line_of(frame: FrameType | None) -> str | None:
    """The line that a frame is at, as reports show it."""
    return None if frame is None else place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
