"""Silence: what a program prints in its hundredth run is seen where that is replayed, and nowhere else.

Nor does one of them get on the nerves of a search by computing for ever.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from detrun.scheduler.endless import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let programs print and log to nowhere meanwhile, and end those of which a turn never ends.

    They do print and log: a handler that is not called takes no lock, and where there are threads that is another run.
    """
    with (
        open(os.devnull, "w", encoding="utf-8", errors="replace") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        bounded(),
    ):
        yield
