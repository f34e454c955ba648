"""Which code is the program's own: neither Python's, nor a library's, nor ours."""

from __future__ import annotations

import _weakrefset
import os
import weakref
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from detrun import errors

if TYPE_CHECKING:
    from types import FrameType

_DOCTOR = os.path.dirname(__file__) + os.sep
# Nobody calls this in so many words: what imports are made of, and what tidies up behind weak references.
_UNCALLED = ("<frozen importlib", *(file for file in (_weakrefset.__file__, weakref.__file__) if file))
_ROOTS = tuple(os.path.dirname(file) + os.sep for file in (errors.__file__, os.__file__))
_LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


@cache
def is_own(file: str) -> bool:
    """Whether code in this file is the program's own; what has no file is nobody's."""
    return not file.startswith(("<", *_ROOTS)) and not any(part in file for part in _LIBRARIES)


@cache
def is_ours(file: str) -> bool:
    """Whether code in this file is what the doctor has put between a program and what it calls."""
    return file.startswith(_DOCTOR)


@cache
def is_called(file: str) -> bool:
    """Whether code in this file runs because somebody called it."""
    return not file.startswith((_DOCTOR, *_UNCALLED))


def is_own_module(module: object) -> bool:
    """Whether a module is the program's own."""
    file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
    return isinstance(file, str) and is_own(file)


def nearest(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the program's own, from this one outwards."""
    while frame is not None and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame
