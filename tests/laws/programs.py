"""Generated programs: a few actors that get in each other's way."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.laws import acts, deeds
from tests.laws.stage import EAGER

# Equal ones, adjacent ones, several in one millisecond, and some beyond what a turn may take.
DELAYS = st.sampled_from((0, 1, 2, 300, 500, 1_000, 1_000, 1_001, 1_500, 2_000, 5_000, 20_000, 29_000, 40_000, 90_000))
DEADLINES = st.none() | DELAYS
PLACES = st.integers(0, 7)
_EAGER = st.booleans() if EAGER else st.just(False)  # noqa: FBT003 - what is drawn, not an option
CHANNELS = st.sampled_from(("left", "right"))


def _acts() -> st.SearchStrategy[acts.Act]:
    simple = st.one_of(
        st.builds(acts.Resolve, st.integers(0, 2)),
        st.builds(acts.Break, st.integers(0, 2)),
        st.builds(acts.Renew, st.integers(0, 2)),
        st.builds(acts.Signal, st.integers(0, 1), st.booleans()),
        st.builds(acts.Offer, st.integers(0, 1)),
        st.builds(acts.CancelTask, PLACES),
        st.builds(acts.CancelHandle, PLACES),
        st.sampled_from((acts.Fail(exit=False), acts.Fail(exit=False), acts.Fail(exit=True), acts.Stop())),
    )
    once = st.one_of(
        simple,
        st.builds(acts.Later, DELAYS, simple),
        st.builds(acts.Soon, simple),
        st.builds(acts.Message, CHANNELS, simple),
    )
    return st.one_of(
        simple,
        st.builds(acts.Soon, once),
        st.builds(acts.Later, DELAYS, once),
        st.builds(acts.Later, DELAYS, once),
        st.builds(acts.At, DELAYS, once),
        st.builds(acts.Message, CHANNELS, once),
        st.builds(acts.Message, CHANNELS, once),
    )


def _simple() -> st.SearchStrategy[deeds.Simple]:
    return st.one_of(
        st.builds(deeds.Do, _acts()),
        st.builds(deeds.Do, _acts()),
        st.builds(deeds.Do, st.builds(acts.Message, CHANNELS, _acts())),
        st.builds(deeds.Do, st.builds(acts.Later, DELAYS, _acts())),
        st.builds(deeds.Sleep, DELAYS),
        st.builds(deeds.Sleep, DELAYS),
        st.builds(deeds.Sleep, st.sampled_from((0, 0, 1_000, None))),
        # Those that leave their loop early drop a generator, which a loop has to close.
        st.builds(deeds.Iterate, st.integers(0, 3), st.integers(0, 3), DELAYS, st.booleans()),
        st.builds(deeds.Await, st.integers(0, 2), st.booleans()),
        st.builds(deeds.Join, PLACES),
        st.builds(deeds.Expect, st.integers(0, 1)),
        st.builds(deeds.Attend, st.just(0)),
        st.builds(deeds.Notify, st.just(0), st.integers(1, 2)),
        st.builds(deeds.Meet, st.just(0)),
        st.builds(deeds.Put, st.integers(0, 1), PLACES),
        st.builds(deeds.Get, st.integers(0, 1)),
        st.builds(deeds.Drain, st.integers(0, 1)),
        st.builds(deeds.Raise, st.booleans()),
    )


def _nested(body: st.SearchStrategy[deeds.Body]) -> st.SearchStrategy[deeds.Nested]:
    bodies = st.lists(body, min_size=1, max_size=3).map(tuple)
    returns = st.sampled_from(("FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"))
    return st.one_of(
        st.builds(deeds.Locked, st.integers(0, 1), body),
        st.builds(deeds.Admitted, st.integers(0, 1), body),
        st.builds(deeds.Spawn, body),
        st.builds(deeds.Group, bodies),
        st.builds(deeds.Gather, bodies, st.booleans()),
        st.builds(deeds.Wait, bodies, returns, DEADLINES),
        st.builds(deeds.Complete, bodies, DEADLINES),
        st.builds(deeds.Shield, body),
        st.builds(deeds.Within, DELAYS, body),
        st.builds(deeds.WaitFor, DELAYS, body),
        st.builds(deeds.Survive, st.booleans(), body),
        st.builds(deeds.Finally, body, body),
    )


def _bodies(depth: int, size: int) -> st.SearchStrategy[deeds.Body]:
    what: st.SearchStrategy[Any] = _simple()
    if depth:
        what = st.one_of(what, _nested(_bodies(depth - 1, 3)))
    return st.lists(what, min_size=1, max_size=size).map(tuple)


def _actors() -> st.SearchStrategy[tuple[deeds.Body, ...]]:
    helpers = st.lists(DELAYS, max_size=4).map(
        lambda delays: tuple(deed for delay in delays for deed in (deeds.Sleep(delay), deeds.Help()))
    )
    return st.tuples(helpers, st.lists(_bodies(2, 5), min_size=1, max_size=4)).map(lambda parts: (*parts[1], parts[0]))


def programs() -> st.SearchStrategy[deeds.Program]:
    """Programs of a few actors that get in each other's way."""
    return st.builds(deeds.Program, _actors(), st.booleans(), _EAGER)


def small_programs() -> st.SearchStrategy[deeds.Program]:
    """Programs whose schedules can be counted."""
    return st.builds(deeds.Program, st.lists(_bodies(1, 3), min_size=2, max_size=3).map(tuple), eager=_EAGER)
