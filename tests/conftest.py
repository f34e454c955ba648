"""What tests share."""

from __future__ import annotations

import gc
import logging
import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


# Servers of asyncio 3.13 know their connections weakly: of several that are collected together, the first that says
# goodbye is told to be the last, and so are the others.
_GOODBYES = "Exception ignored in: <function _SelectorTransport.__del__"


@pytest.fixture
def unclosed() -> Iterator[None]:
    """Let programs fail and leave connections open: nobody complains of that, and nothing of it outlives the test."""
    # What is logged is kept by pytest until the next test, with all that its tracebacks hold.
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.filterwarnings("ignore", _GOODBYES, pytest.PytestUnraisableExceptionWarning)
        yield
        gc.collect()
    logging.disable(logging.NOTSET)


@pytest.fixture
def untidy(unclosed: None) -> None:
    """Let programs fail and leave anything as it stands, coroutines that nobody has begun included."""
    warnings.simplefilter("ignore")


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> None:
    """Let collections, of which tests and runs make many, look at nothing that was there before the module."""
    gc.collect()
    gc.freeze()
