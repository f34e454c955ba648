"""All that a program reads from its surroundings, caught in one call: inside a run, its world answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.scheduler.world import (
    arrays,
    clocks,
    dates,
    environment,
    identifiers,
    leaving,
    listings,
    logs,
    machine,
    randomness,
    refused,
    signals,
    system,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def catch() -> None:
    """Put dispatchers into what is always there."""
    for part in (clocks, dates, environment, leaving, listings, logs, machine, randomness, refused, signals, system):
        part.catch()


def later() -> dict[str, Callable[[Any], None]]:
    """What to do to modules that a program may import, or may have imported."""
    return {
        "numpy.random.mtrand": arrays.catch,
        "platform": machine.catch_platform,
        "resource": machine.catch_usage,
        "tempfile": identifiers.catch_names,
        "uuid": identifiers.catch_uuids,
        "asyncio.unix_events": system.catch_unix_loops,
        **refused.guards(),
    }
