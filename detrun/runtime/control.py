"""Control: what the runtime itself does to its contexts, each thing an event that anything else may come before."""

from __future__ import annotations

from contextvars import Context as Variables
from typing import TYPE_CHECKING, Any

from detrun.scheduler.channels import Channel
from detrun.scheduler.handles import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.model import EventId
    from detrun.scheduler.contexts import Unit


class Control(Channel):
    """The channel of one context's control actions, which happen in the order in which they were asked for."""

    def __init__(self, home: Unit) -> None:
        # What is done here belongs to no event, whoever asked for it.
        key, name = hash((home.origin.key, -2)), f"{home.name}/control"
        super().__init__(home.engine, home, key, name, _called, Variables())

    def order(self, what: str, action: Callable[..., Any], *args: Any) -> None:
        """Have something done in a turn of this context's, when the scheduler chooses so."""
        self._count = count = self._count + 1
        event: EventId = (self.key, count)  # type: ignore[assignment]  # to call `EventId` costs more than the tuple
        self._trace.note(event)
        name = f"{self.home.name}/{what}"
        self.push(Delivery((self._receive, action, args), self._variables.copy(), None, event, name))


def _called(action: Callable[..., Any], args: tuple[Any, ...]) -> None:
    action(*args)
