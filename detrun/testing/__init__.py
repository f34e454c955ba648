"""What tests use: failures that are kept as tests.

A name is imported when it is first asked for: pytest imports this package for every session, whatever is tested in it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detrun.testing.keeping import Back as Back
    from detrun.testing.keeping import Kept as Kept

_HOME = {"Back": "detrun.testing.keeping", "Kept": "detrun.testing.keeping"}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'detrun.testing' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value
