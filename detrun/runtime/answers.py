"""Answers: whom a call that has arrived is for, and the scope that it is answered in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from detrun.errors import Disconnected, InternalError, Released
from detrun.runtime.calls import Answering
from detrun.runtime.carrying import discard
from detrun.runtime.encoding.packing import ATOMS
from detrun.runtime.frames import Call, Refusal
from detrun.runtime.given import Given
from detrun.runtime.remote_errors import encode_error
from detrun.runtime.scopes import SCOPE
from detrun.runtime.sessions import STEP
from detrun.runtime.stubs import Exported
from detrun.scheduler.origins import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side


# So many bits are left to the operations of one call.
_SHARE = 20
_NOTHING = "plain data has no members that can be reached from outside"


class Entry(Protocol):
    """Where a session leads to: makes a scope for a call from there, and finds whom it is for."""

    def enter(self, side: Side, call: Call) -> tuple[Scope, Callable[[], Any]]:
        """The scope of a new event, and what gives the object that it is for."""


class Answers:
    """Answers the calls that arrive at one side of a session."""

    def __init__(self, entry: Entry | None) -> None:
        self._entered = self._nowhere if entry is None else entry.enter

    def __call__(self, side: Side, number: int, call: Call) -> None:
        try:
            scope, find = self._asked(side, number, call) if call.target else self._entered(side, call)
        except Exception as error:
            what = ".".join((side.name, *call.path))
            side.keep(number, Given(None, error, None), call.heard)
            side.answer(number, Refusal(encode_error(error, what)), what)
            discard(side, call)
            return
        # What it asks for is counted from here on, whatever calls before it have asked for.
        origin = ORIGIN.get()
        if origin is not None and origin.count < number << _SHARE:
            origin.count = number << _SHARE
        # This runs in variables of its own, which the task inherits.
        SCOPE.set(scope)
        Answering(side, scope, number, call).begin(find)

    def _nowhere(self, side: Side, _: Call) -> NoReturn:
        raise InternalError(f"a call came to {side.name}, which called and has no entrypoints")

    def _asked(self, side: Side, number: int, call: Call) -> tuple[Scope, Callable[[], Any]]:
        end = side.ends.get(call.target)
        if isinstance(end, Exported):
            return end.scope, lambda: end.target
        if isinstance(end, Answering):
            return end.scope, lambda: _awaited(end)
        return self._of_what_was(side, number, call)

    def _of_what_was(self, side: Side, number: int, call: Call) -> tuple[Scope, Callable[[], Any]]:
        what = ".".join(call.path)
        if (call.target - number) % STEP:
            # Each side counts what it exports as it counts its calls: this was an object of this side.
            raise Disconnected(f"the object that {what} is asked of is gone", "whoever had it has ended")
        given = None if side.kept is None else side.kept.find(call.target, call.heard)
        if given is None:
            # Whoever asks has not heard the answer: of that only plain data is not kept.
            raise AttributeError(_NOTHING)
        if isinstance(given.error, Exception):  # a task that was cancelled was so because its scope is over
            raise given.error
        assert given.scope is not None  # as of every call that was not refused
        if given.scope.ended:
            raise Released(f"what {what} is asked of is gone", "keep the stub, or ask for it again")
        return given.scope, lambda: _value(given)


async def _awaited(end: Answering) -> Any:
    return _value(await end.outcome())


def _value(given: Given) -> Any:
    if given.error is not None:
        raise given.error
    if type(given.value) in ATOMS:
        raise AttributeError(_NOTHING)
    return given.value
