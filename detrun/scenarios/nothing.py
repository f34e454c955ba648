"""What a call gives that was left out of a run."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from detrun.runtime.members import public


class Nothing(Coroutine[Any, Any, None]):
    """What a call gives that was left out: await it, have it gathered, or ask more of it: it is nothing."""

    def __getattr__(self, name: str) -> Nothing:
        public(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Nothing:
        return self

    def __await__(self) -> Any:
        return iter(())

    def send(self, _: Any) -> Any:
        raise StopIteration

    def throw(self, *error: Any) -> Any:
        raise error[0]

    def close(self) -> None:
        """There is nothing to close."""
