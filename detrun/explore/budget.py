"""How much a search may cost: runs, and seconds of the machine's."""

from __future__ import annotations

import time


class Budget:
    """Counts what is spent. Whoever spends asks before; what is begun is finished."""

    def __init__(self, seconds: float | None = None, runs: int | None = None) -> None:
        self.runs = 0
        self._began = time.perf_counter()
        self._seconds = seconds
        self._most = runs

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return time.perf_counter() - self._began

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        if self._most is not None and self.runs >= self._most:
            return True
        return self._seconds is not None and self.seconds >= self._seconds
