"""Strategies, one file each; those that a seed is enough for can be named."""

from __future__ import annotations

from detrun.errors import UsageError
from detrun.model import SLACK
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.strategy import Strategy

NAMES = ("default", "random")
SEEDS = 2**64


def named(name: str, seed: int, slack: int = SLACK) -> Strategy:
    """The strategy of this name for this seed."""
    _check_seed(seed)
    match name:
        case "default":
            return Default()
        case "random":
            return Random(seed, slack)
        case _:
            raise UsageError(f"expected a strategy that is one of {', '.join(NAMES)}, got {name!r}")


def _check_seed(seed: object) -> None:
    if not isinstance(seed, int) or not 0 <= seed < SEEDS:
        raise UsageError(f"expected a seed from 0 to {SEEDS - 1}, got {seed!r}")
