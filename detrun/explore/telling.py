"""An explanation in words: one sentence, and a few lines for whoever wants to know more."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.explore.explanation import Explanation, Flip, Order, Rate, Side


# So many inputs are named.
_NAMED = 8


def told(explanation: Explanation) -> list[str]:
    """The explanation, line by line."""
    return [
        explanation.sentence,
        f"  kind      {explanation.label}: {explanation.failure}",
        *([f"  where     {_short(explanation.where)}"] if explanation.where else []),
        *(line for flip in explanation.flips for line in _flip(flip)),
        *(line for order in explanation.unless for line in _order(order)),
        *(f"  wrong     {fault}" for fault in explanation.faults),
        *_inputs(explanation),
        *_twin(explanation),
        *_course(explanation),
        f"  possible  {explanation.possible}",
        *_rates(explanation),
    ]


def _flip(flip: Flip) -> Iterator[str]:
    yield f"  late      {_side(flip.late)}"
    yield f"  first     {_side(flip.first)}"
    if flip.differs:
        seen = ", ".join(f"{name} = {here}, not {there}" for name, (here, there) in flip.differs.items())
        yield f"  sees      {seen}"
    without = "passes" if flip.necessary else "fails all the same"
    alone = "is enough" if flip.sufficient else "is not enough"
    yield f"  checked   without this order it {without}, this order alone {alone}"
    if (latency := flip.latency) is not None:
        what = f"whatever comes by {latency.what}" if latency.link else latency.what
        yield f"  latency   it fails as well if {what} takes {_later(latency.seconds)} longer"


def _later(seconds: float) -> str:
    return f"{1000 * seconds:g} ms" if seconds < 1 else f"{seconds:,g} s"


def _order(order: Order) -> Iterator[str]:
    yield f"  unless    {_side(order.first)}"
    yield f"  before    {_side(order.late)}"


def _side(side: Side) -> str:
    who = f", {side.task} at {_short(side.where)}" if side.where is not None else ""
    return f"{side.event}{who}"


def _inputs(explanation: Explanation) -> Iterator[str]:
    if not explanation.left_out:
        return
    yield f"  needs     {_few(explanation.inputs) or 'nothing else that is started or asked for'}"
    with_them = "" if explanation.whole else "; with all of it, it takes more than this order"
    yield f"  without   {_few(explanation.left_out)}{with_them}"


def _few(names: tuple[str, ...]) -> str:
    """Names, or the first of many and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _twin(explanation: Explanation) -> Iterator[str]:
    twin = explanation.twin
    if twin is not None:
        yield f"  passes    if in step {twin.step} comes {twin.there}, and not {twin.here}"


def _course(explanation: Explanation) -> Iterator[str]:
    """Whose turn came when, a line for each."""
    title = "course"
    for turn in explanation.course:
        yield f"  {title:10}{_instant(turn.seconds)}  {turn.task} {turn.how} at {_short(turn.where)}"
        title = ""


def _instant(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:,.3f} s"


def _short(where: str) -> str:
    """A place as seen from the directory in which one is."""
    return where.removeprefix(os.path.join(os.getcwd(), ""))


def _rates(explanation: Explanation) -> Iterator[str]:
    if explanation.around is not None and explanation.around.runs:
        yield f"  others    {_rate(explanation.around)} with whatever else in any other order"
    if explanation.draws is not None and explanation.draws.runs:
        yield f"  draws     {_rate(explanation.draws)} with other random numbers"
    if explanation.chance is not None and explanation.chance.runs:
        yield f"  chance    {_rate(explanation.chance)} of random schedules"
    if (turn := turning_point(explanation.curve)) is not None:
        event, before, after = turn
        yield f"  turns     on {event}: {before:.0%} of random continuations fail before it, {after:.0%} after it"


def turning_point(curve: tuple[tuple[str, float], ...]) -> tuple[str, float, float] | None:
    """The event from which on the failure is certain; else that which makes it most likelier."""
    pairs = [(event, before, after) for (_, before), (event, after) in pairwise(curve)]
    certain = [pair for place, pair in enumerate(pairs) if all(after == 1 for _, _, after in pairs[place:])]
    if certain and certain[0][1] < 1:
        return certain[0]
    rises = [pair for pair in pairs if pair[2] > pair[1]]
    return max(rises, key=lambda pair: pair[2] - pair[1], default=None)


def _rate(rate: Rate) -> str:
    other = f" ({rate.otherwise} in another way)" if rate.otherwise else ""
    return f"fails in {rate.failed} of {rate.runs}{other}"
