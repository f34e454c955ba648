"""`datetime.now()` and `utcnow()`, which are made in C and ask no module for the time; the others ask `time`."""

from __future__ import annotations

import datetime
import gc
from types import BuiltinMethodType
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine

_MICROSECOND = 1_000
_SECOND = 1_000_000


def catch() -> None:
    """Put a dispatcher at both, and at what somebody took from the class before, as in `now = datetime.now`."""
    answers = {"now": _now, "utcnow": _utcnow}
    # What somebody has frozen the collector does not see. It stays thawed: only all there is could be frozen again.
    gc.unfreeze()
    for taken in gc.get_referrers(datetime.datetime):
        if isinstance(taken, BuiltinMethodType) and taken.__self__ is datetime.datetime and taken.__name__ in answers:
            swap.builtin(taken, swap.asked(_bound(answers[taken.__name__])))
    for name, answer in answers.items():
        swap.method(datetime.datetime, name, _of_class(answer))


def _now(engine: Engine, cls: Any, tz: datetime.tzinfo | None = None) -> Any:
    seconds, microseconds = divmod(engine.clock.look_at_wall() // _MICROSECOND, _SECOND)
    return cls.fromtimestamp(seconds, tz).replace(microsecond=microseconds)


def _utcnow(engine: Engine, cls: Any) -> Any:
    return _now(engine, cls, datetime.UTC).replace(tzinfo=None)


def _bound(answer: Callable[..., Any]) -> Callable[..., Any]:
    return lambda engine, *arguments, **options: answer(engine, datetime.datetime, *arguments, **options)


def _of_class(answer: Callable[..., Any]) -> swap.Make:
    def make(real: Any) -> Any:
        usual = real.__get__(None, datetime.datetime)

        def ask(cls: Any, *arguments: Any, **options: Any) -> Any:
            engine = ACTIVE.engine
            if engine is None:
                function = usual if cls is datetime.datetime else real.__get__(None, cls)
                return function(*arguments, **options)
            return answer(engine, cls, *arguments, **options)

        return ask

    return make
