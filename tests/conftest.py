"""What tests share."""

from __future__ import annotations

import gc
import logging
import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def untidy() -> Iterator[None]:
    """Let programs fail and leave things open: nobody complains of that, and nothing of it outlives the test."""
    logger = logging.getLogger("asyncio")
    level = logger.level
    # What is logged is kept by pytest until the next test, with all that its tracebacks hold.
    logger.setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()
    logger.setLevel(level)


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> None:
    """Let collections, of which tests and runs make many, look at nothing that was there before the module."""
    gc.collect()
    gc.freeze()
