"""Where external operations come from, so that an event keeps its id when other things move."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    pass


class Origin(msgspec.Struct, gc=False):
    """A source of operations that is no task: a context, a channel, the callbacks that a timer started.

    A task is an origin of its own (see `tasks.Task`), with the same two attributes.
    """

    key: int
    count: int = 0


# asyncio copies the context of whoever schedules a callback, so a chain of callbacks finds its origin here at no cost.
ORIGIN: ContextVar[Origin | None] = ContextVar("detrun_origin", default=None)
