"""Log records, which tell of the moment when `logging` was imported, and of a thread by its address."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.clock import SECOND
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

_MILLISECONDS = 1_000


def catch() -> None:
    """Put a dispatcher where records are made."""
    swap.function(logging.LogRecord.__init__, _made)


def _made(real: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *arguments: Any, **options: Any) -> None:
        real(self, *arguments, **options)
        engine = ACTIVE.engine
        if engine is not None:
            self.relativeCreated = (self.created - engine.world.begin / SECOND) * _MILLISECONDS

    return init
