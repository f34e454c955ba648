"""Request scopes: what one incoming event started in a context. It owns handles, and is aborted and ended as a whole.

A scope goes on as long as something holds it: its handler, work that outlives the answer, a stream that is sent, a
stub that was handed out. It does not know what those are.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextvars import Context as Variables
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from detrun.errors import Disconnected
from detrun.runtime.http.signals import AbortController
from detrun.runtime.outliving import Outliving
from detrun.scheduler.machinery import logged
from detrun.scheduler.origins import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from detrun.runtime.promises import Asking
    from detrun.runtime.roots import Root
    from detrun.scheduler.contexts import Context
    from detrun.scheduler.loop import Loop

SCOPE: ContextVar[Scope | None] = ContextVar("detrun_scope", default=None)
STOPPED = "the application was stopped"
"""Why nothing is answered after the end."""
# What ends the run, whoever raises it.
_LEAVING = (SystemExit, KeyboardInterrupt)
# Lists of tasks are swept when they have this many and most are done.
_CROWD = 64

log = logging.getLogger("detrun.runtime")


class Owned(Protocol):
    """What a scope owns, and takes down with it."""

    expects: bool
    """Whether something may come by it for which the code of the scope waits."""
    only_if_asked: bool
    """Whether that comes only if somebody else begins something."""

    def tear_down(self, error: BaseException) -> None:
        """The scope is over."""

    def retire(self) -> None:
        """The generation will be over soon, and the scope has answered: what could last for ever ends now."""


class Scope(msgspec.Struct, eq=False):
    """What one event started in a context. Once it has ended nothing of it has any effect."""

    context: Context
    # Whom what started it is for, and which member of that.
    whom: str
    path: tuple[str, ...]
    root: Root
    depth: int
    _over: Callable[[Scope], None]
    handles: dict[Owned, None] = {}
    # By whom it leads to, how to ask there: a stub's calls keep their order, so that they share one session.
    sessions: dict[Hashable, Asking] = {}
    # Who lets it go on.
    holders: dict[object, None] = {}
    _tasks: list[asyncio.Task[Any]] = []
    _crowd: int = _CROWD
    _outliving: Outliving | None = None
    _controller: AbortController | None = None
    # Whose handles may be used here, if not its own alone.
    owner: object = None
    ended: bool = False
    _answered: bool = False
    _retires: bool = False

    @property
    def name(self) -> str:
        """What errors call it, and the context that it is in if that is asked."""
        return f"{'.'.join((self.whom, *self.path))} in {self.context.name}" if self.path else self.whom

    def __repr__(self) -> str:
        return f"<{self.name}{' (ended)' if self.ended else ''}>"

    @property
    def controller(self) -> AbortController:
        """By whom what was begun here learns that nobody waits for it: there once somebody asks for it."""
        if self._controller is None:
            self._controller = AbortController()
            if self.ended:
                self._controller.abort(Disconnected(f"{self.name} is over", "it has ended"))
        return self._controller

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """A task was started in this scope, and ends with it."""
        if self.ended:
            # What an ended scope still starts, while it is unwound, never begins.
            task.cancel()
            return
        self._tasks.append(task)
        if len(self._tasks) > self._crowd:
            self._tasks = [known for known in self._tasks if not known.done() or _unowned(known)]
            self._crowd = 2 * len(self._tasks) + _CROWD

    def tasks(self) -> list[asyncio.Task[Any]]:
        """Those that are not done."""
        return [task for task in self._tasks if not task.done()]

    def hold(self, holder: object) -> None:
        """Go on until this one lets go."""
        self.holders[holder] = None

    def release(self, holder: object) -> None:
        """This one does not need the scope any more; without anybody who does it ends."""
        if self.holders.pop(holder, self) is not None:
            return
        if self.holders:
            self._limit()
        elif self.handles or self.sessions or self._controller is not None or self.ended:
            self.end(Disconnected(f"{self.name} is over", "it had answered, and nothing of it was left to do"))
        else:
            self._end()  # there is nobody to tell why

    @property
    def pins(self) -> bool:
        """Whether its context has to wait for it; for open sockets it need not."""
        return any(map(_pins, self.holders))

    def retire(self) -> None:
        """Its generation will be over soon: it is left to end what it does, but for what could last for ever."""
        self._retires = True
        if self._answered:
            self.close_connections()

    def close_connections(self) -> None:
        """End what could last for ever, in an orderly way."""
        for handle in list(self.handles):
            handle.retire()

    def spawn(self, function: Callable[[], Any], what: str) -> asyncio.Task[Any]:
        """Have something done in this scope, which goes on until it is; what it raises is reported."""
        variables = Variables()
        if SCOPE.get() is self:
            variables = copy_context()
        else:
            variables.run(SCOPE.set, self)
            variables.run(ORIGIN.set, ORIGIN.get())
        task: asyncio.Task[Any] = variables.run(self.context.loop.create_task, self._done(function, what), name=what)
        self.hold(task)
        task.add_done_callback(self.release)
        return task

    def outlive(self, function: Callable[[], Any], what: str) -> None:
        """Have something done that may outlive the answer, but not for ever."""
        self._outlives(self.spawn(function, what))

    def linger(self, task: asyncio.Task[Any]) -> None:
        """Let a task go on after what it waited for has come to its end; it may outlive that, but not for ever."""
        if not self.ended and task not in self.holders:
            self.hold(task)
            self._outlives(task)
            task.add_done_callback(self.release)

    @property
    def outlived(self) -> bool:
        """Whether something goes on that may outlive the answer."""
        return bool(self._outliving)

    def _outlives(self, task: asyncio.Task[Any]) -> None:
        if self._outliving is None:
            self._outliving = Outliving(self)
        self._outliving.add(task)
        self._limit()

    def answered(self, holder: object) -> None:
        """What the scope was there for is done: what outlives it has so long from now on, or after the last socket."""
        self._answered = True
        if self._retires:
            self.close_connections()
        self.release(holder)

    def _limit(self) -> None:
        if self._outliving is not None and self._answered and all(map(_pins, self.holders)):
            self._outliving.limit()

    async def _done(self, function: Callable[[], Any], what: str) -> None:
        task = asyncio.current_task()
        try:
            result = function()
            if inspect.isawaitable(result):
                await result
        except (*_LEAVING, asyncio.CancelledError):
            raise
        except GeneratorExit as error:
            if is_closed(task, self.context.loop):
                raise
            self.report(error, what)
        except BaseException as error:
            self.report(error, what)

    def report(self, error: BaseException, what: str) -> None:
        """Tell of an error that nobody waits for; a search objects to a run that has any."""
        # That an application is stopped is nobody's mistake: what still went on then was told so.
        if not (isinstance(error, Disconnected) and error.hint == STOPPED):
            report = {"message": f"{what} in {self.name}", "exception": error}
            self.context.engine.claims.report(report, self.context.name)
        log.error("%s in %s", what, self.name, exc_info=logged(error))

    def abandon(self, error: BaseException) -> None:
        """Whoever started this does not wait for it any more. What was to outlive the answer still does."""
        self.controller.abort(error)

    def end(self, error: BaseException) -> None:
        """Stop everything that this scope has started; whoever waits for it elsewhere gets the error."""
        if self.ended:
            return
        self.ended = True
        self.holders.clear()
        for handle in list(self.handles):
            handle.tear_down(error)
        self.handles.clear()
        for asking in self.sessions.values():
            asking.side.leave(str(error))
        self.sessions.clear()
        self._end(error)

    def _end(self, error: BaseException | None = None) -> None:
        self.ended = True
        if self._tasks:
            self._end_tasks()
        if self._outliving is not None:
            self._outliving.end()
        if self._controller is not None:
            self._controller.abort(error)
        self._over(self)

    def _end_tasks(self) -> None:
        now = asyncio.current_task(self.context.loop)
        for task in self._tasks:
            if not task.done():
                if task is not now:
                    task.cancel()
            elif _unowned(task) and (error := task.exception()) is not None:
                self.report(error, f"task {task.get_name()}")
        self._tasks.clear()


def is_closed(task: asyncio.Task[Any] | None, loop: Loop) -> bool:
    """Whether a `GeneratorExit` closes a task, with its loop or because nobody has it: code may raise the same."""
    now = asyncio.current_task(loop)
    # A task that begins at once runs before anybody has it.
    return now is None or task not in (now, None)


def _unowned(task: asyncio.Task[Any]) -> bool:
    """Whether a task has failed, and nobody has looked at how; not one that has ended the run."""
    return bool(task._log_traceback) and not issubclass(type(task._exception), _LEAVING)


def _pins(holder: object) -> bool:
    return getattr(holder, "pins", True)


def current(what: str) -> Scope:
    """The scope that runs now; raise if there is none, or none any more."""
    scope = SCOPE.get()
    if scope is None:
        raise Disconnected(f"{what} is possible while an event is handled only", "do it in a handler, not at import")
    if scope.ended:
        raise Disconnected(f"{what} is not possible any more", f"{scope.name} is over")
    return scope
