"""Clients: who asks an application for something, each by itself, as over the network."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from detrun.errors import Disconnected, NotUpgraded
from detrun.runtime.http.headers import Headers
from detrun.runtime.http.request import Request
from detrun.runtime.members import public
from detrun.runtime.promises import Member
from detrun.runtime.roots import Outside
from detrun.runtime.scopes import Scope
from detrun.runtime.services import Service
from detrun.runtime.sockets import NORMAL, WebSocket
from detrun.scenarios.nothing import Nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.runtime.application import Application
    from detrun.runtime.configured import Limits
    from detrun.runtime.http.headers import Initial
    from detrun.runtime.http.response import Response
    from detrun.runtime.promises import Asking, Promise
    from detrun.runtime.workers import Worker
    from detrun.scheduler.contexts import Context

# What an URL without a host is relative to.
HOST = "http://localhost"


class Client:
    """One client of an application. Each of its requests has a connection of its own, which nothing else waits for."""

    def __init__(self, application: Application, context: Context, name: str) -> None:
        self.name = name
        self.application = application
        self._context = context
        self._limits = application.worker(application.configuration.main).configuration.limits
        self._scopes: list[Scope] = []
        self._left = False
        self.scope = self._begun(name)

    async def fetch(self, url: str, *, json: Any = None, **options: Any) -> Response:
        """Have a request answered, with `json` as its body if that is given; to cancel this is to hang up."""
        request = Request(url if "://" in url else HOST + url, **options)
        if json is not None:
            request = Request(request, body=dumps(json), headers=_with_type(request.headers))
        return await self._fetch(request) if self._wants(request.method, request.url) else cast("Response", None)

    async def websocket(
        self, url: str, *, headers: Headers | Initial = None, protocols: Sequence[str] = (), **options: Any
    ) -> WebSocket:
        """Ask for a socket, and accept it; raises `NotUpgraded` if there is none."""
        asked = Headers(headers)
        asked.set("upgrade", "websocket")
        if protocols:
            asked.set("sec-websocket-protocol", ", ".join(protocols))
        request = Request(url if "://" in url else HOST + url, headers=asked, **options)
        if not self._wants("socket", request.url):
            return cast("WebSocket", Nothing())
        response = await self._fetch(request)
        if response.web_socket is None:
            if response.body is not None:
                await response.body.cancel("a socket was expected")
            raise NotUpgraded(url, response.status)
        response.web_socket.accept()
        response.web_socket.__class__ = _Socket
        return response.web_socket

    def service(self, name: str, entrypoint: str = "") -> Service:
        """An entrypoint of a worker, to be called from outside."""
        return _Called(self, self.application.worker(name), name, entrypoint)

    def comes(self, what: str) -> bool:
        """Whether this, which the client is about to ask for, comes at all."""
        return self.application.engine.inputs.comes(self._context.loop, what, self.name)

    def disconnect(self) -> None:
        """Hang up on everything that is under way; the client may come again."""
        if not self.comes("disconnect"):
            return
        self.leave(self._gone())
        self._left = False
        self._scopes.clear()
        self.scope = self._begun(self.name)

    def leave(self, error: BaseException) -> None:
        """Hang up on everything for good; what was kept through this client ends with the error."""
        self._left = True
        self.cut_off()
        self.scope.end(error)

    def hang_up(self) -> None:
        """Hang up on the requests that are under way, and go on with everything else."""
        if self.comes("hang up"):
            self.cut_off()

    def cut_off(self) -> None:
        """Lose the requests that are under way."""
        for scope in self._scopes:
            if scope is not self.scope:
                scope.end(self._gone())
        self._scopes = [self.scope]

    async def _fetch(self, request: Request) -> Response:
        worker = self.application.route(request.url)
        scope = self._begun(f"{request.method} {request.url} of {self.name}")
        return await Service(worker, worker.name).fetch_in(scope, request)

    def _wants(self, what: str, url: str) -> bool:
        """Whether a request comes; if not, what is asked for next has the id that it has with it."""
        wants = self.comes(f"{what} {urlsplit(url).path}")
        if not wants:
            self._context.loop.operation()
        return wants

    def _gone(self) -> Disconnected:
        return Disconnected(f"{self.name} hung up", "the client is gone")

    def tidy(self) -> None:
        """Let go of requests that nothing is left of."""
        over = [scope for scope in self._scopes if not scope.handles and scope is not self.scope]
        for scope in over:
            scope.end(Disconnected(scope.name, "it is over"))
        self._scopes = [scope for scope in self._scopes if not scope.ended]

    def check(self) -> None:
        """Raise if it has left for good."""
        if self._left:
            raise over(self.name)

    def _begun(self, name: str) -> Scope:
        self.check()
        self.tidy()
        scope = Scope(self._context, name, (), _Root(self._limits, self), 0, _forgotten)
        scope.hold(self)
        # What one client has got, another may use: they are one scenario's.
        scope.owner = self.application
        self._scopes.append(scope)
        return scope


class _Called(Service):
    """A service that a client calls, whoever runs: when that hangs up, its calls end."""

    __slots__ = ("_client",)

    def __init__(self, client: Client, worker: Worker, name: str, entrypoint: str) -> None:
        super().__init__(worker, name, entrypoint)
        self._client = client

    async def fetch(self, url: str | Request, **options: Any) -> Response:
        self._client.check()
        if not self._comes("fetch"):
            return cast("Response", None)
        return await self.fetch_in(self._client.scope, Request(url, **options))

    def __getattr__(self, name: str) -> _Wish:
        return _Wish(self, (public(name),), self._comes)

    def _comes(self, what: str) -> bool:
        comes = self._client.comes(f"{self._name}.{what}")
        if not comes:
            # The session is there all the same, and has counted the call and its answer.
            self._ask().side.skip()
        return comes

    def _ask(self) -> Asking:
        self._client.check()
        return self._asking(self._client.scope)


class _Wish(Member):
    """A member of a service that a client may call; a plan may leave out that it does."""

    __slots__ = ("_comes",)

    def __init__(self, of: _Called, path: tuple[str, ...], comes: Callable[[str], bool]) -> None:
        super().__init__(of, path)
        self._comes = comes

    def __getattr__(self, name: str) -> _Wish:
        return _Wish(self._of, (*self._path, public(name)), self._comes)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Promise:
        return super().__call__(*args, **kwargs) if self._wanted() else cast("Promise", Nothing())

    def _promise(self) -> Promise:
        return super()._promise() if self._wanted() else cast("Promise", Nothing())

    def _wanted(self) -> bool:
        return self._comes(".".join(self._path))


class _Root(Outside):
    """The root of what one client asks for."""

    def __init__(self, limits: Limits, client: Client) -> None:
        super().__init__(limits)
        self.client = client


class _Socket(WebSocket):
    """A socket that a client asked for; a plan may leave out what is sent by it."""

    __slots__ = ()

    def send(self, message: str | bytes | bytearray | memoryview) -> None:
        root = self.scope.root
        if not isinstance(root, _Root) or root.client.comes("message"):
            WebSocket.send(self, message)

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        root = self.scope.root
        if not isinstance(root, _Root) or root.client.comes("close"):
            WebSocket.close(self, code, reason)


def over(name: str) -> Disconnected:
    """Why a client of this name asks for nothing any more."""
    return Disconnected(f"{name} has left", "the scenario is over")


def _forgotten(_: Scope) -> None:
    """A client's scope is over: nobody waits for it."""


def _with_type(headers: Headers) -> list[tuple[str, str]]:
    return headers.items() if "content-type" in headers else [*headers.items(), ("content-type", "application/json")]
