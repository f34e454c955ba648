"""Where external operations come from, so that an event keeps its id when other things move."""

from __future__ import annotations

from contextvars import ContextVar
from hashlib import blake2b

import msgspec


class Origin(msgspec.Struct, gc=False):
    """A source of operations that is no task: a context, a channel, the callbacks that a timer started.

    A task is an origin of its own (see `tasks.Task`), with the same two attributes.
    """

    key: int
    count: int = 0


# asyncio copies the context of whoever schedules a callback, so a chain of callbacks finds its origin here at no cost.
ORIGIN: ContextVar[Origin | None] = ContextVar("detrun_origin", default=None)


class Named:
    """Keys of what has a name within something: by that name, and by how many had it before.

    Whoever else is there, and came first, changes nothing.
    """

    def __init__(self) -> None:
        self._before: dict[tuple[int, str], int] = {}

    def key(self, within: int, name: str) -> int:
        """The key of the next one of this name."""
        self._before[within, name] = before = self._before.get((within, name), 0) + 1
        # Not `hash`: that of a string is another one in each process.
        number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")
        return hash((within, number, before))
