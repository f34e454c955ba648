"""Which run the calling thread is part of: every dispatcher asks here, and nothing else does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine


class Active(threading.local):
    """The run of one thread. Dispatchers read the attribute themselves: a call would cost as much as the answer."""

    engine: Engine | None = None


ACTIVE = Active()
