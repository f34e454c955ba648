"""What a program may claim of itself, for a search to find a schedule in which it is not so.

Outside a run `always` and `unreachable` are assertions like any other, and the others do nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable


def always(name: str, condition: object) -> None:
    """Claim that this is so whenever the program comes by here; a run in which it is not fails, whoever catches it."""
    if not condition:
        _violate("always", name)


def unreachable(name: str) -> NoReturn:
    """Claim that the program never comes by here."""
    _violate("unreachable", name)


def sometimes(name: str, condition: object) -> None:
    """Claim that this is so in some run at least; a search that saw none says so."""
    engine = ACTIVE.engine
    if engine is not None:
        engine.claims.see(name, happened=bool(condition))


def eventually(name: str, condition: Callable[[], object]) -> None:
    """Claim that this will be so when the program has ended by itself."""
    engine = ACTIVE.engine
    if engine is not None:
        engine.claims.expect(name, condition)


def _violate(kind: str, name: str) -> NoReturn:
    error = AssertionError(f"{kind} {name!r}")
    engine = ACTIVE.engine
    if engine is not None:
        engine.claims.violate(kind, name, error)
    raise error
