"""Calls between contexts: the end that asked, and the end that answers."""

from __future__ import annotations

import asyncio
import inspect
from types import CoroutineType
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.errors import Disconnected
from detrun.runtime.carrying import Carrier, discard
from detrun.runtime.encoding.packing import ATOMS
from detrun.runtime.encoding.plain import NotPlain, pack, unpack
from detrun.runtime.frames import Abort, Call, Refusal, Reply
from detrun.runtime.given import Given
from detrun.runtime.members import Remote, reach
from detrun.runtime.remote_errors import decode_error, encode_error
from detrun.runtime.scopes import is_closed
from detrun.runtime.sessions import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.runtime.ownership import Site
    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side


class Asked(End, msgspec.Struct, eq=False):
    """The end of a call that asked. It is there until the answer is, even if nobody waits for that any more."""

    expects = True
    side: Side
    scope: Scope
    number: int
    # What errors call it.
    what: str
    future: asyncio.Future[Any]
    # The line that called.
    site: Site
    abandoned: bool = False
    # What has carried stubs here.
    brought: Carrier | None = None

    def take(self, frame: Reply | Refusal) -> None:
        self.forget()
        side = self.side
        side.heard += 1
        if self.abandoned:
            discard(side, frame)
        elif isinstance(frame, Refusal):
            self._fail(decode_error(frame.error, Carrier(side, self.scope)))
        else:
            try:
                value = unpack(frame.value)
            except NotPlain:
                self._receive(frame)
            else:
                if not self.future.done():
                    self.future.set_result(value)

    def abandon(self, reason: str) -> None:
        """Nobody waits for the answer any more: whoever works on it need not go on."""
        if not self.abandoned and self.number in self.side.ends:
            self.abandoned = True
            self.send(Abort(reason), f"abort of {self.what}")

    def tear_down(self, error: BaseException) -> None:
        self.abandon(str(error))
        self._fail(error)

    def lose(self, error: BaseException) -> None:
        self.forget()
        self._fail(error)

    def _receive(self, frame: Reply) -> None:
        carrier = Carrier(self.side, self.scope)
        carrier.site = self.site
        try:
            value = carrier.decode(frame.value)
        except Exception as error:
            self._fail(error)
            return
        if carrier.stubs:
            self.brought = carrier
        if not self.future.done():
            self.future.set_result(value)

    def _fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            # Whoever does not look at it is told of it when the scope ends, and not when memory is collected.
            self.future._log_traceback = False


class Answering(End, msgspec.Struct, eq=False):
    """The end of a call that answers: exactly once, whatever becomes of it."""

    side: Side
    scope: Scope
    number: int
    call: Call
    # What carries the arguments here, and the answer away, if they are more than plain.
    carrier: Carrier | None = None
    sender: Carrier | None = None
    # There is one if the answer has to be awaited: what a plain function gives is there at once.
    task: asyncio.Task[Any] | None = None
    # The call whose answer is this one's, too.
    forwarded: Asked | None = None
    awaited: asyncio.Future[Given] | None = None

    @property
    def what(self) -> str:
        """What errors call it."""
        return ".".join((self.side.name, *self.call.path))

    def begin(self, find: Callable[[], Any]) -> None:
        """Work on the answer, in a task of the scope's if it has to be awaited; `find` gives the object asked."""
        scope = self.scope
        self.side.ends[self.number] = self
        scope.handles[self] = scope.holders[self] = None
        try:
            value = self._begun(find)
            waits = type(value) not in ATOMS and _waits(value)
        except (SystemExit, KeyboardInterrupt):
            self._release_stubs()
            raise
        except BaseException as error:
            self._settle(None, error)
            return
        if not waits:
            self._settle(value)
        elif not scope.ended:
            self.task = scope.context.loop.create_task(self._work(value), name=self.what)
        elif type(value) is CoroutineType:
            value.close()  # which nothing of an ended scope begins any more

    def outcome(self) -> asyncio.Future[Given]:
        """What it gives, for whoever asks more of that before it is there."""
        if self.awaited is None:
            self.awaited = self.scope.context.loop.create_future()
        return self.awaited

    def take(self, frame: Abort) -> None:
        assert isinstance(frame, Abort)  # the other end sends nothing else
        self.scope.abandon(Disconnected(f"{self.side.peer} waits no more for {self.what}", frame.reason))
        if self.task is not None:
            self.task.cancel(frame.reason)

    def tear_down(self, error: BaseException) -> None:
        self._answer(Refusal(encode_error(error, self.what)))

    def lose(self, error: BaseException) -> None:
        self.forget()
        self.scope.abandon(error)
        if self.task is not None:
            self.task.cancel(str(error))

    def _begun(self, find: Callable[[], Any]) -> Any:
        """What the call gives at once, which may have to be awaited."""
        call = self.call
        try:
            args, kwargs = unpack(call.arguments)
        except NotPlain:
            self.carrier = Carrier(self.side, self.scope)
            args, kwargs = self.carrier.decode_arguments(call.arguments)
        holder = find()
        if type(holder) is CoroutineType:
            return self._later(holder, args, kwargs)
        return self._given(holder, args, kwargs)

    def _given(self, holder: Any, args: Any, kwargs: Any) -> Any:
        member = reach(holder, self.call.path, self)
        if self.call.reads:
            return member
        if not callable(member):
            raise TypeError(f"{self.what} is a value and no function: await it instead of calling it")
        return member(*args, **kwargs)

    async def _later(self, holder: Any, args: Any, kwargs: Any) -> Any:
        value = self._given(await holder, args, kwargs)
        return await self._awaited(value) if _waits(value) else value

    async def _work(self, value: Any) -> None:
        try:
            value = await (value if type(value) is CoroutineType else self._awaited(value))
        except (SystemExit, KeyboardInterrupt):
            self._release_stubs()
            raise
        except GeneratorExit as error:
            if is_closed(self.task, self.scope.context.loop):
                self._release_stubs()
                raise
            self._settle(None, error)
        except BaseException as error:
            self._settle(None, error)
        else:
            self._settle(value)

    async def _awaited(self, value: Any) -> Any:
        if isinstance(value, Remote) and (promise := value._promise()) is not None:
            self.forwarded = promise._asked
            return await promise
        return await value

    def _settle(self, value: Any, raised: BaseException | None = None) -> None:
        """It is known what the call gives: tell whoever waits for that, and let go of the scope."""
        try:
            frame = self._frame(value, raised)
        except Exception as error:  # it cannot travel
            frame, raised, value = Refusal(encode_error(error, self.what)), error, None
        finally:
            if self.carrier is not None or self.forwarded is not None:
                self._release_stubs()
        if type(value) not in ATOMS or raised is not None or self.awaited is not None:
            if self.sender is not None and self.sender.passed:
                # A stub that the code had may be let go of by now: the one behind the answer is asked, which is not.
                value = self.sender.lasting(value)
            self._tell(Given(value, raised, self.scope))
        if frame is not None:
            self._answer(frame)
        # What came with the call may be read for what goes with the answer.
        if self.sender is not None:
            self.sender.begin(self._end_streams)
        elif self.carrier is not None:
            self._end_streams()
        self.scope.answered(self)

    def _frame(self, value: Any, raised: BaseException | None) -> Reply | Refusal | None:
        if raised is not None:
            return Refusal(encode_error(raised, self.what))
        if self.number not in self.side.ends:
            return None  # to nobody nothing may be sent that he would have to let go of
        data = pack(value)
        if data is None or len(data) > self.scope.root.limits.message_bytes:
            self.sender = Carrier(self.side, self.scope, answers=True)
            data = self.sender.encode(value, f"the result of {self.what}")
        return Reply(data)

    def _release_stubs(self) -> None:
        if self.carrier is not None:
            self.carrier.release_stubs()
        if self.forwarded is not None and self.forwarded.brought is not None:
            # Nobody here has seen the stubs that it brought; the answer has others of the same objects.
            self.forwarded.brought.release_stubs()

    def _end_streams(self) -> None:
        # What goes on after the answer may read what came with the call; the end of the scope ends that.
        if self.carrier is not None and not self.scope.outlived:
            self.carrier.end_streams()

    def _tell(self, given: Given) -> None:
        self.side.keep(self.number, given, self.call.heard)
        if self.awaited is not None and not self.awaited.done():
            self.awaited.set_result(given)

    def _answer(self, frame: Reply | Refusal) -> None:
        """Send the answer, if there is somebody to answer to."""
        if self.number in self.side.ends:
            self.side.answer(self.number, frame, self.what)
            self.forget()


def _waits(value: Any) -> bool:
    # To ask whether something is awaitable costs more than to know a coroutine.
    return type(value) is CoroutineType or inspect.isawaitable(value)
