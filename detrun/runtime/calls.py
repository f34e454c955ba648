"""Calls between contexts: the end that asked, and the end that answers."""

from __future__ import annotations

import asyncio
import inspect
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from detrun.errors import Disconnected
from detrun.runtime.carrying import Carrier, discard
from detrun.runtime.encoding.packing import ATOMS
from detrun.runtime.encoding.plain import NotPlain, pack, unpack
from detrun.runtime.frames import Abort, Call, Refusal, Reply
from detrun.runtime.members import Remote, called, reach
from detrun.runtime.ownership import NOWHERE
from detrun.runtime.remote_errors import decode_error, encode_error
from detrun.runtime.sessions import End, Given

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side


class Asked(End):
    """The end of a call that asked. It is there until the answer is, even if nobody waits for that any more."""

    __slots__ = ("abandoned", "brought", "future", "site", "what")
    expects = True

    def __init__(self, side: Side, scope: Scope, what: str) -> None:
        super().__init__(side, scope)
        self.what = what
        self.abandoned = False
        self.site = NOWHERE
        # What has carried stubs here.
        self.brought: Carrier | None = None
        self.future: asyncio.Future[Any] = scope.context.loop.create_future()

    def take(self, frame: Reply | Refusal) -> None:
        self.forget()
        self.side.heard += 1
        if self.abandoned:
            discard(self.side, frame)
        elif isinstance(frame, Refusal):
            self._fail(decode_error(frame.error, Carrier(self.side, self.scope)))
        else:
            self._settle(frame)

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

    def _settle(self, frame: Reply) -> None:
        try:
            value = unpack(frame.value)
        except NotPlain:
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


class Answering(End):
    """The end of a call that answers: exactly once, whatever becomes of it."""

    __slots__ = ("_call", "_carrier", "_forwarded", "_outcome", "_sender", "_task", "what")

    def __init__(self, side: Side, scope: Scope, number: int, call: Call) -> None:
        super().__init__(side, scope, number)
        self.what = f"{side.name}.{'.'.join(call.path)}"
        self._call = call
        # What carries the arguments here, and the answer away, if they are more than plain.
        self._carrier: Carrier | None = None
        self._sender: Carrier | None = None
        self._task: asyncio.Task[Any] | None = None
        # The call whose answer is this one's, too.
        self._forwarded: Asked | None = None
        self._outcome: asyncio.Future[Given] | None = None
        scope.hold(self)

    def begin(self, find: Callable[[], Any]) -> None:
        """Work on the answer, in a task of the scope's; `find` gives the object that is asked."""
        self._task = self.scope.context.loop.create_task(self._work(find), name=self.what)

    def outcome(self) -> asyncio.Future[Given]:
        """What it gives, for whoever asks more of that before it is there."""
        if self._outcome is None:
            self._outcome = self.scope.context.loop.create_future()
        return self._outcome

    def take(self, frame: Abort) -> None:
        assert isinstance(frame, Abort)  # the other end sends nothing else
        self.scope.abandon(Disconnected(f"{self.side.peer} waits no more for {self.what}", frame.reason))
        assert self._task is not None
        self._task.cancel(frame.reason)

    def tear_down(self, error: BaseException) -> None:
        self._answer(Refusal(encode_error(error, self.what)))

    def lose(self, error: BaseException) -> None:
        self.forget()
        self.scope.abandon(error)
        if self._task is not None:
            self._task.cancel(str(error))

    async def _work(self, find: Callable[[], Any]) -> None:
        value, raised = None, None
        frame: Reply | Refusal | None = None
        try:
            value = self._begun(find)
            if type(value) not in ATOMS:
                value = await self._awaited(value)
            if self._asked:
                frame = self._reply(value)
        except (Exception, asyncio.CancelledError) as error:
            frame, raised, value = Refusal(encode_error(error, self.what)), error, None
        finally:
            self._release_stubs()
        if type(value) not in ATOMS or raised is not None or self._outcome is not None:
            self._tell(Given(value, raised, self.scope))
        if frame is not None:
            self._answer(frame)
        # What came with the call may be read for what goes with the answer.
        if self._sender is not None:
            self._sender.begin(self._end_streams)
        else:
            self._end_streams()
        self.scope.answered()
        self.scope.release(self)

    def _reply(self, value: Any) -> Reply:
        data = pack(value)
        if data is None or len(data) > self.scope.root.limits.message_bytes:
            self._sender = Carrier(self.side, self.scope, answers=True)
            data = self._sender.encode(value, f"the result of {self.what}")
        return Reply(data)

    def _release_stubs(self) -> None:
        if self._carrier is not None:
            self._carrier.release_stubs()
        if self._forwarded is not None and self._forwarded.brought is not None:
            # Nobody here has seen the stubs that it brought; the answer has others of the same objects.
            self._forwarded.brought.release_stubs()

    def _end_streams(self) -> None:
        # What goes on after the answer may read what came with the call; the end of the scope ends that.
        if self._carrier is not None and not self.scope.outlived:
            self._carrier.end_streams()

    def _begun(self, find: Callable[[], Any]) -> Any:
        """What the call gives at once, which may have to be awaited."""
        call = self._call
        try:
            args, kwargs = unpack(call.arguments)
        except NotPlain:
            self._carrier = Carrier(self.side, self.scope)
            args, kwargs = self._carrier.decode_arguments(call.arguments)
        holder = find()
        if type(holder) is CoroutineType:
            return self._later(holder, args, kwargs)
        member = reach(holder, call.path, self.what)
        return member if call.reads else called(member, args, kwargs, self.what)

    async def _later(self, holder: Any, args: Any, kwargs: Any) -> Any:
        member = reach(await holder, self._call.path, self.what)
        return await self._awaited(member if self._call.reads else called(member, args, kwargs, self.what))

    async def _awaited(self, value: Any) -> Any:
        if isinstance(value, Remote) and (promise := value._promise()) is not None:
            self._forwarded = promise._asked
            return await promise
        # To ask whether something is awaitable costs more than to await a coroutine.
        return await value if type(value) is CoroutineType or inspect.isawaitable(value) else value

    def _tell(self, given: Given) -> None:
        self.side.keep(self.number, given, self._call.heard)
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(given)

    @property
    def _asked(self) -> bool:
        """Whether there is somebody to answer to. To nobody nothing may be sent that he would have to let go of."""
        return self.number in self.side.ends

    def _answer(self, frame: Reply | Refusal) -> None:
        if self._asked:
            self.side.answer(self.number, frame, self.what)
            self.forget()
