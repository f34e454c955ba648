"""Which code the doctor has put between a program and what it calls, and which nobody calls."""

from __future__ import annotations

import _weakrefset
import os
import weakref
from functools import cache

_DOCTOR = os.path.dirname(__file__) + os.sep
# Nobody calls this in so many words: what imports are made of, and what tidies up behind weak references.
_UNCALLED = ("<frozen importlib", *(file for file in (_weakrefset.__file__, weakref.__file__) if file))


@cache
def is_ours(file: str) -> bool:
    """Whether code in this file is what the doctor has put between a program and what it calls."""
    return file.startswith(_DOCTOR)


@cache
def is_called(file: str) -> bool:
    """Whether code in this file runs because somebody called it."""
    return not file.startswith((_DOCTOR, *_UNCALLED))
