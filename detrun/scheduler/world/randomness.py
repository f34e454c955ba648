"""Where random numbers come from: the operating system, OpenSSL, and the hidden generator of the module `random`."""

from __future__ import annotations

import _random
import _ssl
import os
import random
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world import swap
from detrun.scheduler.world.entropy import INSTANCES, MODULE

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine

# Whose methods the functions of the module are.
_HIDDEN: Any = getattr(random, "_inst")  # noqa: B009  # of which types do not know


class _Hidden(random.Random):
    """That generator: inside a run it is the run's own. Its other methods all end in these, or in the type in C."""

    def random(self) -> float:
        engine = ACTIVE.engine
        return _numbers(self) if engine is None else engine.world.entropy.stream(MODULE).random()

    def getrandbits(self, k: int, /) -> int:
        engine = ACTIVE.engine
        return _bits(self, k) if engine is None else engine.world.entropy.stream(MODULE).bits(k)

    @property
    def gauss_next(self) -> float | None:
        engine = ACTIVE.engine
        if engine is None:
            return self.__dict__["gauss_next"]  # type: ignore[no-any-return]
        return engine.world.entropy.stream(MODULE).following

    @gauss_next.setter
    def gauss_next(self, value: float | None) -> None:
        engine = ACTIVE.engine
        if engine is None:
            self.__dict__["gauss_next"] = value
        else:
            engine.world.entropy.stream(MODULE).following = value


_numbers, _bits = _random.Random.random, _random.Random.getrandbits


def catch() -> None:
    """Put a dispatcher at each."""
    for function in (os.urandom, _ssl.RAND_bytes):
        swap.builtin(function, _in_bytes)
    if hasattr(os, "getrandom"):
        swap.builtin(os.getrandom, _in_bytes)
    swap.builtin(random.random, swap.told(lambda engine: engine.world.entropy.stream(MODULE).random()))
    swap.builtin(random.getrandbits, swap.asked(lambda engine, k: engine.world.entropy.stream(MODULE).bits(k)))
    _HIDDEN.__class__ = _Hidden
    swap.method(_random.Random, "seed", _seeding)
    swap.method(_random.Random, "getstate", _of_hidden)
    swap.method(_random.Random, "setstate", _of_hidden)


def _in_bytes(real: Callable[..., bytes]) -> Callable[..., bytes]:
    def draw(size: int, *flags: Any, **options: Any) -> bytes:
        engine = ACTIVE.engine
        return real(size, *flags, **options) if engine is None else engine.world.entropy.bytes(size, real)

    return draw


def _seeding(real: Callable[..., None]) -> Callable[..., None]:
    def seed(self: Any, *seeds: Any) -> None:
        engine = ACTIVE.engine
        if engine is None:
            real(self, *seeds)
        else:
            # Without a seed C would ask the operating system, by no way that anybody could stand in.
            given = seeds if seeds and seeds[0] is not None else (engine.world.entropy.seed(INSTANCES),)
            real(_source(engine) if self is _HIDDEN else self, *given)

    return seed


def _of_hidden(real: Callable[..., Any]) -> Callable[..., Any]:
    def ask(self: Any, *arguments: Any) -> Any:
        engine = ACTIVE.engine
        return real(_source(engine) if engine is not None and self is _HIDDEN else self, *arguments)

    return ask


def _source(engine: Engine) -> _random.Random:
    return engine.world.entropy.stream(MODULE).source
