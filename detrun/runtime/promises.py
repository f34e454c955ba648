"""Promises and members: what a call gives before its answer is there, and what could be called.

Neither to look at a member nor to look for one sends anything: only to call it does, and to await it.
"""

from __future__ import annotations

from asyncio import CancelledError, Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.errors import Aborted
from detrun.runtime.calls import Asked
from detrun.runtime.carrying import Carrier
from detrun.runtime.encoding.plain import pack_arguments
from detrun.runtime.frames import Call
from detrun.runtime.members import Remote, public
from detrun.runtime.ownership import Handle, site
from detrun.runtime.roots import DEPTH
from detrun.runtime.scopes import SCOPE
from detrun.runtime.sessions import STEP

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from detrun.runtime.http.signals import AbortSignal
    from detrun.runtime.ownership import Site
    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side


class Asking(msgspec.Struct, frozen=True):
    """Whom a call is for: a side of a session, the end or 0, and what was configured for that."""

    side: Side
    scope: Scope
    target: int
    name: str
    entrypoint: str = ""
    props: bytes = b""


def ask(whom: Asking, path: tuple[str, ...], args: Any, kwargs: Any, *, reads: bool = False) -> Promise:
    """Send a call. What cannot travel is refused before anything is sent, and costs nothing.

    Who calls this was called by the program's own code, which is the place where the promise is made.
    """
    side, scope, target = whom.side, whom.scope, whom.target
    root, depth, what = scope.root, scope.depth, ".".join((whom.name, *path))
    carrier, arguments = None, pack_arguments(args, kwargs)
    if arguments is None or len(arguments) > root.limits.message_bytes:
        carrier = Carrier(side, scope)
        arguments = carrier.encode_arguments(args, kwargs, what)
    if not root.left or depth >= DEPTH:
        if carrier is not None:
            carrier.take_back()
        raise root.spent(what, depth)
    root.left -= 1
    side.last = number = side.last + STEP
    asked = Asked(side, scope, number, what, Future(loop=scope.context.loop), site(3))
    side.ends[number] = asked
    scope.handles[asked] = None
    if not side.closed:
        call = Call(target, path, arguments, reads, side.heard, root.number, depth + 1, whom.entrypoint, whom.props)
        name = f"{side.peer}/{'read' if reads else 'call'} of {what} from {side.name}"
        side.line.send(target or number, number, call, name)
    if carrier is not None:
        carrier.begin()
    return Promise(scope, asked)


class Member(Remote):
    """A member of something in another context: call it, or await it to read it."""

    __slots__ = ("_of", "_path")

    def __init__(self, of: Any, path: tuple[str, ...]) -> None:
        self._of = of
        self._path = path

    def __getattr__(self, name: str) -> Member:
        return Member(self._of, (*self._path, public(name)))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Promise:
        return ask(self._of._ask(), self._path, args, kwargs)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._promise().__await__()

    def _promise(self) -> Promise:
        return ask(self._of._ask(), self._path, (), {}, reads=True)

    def __repr__(self) -> str:
        return f"<member {'.'.join(self._path)} of {self._of!r}>"

    def __reduce__(self) -> str:
        raise TypeError("a member of something in another context cannot be copied or pickled: call or await it")


class Promise(Handle, Remote):
    """What a call will give: await it, or ask more of it at once, which is sent without waiting for the answer.

    It is a coroutine to asyncio, so that `create_task` takes it; `send`, `throw` and `close` are those of a coroutine.
    """

    kind = "the promise of an answer"
    __slots__ = ("_asked", "_waiting", "scope")

    def __init__(self, scope: Scope, asked: Asked) -> None:
        self.scope = scope
        self._asked = asked
        self._waiting: Generator[Any, None, Any] | None = None

    @property
    def _site(self) -> Site:  # type: ignore[override]  # it is known where the call is
        return self._asked.site

    def __getattr__(self, name: str) -> Member:
        return Member(self, (public(name),))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Promise:
        return ask(self._ask(), (), args, kwargs)

    def __await__(self) -> Generator[Any, None, Any]:
        if SCOPE.get() is not self.scope:
            self.check()
        future = self._asked.future
        try:
            return (yield from future)
        except (CancelledError, GeneratorExit):
            self._asked.abandon("the caller does not wait any more")
            raise

    @contextmanager
    def ended_by(self, signal: AbortSignal) -> Iterator[None]:
        """While this lasts, a signal ends the call: whoever waits gets its reason."""

        def end() -> None:
            self._asked.abandon(f"aborted: {signal.reason}")
            if not self._asked.future.done():
                reason = signal.reason
                self._asked.future.set_exception(reason if isinstance(reason, Exception) else Aborted(str(reason)))

        signal.throw_if_aborted()
        signal.add_event_listener("abort", end)
        try:
            yield
        finally:
            signal.remove_event_listener("abort", end)

    def __repr__(self) -> str:
        state = "answered" if self._asked.future.done() else "not answered yet"
        return f"<promise of {self._asked.what}, {state}>"

    def _promise(self) -> Promise:
        return self

    def __reduce__(self) -> str:
        raise TypeError("the promise of an answer cannot be copied or pickled: await it first")

    def send(self, value: Any) -> Any:
        """Go on waiting, as a coroutine does."""
        if self._waiting is None:
            self._waiting = self.__await__()
        return self._waiting.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise this where it waits, as in a coroutine."""
        if self._waiting is None:
            self._waiting = self.__await__()
        return self._waiting.throw(*error)

    def close(self) -> None:
        """Wait no more, as a coroutine that is closed."""
        if self._waiting is not None:
            self._waiting.close()

    def _ask(self) -> Asking:
        self.check()
        asked = self._asked
        if asked.future.done():
            # It need not be kept on the other side any more.
            return self._answered(asked.future.result())
        return Asking(asked.side, asked.scope, asked.number, f"{asked.what}()")

    def _answered(self, value: Any) -> Asking:
        if not isinstance(value, Remote):
            raise TypeError(f"the answer of {self._asked.what} is there, a {type(value).__name__}: await it first")
        asking: Asking = value._ask()  # type: ignore[attr-defined]
        return asking
