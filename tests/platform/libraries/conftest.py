"""What libraries look for at each call, and nobody has installed."""

from __future__ import annotations

import importlib.util
import sys

import pytest


@pytest.fixture(autouse=True)
def known_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have httpcore, which asks what loop it is on whenever it locks, search no path for what could tell."""
    if importlib.util.find_spec("sniffio") is None:
        monkeypatch.setitem(sys.modules, "sniffio", None)
