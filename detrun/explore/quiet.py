"""Silence: what a program prints in its hundredth run is seen where that is replayed, and nowhere else."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let programs print and log to nowhere meanwhile.

    They do print and log: a handler that is not called takes no lock, and where there are threads that is another run.
    """
    with (
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield
