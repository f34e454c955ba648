"""Nobody is to read what a program prints and logs in its hundredth run."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let programs print and log to nowhere meanwhile."""
    disabled = logging.root.manager.disable
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        logging.disable(logging.CRITICAL)
        try:
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                yield
        finally:
            logging.disable(disabled)
