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
        self.stopped = False

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return time.perf_counter() - self._began

    def stop(self) -> None:
        """Have nothing left."""
        self.stopped = True

    @property
    def spent(self) -> bool:
        """Whether nothing is left, or nothing more is wanted."""
        if self.stopped:
            return True
        if self._most is not None and self.runs >= self._most:
            return True
        return self._seconds is not None and self.seconds >= self._seconds
