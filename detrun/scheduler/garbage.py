"""Garbage collection between turns instead of inside them, where it would strike at any allocation."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# So many containers more than at the last collection are worth one.
_YOUNG = 50_000


@contextmanager
def held_back() -> Iterator[None]:
    """No collection but those that `collect_if_due` makes."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def collect_if_due() -> None:
    """Collect if much has been allocated since, and older generations as often as the collector itself would."""
    young, middle, old = gc.get_count()
    if young < _YOUNG:
        return
    _, often, seldom = gc.get_threshold()
    gc.collect(2 if middle > often and old > seldom else 1 if middle > often else 0)
