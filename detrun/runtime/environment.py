"""Environments: what a worker finds in `env`, and in `ctx.exports`. There is one place where one is made."""

from __future__ import annotations

import copy
from asyncio import events
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from detrun.errors import UsageError
from detrun.runtime.entrypoints import exported
from detrun.runtime.scopes import SCOPE
from detrun.runtime.services import Binding, Service
from detrun.runtime.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from detrun.runtime.configured import Configured
    from detrun.runtime.workers import Worker


class Env:
    """The bindings of a worker, its variables and its secrets, as attributes."""

    def __init__(self, bindings: Mapping[str, Any]) -> None:
        vars(self).update(bindings)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no binding {name!r} in this environment{_meant(name, vars(self))}")

    def __repr__(self) -> str:
        return f"<env with {', '.join(vars(self)) or 'nothing'}>"


class Exports:
    """What a worker exports, for itself: services, which give services with props when they are called with those."""

    def __init__(self, worker: Worker, module: ModuleType) -> None:
        self._worker = worker
        self._module = module

    def __getattr__(self, name: str) -> Loopback:
        # Hardly any event asks: to look at all that a module has whenever one is loaded would cost them all.
        if name.startswith("_") or name not in exported(self._module):
            raise AttributeError(f"this worker exports no {name!r}{_meant(name, exported(self._module))}")
        return Loopback(self._worker, name)

    def __dir__(self) -> Iterable[str]:
        return exported(self._module)


class Loopback(Service):
    """An entrypoint of the worker itself."""

    __slots__ = ()

    def __init__(self, worker: Worker, name: str) -> None:
        super().__init__(worker, name, name)

    def __call__(self, *, props: Any) -> Service:
        """The same with these props."""
        return Service(self._worker, self._name, self._entrypoint, encode(props, None, f"props of {self._name}"))


class _Current:
    """The environment of whatever generation runs now, also while its modules are imported."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # who looks at a module from outside finds no worker, and need not
        return getattr(_current(), name)

    def __dir__(self) -> Iterable[str]:
        return dir(_current())


env = _Current()
"""`env` of the worker whose code looks at it, without having been handed it."""


def _current() -> Env:
    scope = SCOPE.get()
    context = scope.context if scope is not None else getattr(events._get_running_loop(), "home", None)
    found = getattr(context, "env", None)
    if not isinstance(found, Env):
        raise UsageError("expected `env` to be looked at by the code of a worker, got no worker")
    return found


def environment(worker: Worker) -> Env:
    """What this worker finds in `env`: values of its own, which no other generation sees."""
    configuration = worker.configuration
    bindings: dict[str, Any] = copy.deepcopy(dict(configuration.variables)) if configuration.variables else {}
    for bound in configuration.services:
        props = encode(bound.props, None, f"props of {bound.binding}") if bound.props else b""
        target = worker.application.worker(bound.service)
        bindings[bound.binding] = Binding(target, bound.binding, bound.entrypoint or "", props)
    return Env(bindings)


def check_services(application: Configured) -> None:
    """Raise if a worker has a binding to one that the application does not have."""
    names = [worker.name for worker in application.workers]
    for worker in application.workers:
        for bound in worker.services:
            if bound.service not in names:
                raise UsageError(
                    f"expected the service of a binding to be one of {', '.join(names)}, got {bound.service!r}: "
                    f"{bound.binding} of the worker {worker.name!r}"
                )


def _meant(name: str, names: Iterable[str]) -> str:
    known = list(names)
    similar = get_close_matches(name, known, n=1)
    return f", did you mean {similar[0]!r}?" if similar else f"; it has {', '.join(known) or 'none'}"
