"""The environment, and what else the process has only one of: a run has copies, or gives back what it borrowed."""

from __future__ import annotations

import _locale
import os
import time
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine

    Restore = Callable[[], object]
    # What is borrowed, and how to look at it: a way to put it back comes of that.
    Loan = tuple[str, Callable[[], Restore]]
    Prepare = Callable[..., Loan]

_Environ: Any = type(os.environ)
_ZONE = "C keeps one for the whole process, so set TZ before the run, or use zoneinfo"


class _Environment(_Environ):  # type: ignore[misc]  # of a type that is known when this runs
    """`os.environ` and `os.environb`, whose variables are those of the run where there is one."""

    @property
    def _data(self) -> Any:
        engine = ACTIVE.engine
        return self.__dict__["_data"] if engine is None else engine.world.environment

    def __getitem__(self, key: Any) -> Any:
        if _watching is not None:
            # What the process has: what the program has set itself is nothing that it learns.
            encoded = self.encodekey(key)
            _watching(encoded, self.__dict__["_data"].get(encoded))
        return super().__getitem__(key)


# Told which variable is asked for, and its value if it is set.
_watching: Callable[[bytes, bytes | None], None] | None = None


def watch(told: Callable[[bytes, bytes | None], None] | None) -> None:
    """Have somebody, or nobody, told of each variable that is asked for."""
    global _watching  # noqa: PLW0603  # there is one environment
    _watching = told
    for variables in (os.environ, os.environb):
        variables.__class__ = _Environment


def snapshot() -> dict[bytes, bytes]:
    """The variables of this process, or those of the run that asks."""
    data: dict[bytes, bytes] = getattr(os.environ, "_data")  # noqa: B009  # of which types do not know
    return data.copy()


def catch() -> None:
    """Put dispatchers where the environment, the working directory and the locale are read and changed."""
    for variables in (os.environ, os.environb):
        # The objects stay, for whoever has them by another name.
        variables.__class__ = _Environment
    for name in ("putenv", "unsetenv"):
        # C has one environment, which a run leaves alone; `os.environ` has changed its own copy.
        swap.builtin(getattr(os, name), swap.asked(lambda *_: None))
    swap.builtin(time.tzset, swap.told(_set_zone))
    swap.builtin(os.chdir, _borrowing(_directory))
    swap.builtin(os.fchdir, _borrowing(_directory))
    swap.builtin(os.umask, _borrowing(_mask))
    swap.builtin(_locale.setlocale, _borrowing(_locales))


def _set_zone(engine: Engine) -> None:
    if engine.world.environment.get(b"TZ") != vars(os.environ)["_data"].get(b"TZ"):
        raise Forbidden("a local time zone of its own", _ZONE)


def _borrowing(prepare: Prepare) -> swap.Make:
    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def change(*arguments: Any) -> Any:
            engine = ACTIVE.engine
            if engine is not None:
                engine.world.borrow(*prepare(real, *arguments))
            return real(*arguments)

        return change

    return make


def _directory(*_: Any) -> Loan:
    def look() -> Restore:
        before = os.getcwd()
        return lambda: os.chdir(before)

    return "directory", look


def _mask(real: Callable[[int], int], *_: Any) -> Loan:
    def look() -> Restore:
        before = real(0o077)  # there is no other way to look at it
        return lambda: real(before)

    return "mask", look


def _locales(real: Callable[..., str], category: int, *_: Any) -> Loan:
    def look() -> Restore:
        before = real(category)
        return lambda: real(category, before)

    return f"locale {category}", look
