"""What an explanation says in sentences: when it fails, and what that takes where nothing is simulated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from detrun.explore.names import END

if TYPE_CHECKING:
    from detrun.explore.explanation import Flip, Order, Rate
    from detrun.model import Failure, Plan

LATE_MESSAGE, LONG_TURN, ANOTHER_THREAD = "late message", "long turn", "another thread"
"""Why something is late."""
# Up to this level nothing is permuted that stock asyncio never does.
_STOCK = 2
# What is shorter than that, in seconds, only orders what comes at once.
_INSTANT = 0.000_1
# What a turn is called.
_TURN = re.compile(r"turn (\d+) after (.+)")


def sentence(flips: tuple[Flip, ...], faults: tuple[str, ...], around: Rate | None) -> str:
    """When a failure happens that takes an order, or something that goes wrong."""
    parts = [*map(_flip, flips), *(f"`{fault}` happens" for fault in faults)]
    # "Only if" is said of what the failure never was without, and "if" alone of what needs more than is named.
    always = around is None or 0 < around.failed + around.otherwise == around.runs
    certain = always and all(flip.necessary for flip in flips)
    return f"fails {'iff' if certain else 'if'} {' and '.join(parts)}"


def boring(orders: tuple[Order, ...], chance: Rate) -> str:
    """When a failure happens that takes nothing."""
    if orders:
        passes = (_order(order.first.event, order.late.event, None, is_turn=order.is_turn) for order in orders)
        return f"fails when nothing is late, unless {' and '.join(passes)}"
    if chance.failed + chance.otherwise < chance.runs:
        return "fails when nothing is late, and not in every other order"
    return "fails whatever comes first" if chance.runs else "fails when nothing is late"


def _flip(flip: Flip) -> str:
    return _order(flip.first.event, flip.late.event, flip.after, is_turn=flip.cause == LONG_TURN)


def _order(first: str, late: str, after: str | None, *, is_turn: bool) -> str:
    if first == END:
        return f"`{late}` does not come"
    turn = _TURN.fullmatch(late)
    if is_turn and turn is not None:
        number, last = int(turn[1]), turn[2]
        begin = last if last == "the beginning" else f"`{last}`"
        if after == f"turn {number - 1} after {last}":
            return f"`{first}` comes in turn {number} after {begin}"
        if after in {None, last}:
            return f"`{first}` comes within {_count(number, 'turn')} after {begin}"
    between = f"between `{after}` and" if after is not None else "before"
    return f"`{first}` comes {between} `{late}`"


def _count(number: int, what: str) -> str:
    return f"one {what}" if number == 1 else f"{number} {what}s"


def possible(failure: Failure, plan: Plan, flips: tuple[Flip, ...], *, scenario: bool) -> str:
    """Where it can happen: a plain program on stock asyncio, an application wherever the platform is kept to."""
    if failure.kind == "forbidden":
        return "in a simulation alone, which cannot give what is asked for"
    if plan.level > _STOCK:
        where = "with any application" if scenario else "on stock asyncio"
        return f"not {where}, but where tasks are eager, or a loop has another order"
    where = "on the platform" if scenario else "on stock asyncio"
    if scenario and flips:
        where += ", where messages of different senders have no order"
    needs = [_need(flip) for flip in flips]
    needs += ["garbage to be collected just then"] if plan.level == _STOCK and plan.faults else []
    return where + (f": needs {', and '.join(needs)}" if needs else "")


def _need(flip: Flip) -> str:
    later = f"{1000 * flip.later:.3g} ms" if flip.later < 1 else f"{flip.later:,.1f} s"
    if flip.cause == LONG_TURN:
        return f"`{flip.late.event}` to begin {later} late, because what ran before took so long"
    if flip.cause == ANOTHER_THREAD:
        return f"another thread to go on before `{flip.late.event}`"
    than = f"more than {later} later" if flip.later >= _INSTANT else "later"
    return f"`{flip.late.event}` to come {than} than it could"
