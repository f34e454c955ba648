"""`@detrun.test`: an async test function that is run on many schedules, until one fails."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ParamSpec, Protocol, overload

from detrun.errors import UsageError
from detrun.testing.settings import RUNS, Settings

P = ParamSpec("P")


class Decorator(Protocol):
    """What makes a test of an async function."""

    def __call__(self, function: Callable[P, Awaitable[object]], /) -> Callable[P, None]:
        """The function as a test."""


@overload
def test(function: Callable[P, Awaitable[object]], /) -> Callable[P, None]: ...


@overload
def test(
    *,
    runs: int = RUNS,
    seconds: float | None = None,
    level: int = 1,
    faults: Iterable[str] = (),
    entropy: str = "drawn",
    verify: bool = True,
) -> Decorator: ...


def test(function: Any = None, /, **settings: Any) -> Any:
    """Run an async test function on up to `runs` schedules, or for `seconds`; those first that failed before.

    It fails with the smallest schedule that makes it fail, and why. `level` is what may be permuted, `faults` what may
    go wrong in the network, and `entropy` whether randomness is drawn anew for each schedule or "fixed". Each failure
    is verified in a fresh process, unless `verify` is false.
    """
    if function is None:
        return functools.partial(_decorated, Settings.of(**settings))
    return _decorated(Settings(), function)


# It is a decorator, and no test.
test.__test__ = False  # type: ignore[attr-defined]


def _decorated(settings: Settings, function: Callable[P, Awaitable[object]]) -> Callable[P, None]:
    if not callable(function):
        raise UsageError(f"expected an async function to test, got {function!r}")

    # No coroutine function: whatever else runs those in pytest shall leave it alone.
    @functools.wraps(function)
    def check(*arguments: P.args, **given: P.kwargs) -> None:
        __tracebackhide__ = True
        from detrun.testing.harness import check_all  # noqa: PLC0415  # slow, so not where tests are collected

        check_all(function, settings, arguments, given)

    return check
