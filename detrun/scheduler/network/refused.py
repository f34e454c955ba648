"""Libraries that go to the network by themselves, past asyncio: inside a run they are refused, and told what to do."""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

_DNS = "resolve names with the loop's getaddrinfo(), as aiohttp does when given resolver=aiohttp.ThreadedResolver()"
_GRPC = "its core has threads and sockets of its own, so speak gRPC with a library made of asyncio, such as grpclib"
_LIBPQ = "libpq opens its own sockets, so connect with a driver made of asyncio, such as asyncpg"
_ZMQ = "its core has threads and sockets of its own, so send over asyncio's streams"

# By module: what the library cannot do without, looked up when it is called, so that who imported it when is all one.
REFUSED = {
    "aiodns": (["DNSResolver.__init__"], _DNS),
    "grpc._channel": (["Channel.__init__"], _GRPC),
    "grpc._server": (["_Server.__init__"], _GRPC),
    "grpc.aio._channel": (["Channel.__init__"], _GRPC),
    "grpc.aio._server": (["Server.__init__"], _GRPC),
    "psycopg._connection_base": (["BaseConnection._connect_gen"], _LIBPQ),
    "psycopg.connection": (["Connection.connect"], _LIBPQ),
    "psycopg.connection_async": (["AsyncConnection.connect"], _LIBPQ),
    "psycopg2": (["_connect"], _LIBPQ),
    "pycares": (["Channel.__init__"], _DNS),
    "zmq.sugar.context": (["Context.__init__"], _ZMQ),
    "zmq.sugar.socket": (["Socket.__init__"], _ZMQ),
}


def guards(simulated: Callable[[], bool]) -> dict[str, Callable[[ModuleType], None]]:
    """What to do to each of these modules once it is imported."""
    return {name: partial(_guard, paths, hint, simulated) for name, (paths, hint) in REFUSED.items()}


def _guard(paths: list[str], hint: str, simulated: Callable[[], bool], module: ModuleType) -> None:
    for path in paths:
        owner, _, name = path.rpartition(".")
        place = getattr(module, owner, None) if owner else module
        # Other versions may have it elsewhere; what else is listed of the library still stands in the way.
        if place is not None and name in vars(place):
            setattr(place, name, _guarded(vars(place)[name], module.__name__, hint, simulated))


def _guarded(real: Any, module: str, hint: str, simulated: Callable[[], bool]) -> Any:
    bound = isinstance(real, classmethod)
    function = real.__func__ if bound else real

    @wraps(function)
    def guarded(*args: Any, **options: Any) -> Any:
        if simulated():
            library = module.partition(".")[0]
            raise Forbidden(f"the network of {library}, which does not go through asyncio,", hint)
        return function(*args, **options)

    return classmethod(guarded) if bound else guarded
