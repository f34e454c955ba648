"""What a live program fails with and goes on: whoever records is told, and of the failures the last few are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.scheduler.claims import Claims

if TYPE_CHECKING:
    from detrun.live.edge import Edge

_MOST = 100


class Unhandled(Claims):
    """The claims of a run that may serve for months."""

    __slots__ = ("_edge",)

    def __init__(self, edge: Edge) -> None:
        super().__init__()
        self._edge = edge

    def report(self, context: dict[str, Any], home: str = "") -> None:
        super().report(context, home)
        if "exception" in context:
            self._edge.note_failure()
        del self.complaints[:-_MOST]
