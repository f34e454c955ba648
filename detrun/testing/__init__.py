"""What tests use: the decorator for async test functions, and failures that are kept as tests.

A name is imported when it is first asked for: pytest imports this package for every session, whatever is tested in it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detrun.scenarios.app import App as App
    from detrun.scenarios.clients import Client as Client
    from detrun.testing.decorator import test as test
    from detrun.testing.harness import Failed as Failed
    from detrun.testing.keeping import Back as Back
    from detrun.testing.keeping import Kept as Kept
    from detrun.testing.values import EachRun as EachRun

_HOME = {
    "App": "detrun.scenarios.app",
    "Back": "detrun.testing.keeping",
    "Client": "detrun.scenarios.clients",
    "EachRun": "detrun.testing.values",
    "Failed": "detrun.testing.harness",
    "Kept": "detrun.testing.keeping",
    "test": "detrun.testing.decorator",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'detrun.testing' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value
