"""Which run the calling thread is part of: every dispatcher asks here, and nothing else does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.scheduler.engine import Engine


class Active(threading.local):
    """The run of one thread. Dispatchers read the attribute themselves: a call would cost as much as the answer."""

    engine: Engine | None = None


ACTIVE = Active()


@contextmanager
def aside() -> Iterator[None]:
    """Step out of the run for a moment: what this thread asks meanwhile, the real thing answers."""
    engine, ACTIVE.engine = ACTIVE.engine, None
    try:
        yield
    finally:
        ACTIVE.engine = engine
