"""Entrypoints: the classes and functions of a worker that events come to, and what each event finds there."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.runtime import sockets
from detrun.runtime.http.response import Response
from detrun.runtime.members import RpcTarget
from detrun.runtime.scopes import current

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.runtime.scopes import Scope

DEFAULT = "default"
# Events that a module may have a function for, instead of a class with a method.
_EVENTS = ("fetch", "scheduled", "queue", "email", "tail")


class ExecutionContext(msgspec.Struct, eq=False, dict=True, weakref=True):
    """What an event may ask of its host: `ctx` in every handler."""

    # It cannot be copied to somewhere else, and nobody there could use it.
    __detrun_by_reference__ = True
    _scope: Scope
    exports: Any
    props: Any

    def __repr__(self) -> str:
        return f"<ctx of {self._scope.name}>"

    def wait_until(self, awaitable: object) -> None:
        """Go on with this after the answer, for at most half a minute; what it raises is reported, and no more."""
        _outlive(self._scope, awaitable)

    def pass_through_on_exception(self) -> None:
        """Do nothing: there is no origin to pass on to."""


class WorkerEntrypoint(RpcTarget):
    """A class of a worker that others can call. Each event gets an instance of its own."""

    def __init__(self, ctx: ExecutionContext, env: Any) -> None:
        self.ctx = ctx
        self.env = env


def wait_until(awaitable: object) -> None:
    """Have the event that is handled now go on with this after its answer, as `ctx.wait_until` does."""
    _outlive(current("wait_until()"), awaitable)


def _outlive(scope: Scope, awaitable: object) -> None:
    if inspect.isawaitable(awaitable):  # what is not is over already, as on the platform
        scope.outlive(lambda: awaitable, "work after the answer")


def made(known: Any, ctx: ExecutionContext, env: Any) -> Any:
    """The object that an event is for: one for each event if the entrypoint is a class, else what the module has."""
    if isinstance(known, type):
        return known(ctx, env)
    return _Functions({event: getattr(known, event) for event in _EVENTS if hasattr(known, event)}, ctx, env)


def exported(module: ModuleType) -> list[str]:
    """The names of all entrypoints of a module."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and _is_entrypoint(value)
    ]


def resolved(module: ModuleType, name: str) -> Any:
    """The entrypoint of this name, or the default one; raises if the module has none."""
    if name and name != DEFAULT:
        known = getattr(module, name, None)
        if not _is_entrypoint(known):
            others = ", ".join(exported(module)) or "none"
            raise AttributeError(f"{module.__name__} has no entrypoint {name!r}; those it has: {others}")
        return known
    for default in ("Default", DEFAULT):
        if hasattr(module, default):
            return getattr(module, default)
    functions = ModuleType(module.__name__)
    for event in _EVENTS:
        if hasattr(module, f"on_{event}"):
            setattr(functions, event, getattr(module, f"on_{event}"))
    if not any(hasattr(functions, event) for event in _EVENTS):
        raise AttributeError(
            f"{module.__name__} has no default entrypoint: expected a class `Default`, an object `default`, or a "
            "function `on_fetch`"
        )
    return functions


def _is_entrypoint(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, WorkerEntrypoint) and value is not WorkerEntrypoint


class _Functions(RpcTarget):
    """Handlers that are functions of (what came, env, ctx), behind the face of an entrypoint."""

    def __init__(self, functions: Mapping[str, Any], ctx: ExecutionContext, env: Any) -> None:
        self._env, self._ctx = env, ctx
        vars(self).update({name: self._bound(function) for name, function in functions.items()})

    def _bound(self, function: Any) -> Any:
        return lambda what: function(what, self._env, self._ctx)


class Fetching(RpcTarget):
    """The `fetch` of an entrypoint, whose result has to be a response."""

    def __init__(self, entrypoint: Any, scope: Scope, what: str) -> None:
        self._entrypoint = entrypoint
        self._scope = scope
        self._what = what

    async def fetch(self, request: Any) -> Response:
        """Have the request answered. If it asked for a socket and gets none, what was begun for that ends."""
        try:
            response = await self._response(request)
        except BaseException as error:
            close = sockets.refused(500) if isinstance(error, Exception) else sockets.GONE
            sockets.refuse(self._scope, request, close)
            raise
        if response.web_socket is None:
            sockets.refuse(self._scope, request, sockets.refused(response.status))
        elif self._scope.controller.signal.aborted:
            # Nobody waits for it any more.
            sockets.refuse(self._scope, request, sockets.GONE)
        return response

    async def _response(self, request: Any) -> Response:
        handler = getattr(self._entrypoint, "fetch", None)
        if handler is None:
            raise AttributeError(f"{self._what} has no `fetch`, and cannot be asked for a page")
        response = handler(request)
        if inspect.isawaitable(response):
            response = await response
        if not isinstance(response, Response):
            raise TypeError(f"expected a Response from the fetch of {self._what}, got {response!r}")
        return response
