"""Programs that fail leave things open; nobody is to be warned of that, in this test or in a later one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def always_unclosed(unclosed: None) -> None:
    """Let each test leave things open."""
