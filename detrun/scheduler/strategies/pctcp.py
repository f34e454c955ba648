"""PCT for messages: the chains are chains of causes, found while the run goes on (Ozkan et al., OOPSLA 2018).

What one origin asks for follows from what it asked for before, so that origins are such chains without any clocks.
"""

from __future__ import annotations

from detrun.scheduler.strategies.drawing import origin
from detrun.scheduler.strategies.pct import PCT


class PCTCP(PCT):
    """PCT over chains of causes."""

    _chain = staticmethod(origin)
