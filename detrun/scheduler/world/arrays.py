"""numpy's randomness. Its generators begin with `secrets`, which is the run's already; but an old one is hidden.

All functions of `numpy.random` that stand by themselves draw from that one, and hold its lock meanwhile. The lock is a
turnstile: it knows who drew last, the process or a run, and when somebody else comes, puts their state in place.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world.entropy import ARRAYS

if TYPE_CHECKING:
    from detrun.scheduler.world.world import World

# What numpy takes for a seed is a list of numbers of 32 bits.
_WORDS, _WORD = 8, 32


class Turnstile:
    """A lock; while somebody holds it, the hidden generator has the state that they left it in."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator
        self._lock = threading.RLock()
        self._turning = False
        # The run that drew last, if it was one; and the state of the process then.
        self._owner: weakref.ref[World] | None = None
        self._outside: Any = None

    def __enter__(self) -> None:
        self._lock.acquire()
        engine = ACTIVE.engine
        if engine is not None:
            # Not what is drawn, but that something is: the one follows from the other.
            engine.trace.fold(ARRAYS)
            self._turn(engine.world)
        elif self._owner is not None:
            self._turn(None)

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _turn(self, world: World | None) -> None:
        before = None if self._owner is None else self._owner()
        if self._turning or (before is world and (self._owner is None) is (world is None)):
            return
        self._turning = True
        try:
            self._keep(before)
            self._place(world)
        finally:
            self._turning = False
        self._owner = None if world is None else weakref.ref(world)

    def _keep(self, before: World | None) -> None:
        state = self._generator.get_state(legacy=False)
        if self._owner is None:
            self._outside = state
        elif before is not None:
            before.arrays = state

    def _place(self, world: World | None) -> None:
        state = self._outside if world is None else world.arrays
        if state is not None:
            self._generator.set_state(state)
        elif world is not None:
            seed = world.entropy.seed(ARRAYS)
            self._generator.seed([seed >> _WORD * place & (1 << _WORD) - 1 for place in range(_WORDS)])


def catch(mtrand: Any) -> None:
    """Put a turnstile before the hidden generator."""
    # Before numpy 1.24 its bits could not come from elsewhere.
    if hasattr(mtrand, "set_bit_generator"):
        hidden, turnstile = mtrand._rand, Turnstile(mtrand._rand)
        state = hidden.get_state(legacy=False)
        mtrand.set_bit_generator(_behind(turnstile, type(hidden._bit_generator)))
        hidden.set_state(state)


def _behind(turnstile: Turnstile, kind: Any) -> Any:
    """The bits of the hidden generator, which are reached through the turnstile only."""

    class Behind(kind):  # type: ignore[misc]
        lock = turnstile

        @property
        def state(self) -> Any:
            with turnstile:
                return kind.state.__get__(self)

        @state.setter
        def state(self, value: Any) -> None:
            with turnstile:
                kind.state.__set__(self, value)

        def _legacy_seeding(self, seed: Any) -> None:
            with turnstile:
                kind._legacy_seeding(self, seed)

        def __reduce__(self) -> Any:
            plain = kind(0)
            plain.state = self.state
            return plain.__reduce__()

    # Under the name by which it says of what kind a state is.
    Behind.__name__ = Behind.__qualname__ = kind.__name__
    return Behind()
