"""Attempts in a process of their own each: nothing at all is left of one when the next begins."""

from __future__ import annotations

import os
import pickle
import sys
from typing import TYPE_CHECKING, Any

from detrun.errors import InternalError
from detrun.explore.attempt import Attempt, Attempts

if TYPE_CHECKING:
    from detrun.scheduler.strategies.strategy import Strategy


class Forked(Attempts):
    """Makes each attempt in a child of this process."""

    def attempt(self, strategy: Strategy, **options: Any) -> Attempt:
        back, there = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(back)
            self._be_child(there, strategy, options)
        os.close(there)
        self.made += 1
        with os.fdopen(back, "rb") as stream:
            data = stream.read()
        os.waitpid(child, 0)
        if not data:
            raise InternalError(f"expected an attempt from process {child}, got its end")
        attempt: Attempt = pickle.loads(data)
        return attempt

    def _be_child(self, there: int, strategy: Strategy, options: dict[str, Any]) -> None:
        """Make the attempt, tell it, and end without doing anything else that was the parent's to do."""
        status = 1
        try:
            attempt = super().attempt(strategy, **options)
            with os.fdopen(there, "wb") as stream:
                stream.write(pickle.dumps(attempt))
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)
