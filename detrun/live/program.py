"""Running a plain asyncio program live, or giving it back what came then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.live.bounds import LiveLimits
from detrun.live.engine import LiveEngine
from detrun.scheduler.program import finished

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.edge import Edge
    from detrun.model import Run
    from detrun.scheduler.record import Record


def run(
    main: Callable[[], Any],
    edge: Edge,
    record: Record | None = None,
    entropy: str = "real",
    *,
    seed: int = 0,
    max_steps: int | None = None,
    max_time: float | None = None,
    strict: bool = False,
) -> Run:
    """Run a program with this at its edge: a machine, or what one wrote down.

    The seed decides nothing but what is drawn, if that is seeded. There are no bounds unless they are given. A strict
    run goes on after what nobody handles, and has failed by it in the end.
    """
    engine = LiveEngine(edge, record, entropy, seed, LiveLimits(max_steps, max_time))
    return finished(engine, main, seed=seed, strategy="default", entropy=entropy, strict=strict)
