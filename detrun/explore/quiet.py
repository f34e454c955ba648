"""Silence: thousands of runs would say the same thing; what one of them says is seen where it is replayed."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def silence() -> Iterator[None]:
    """Let nobody hear what is printed, logged or warned of."""
    out, err, last = sys.stdout, sys.stderr, logging.lastResort
    with open(os.devnull, "w", encoding="utf-8", errors="replace") as nothing, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.stdout = sys.stderr = nothing
        logging.lastResort = None
        try:
            yield
        finally:
            sys.stdout, sys.stderr, logging.lastResort = out, err, last
