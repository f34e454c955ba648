"""Running a plain asyncio program live, or giving it back what came then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.live.engine import LiveEngine
from detrun.scheduler.program import finished

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.edge import Edge
    from detrun.model import Run
    from detrun.scheduler.record import Record


def run(main: Callable[[], Any], edge: Edge, record: Record | None = None, entropy: str = "real") -> Run:
    """Run a program with this at its edge: a machine, or what one wrote down."""
    return finished(LiveEngine(edge, record, entropy), main, seed=0, strategy="default", entropy=entropy)
