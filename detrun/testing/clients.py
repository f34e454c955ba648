"""Clients: who asks an application for something, each by itself, as over the network."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any

from detrun.errors import Disconnected, NotUpgraded
from detrun.runtime.http.headers import Headers
from detrun.runtime.http.request import Request
from detrun.runtime.roots import Outside
from detrun.runtime.scopes import Scope
from detrun.runtime.services import Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.runtime.application import Application
    from detrun.runtime.http.headers import Initial
    from detrun.runtime.http.response import Response
    from detrun.runtime.promises import Asking
    from detrun.runtime.sockets import WebSocket
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
        self.scope = self._begun(name)

    async def fetch(self, url: str, *, json: Any = None, **options: Any) -> Response:
        """Have a request answered, with `json` as its body if that is given; to cancel this is to hang up."""
        request = Request(url if "://" in url else HOST + url, **options)
        if json is not None:
            request = Request(request, body=dumps(json), headers=_with_type(request.headers))
        worker = self.application.route(request.url)
        scope = self._begun(f"{request.method} {request.url} of {self.name}")
        return await Service(worker, worker.name).fetch_in(scope, request)

    async def websocket(
        self, url: str, *, headers: Headers | Initial = None, protocols: Sequence[str] = (), **options: Any
    ) -> WebSocket:
        """Ask for a socket, and accept it; raises `NotUpgraded` if there is none."""
        asked = Headers(headers)
        asked.set("upgrade", "websocket")
        if protocols:
            asked.set("sec-websocket-protocol", ", ".join(protocols))
        response = await self.fetch(url, headers=asked, **options)
        if response.web_socket is None:
            if response.body is not None:
                await response.body.cancel("a socket was expected")
            raise NotUpgraded(url, response.status)
        response.web_socket.accept()
        return response.web_socket

    def service(self, name: str, entrypoint: str = "") -> Service:
        """An entrypoint of a worker, to be called from outside."""
        return _Called(self, self.application.worker(name), name, entrypoint)

    def disconnect(self) -> None:
        """Hang up on everything that is under way; the client may come again."""
        self.leave(self._gone())
        self._scopes.clear()
        self.scope = self._begun(self.name)

    def leave(self, error: BaseException) -> None:
        """Hang up on everything for good; what was kept through this client ends with the error."""
        self.hang_up()
        self.scope.end(error)

    def hang_up(self) -> None:
        """Hang up on the requests that are under way, and go on with everything else."""
        for scope in self._scopes:
            if scope is not self.scope:
                scope.end(self._gone())
        self._scopes = [self.scope]

    def _gone(self) -> Disconnected:
        return Disconnected(f"{self.name} hung up", "the client is gone")

    def tidy(self) -> None:
        """Let go of requests that nothing is left of."""
        over = [scope for scope in self._scopes if not scope.handles and scope is not self.scope]
        for scope in over:
            scope.end(Disconnected(scope.name, "it is over"))
        self._scopes = [scope for scope in self._scopes if not scope.ended]

    def _begun(self, name: str) -> Scope:
        self.tidy()
        scope = Scope(self._context, name, Outside(self._limits), 0, _forgotten)
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
        return await self.fetch_in(self._client.scope, Request(url, **options))

    def _ask(self) -> Asking:
        return self._asking(self._client.scope)


def _forgotten(_: Scope) -> None:
    """A client's scope is over: nobody waits for it."""


def _with_type(headers: Headers) -> list[tuple[str, str]]:
    return headers.items() if "content-type" in headers else [*headers.items(), ("content-type", "application/json")]
