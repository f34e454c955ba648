"""Attempts in a process of their own each: nothing at all is left of one when the next begins."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from detrun.explore.attempt import Attempt, Attempts
from detrun.explore.pristine import at_once

if TYPE_CHECKING:
    from detrun.scheduler.strategies.strategy import Strategy


class Forked(Attempts):
    """Makes each attempt in a child of this process."""

    def attempt(self, strategy: Strategy, **options: Any) -> Attempt:
        self.made += 1
        make = super().attempt
        attempt: Attempt = pickle.loads(at_once(lambda: pickle.dumps(make(strategy, **options))))
        return attempt
