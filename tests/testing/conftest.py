"""Programs that fail leave things open; nobody is to be warned of that, in this test or in a later one."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def untidy() -> Iterator[None]:
    """Let a test leave things open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        logging.disable(logging.CRITICAL)
        yield
        logging.disable(logging.NOTSET)
        gc.collect()
