"""Services: bindings to an entrypoint of a worker. They belong to nobody, each scope that uses one has a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.runtime import redirections
from detrun.runtime.http.request import Request
from detrun.runtime.http.response import Response
from detrun.runtime.members import Remote, public
from detrun.runtime.promises import Asking, Member, Promise, ask
from detrun.runtime.scopes import SCOPE, current

if TYPE_CHECKING:
    from detrun.runtime.scopes import Scope
    from detrun.runtime.workers import Worker

# So many redirections are followed.
_REDIRECTIONS = 20
# So many members are kept of one binding.
_MEMBERS = 256


class Service(Remote):
    """An entrypoint of a worker: `await service.fetch(...)`, and whatever its class has.

    What was configured for the binding, its props, goes with every call, and cannot be set by who calls.
    """

    __slots__ = ("_entrypoint", "_name", "_props", "_worker")
    travels = True

    def __init__(self, worker: Worker, name: str, entrypoint: str = "", props: bytes = b"") -> None:
        self._worker = worker
        self._name = name
        self._entrypoint = entrypoint
        self._props = props

    def __getattr__(self, name: str) -> Member:
        return Member(self, (public(name),))

    def __repr__(self) -> str:
        return f"<service {self._name}>"

    def __reduce__(self) -> str:
        raise TypeError("a service cannot be copied or pickled: send it to another context as it is")

    async def fetch(self, url: str | Request, **options: Any) -> Response:
        """Have a request answered, and redirections followed unless it says `redirect="manual"`."""
        return await self.fetch_in(current(f"a call of {self._name}"), Request(url, **options))

    async def fetch_in(self, scope: Scope, request: Request) -> Response:
        """The same for a request, in this scope."""
        for _ in range(_REDIRECTIONS):
            request.signal.throw_if_aborted()
            again = redirections.spare(request)
            promise = ask(self._asking(scope), ("fetch",), (request,), {})
            with promise.ended_by(request.signal):
                response: Response = await promise
            following = redirections.following(request, again, response)
            if following is None:
                return response
            if response.body is not None:
                await response.body.cancel("the redirection was followed")
            request = following
        raise ValueError(f"more than {_REDIRECTIONS} redirections, the last one to {request.url!r}")

    def connect(self, *_: Any) -> Promise:
        """Refuse: there are no raw connections to a service."""
        raise NotImplementedError(f"connect() of the service {self._name} is not supported: use `fetch`, or a method")

    def _ask(self) -> Asking:
        scope = SCOPE.get()
        if scope is None or scope.ended:
            scope = current(f"a call of {self._name}")
        return scope.sessions.get(self) or self._asking(scope)

    def _asking(self, scope: Scope) -> Asking:
        asking = scope.sessions.get(self)
        if asking is None:
            side = self._worker.door.connected(scope)
            asking = scope.sessions[self] = Asking(side, scope, 0, self._name, self._entrypoint, self._props)
        return asking


class Binding(Service):
    """The service of a binding, which is there as long as its generation is: it keeps the members it was asked for."""

    __slots__ = ("__dict__",)

    def __getattr__(self, name: str) -> Member:
        member, members = Member(self, (public(name),)), vars(self)
        if len(members) < _MEMBERS:
            members[name] = member  # where it is found before this is asked
        return member

    def __setattr__(self, name: str, value: object) -> None:
        if name not in Service.__slots__:
            raise AttributeError(f"expected nothing to be set on {self!r}, got {name!r}")
        super().__setattr__(name, value)
