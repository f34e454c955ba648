"""The network of a loop: asyncio's own transports, servers and socket calls, over the simulated kernel.

None of them is written again: the methods are those of asyncio's selector loop, and the selector is ours.
"""

from __future__ import annotations

import sys
import weakref
from asyncio import SendfileNotAvailableError
from asyncio.unix_events import _UnixSelectorEventLoop
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detrun.scheduler.contexts import Context


class Networking(_UnixSelectorEventLoop):
    """A selector loop without a selector of the machine's; of its methods only the network's are ever run."""

    _internal_fds = 0
    _default_executor: Any = None
    _executor_shutdown_called = False

    def __init__(self, home: Context) -> None:
        # asyncio's own `__init__` is not called: it would open sockets to wake itself up with.
        self.selector = home.engine.selector(self)
        self._selector: Any = self.selector
        self._connections: Any = None
        self._unix_server_sockets: dict[Any, Any] = {}
        self._home = home

    def __del__(self) -> None:
        """Nothing to give back, and nothing to warn of: a loop that is not closed goes with its run."""

    @property
    def _debug(self) -> bool:
        return self.get_debug()

    @property
    def _transports(self) -> Any:
        # Made for the first connection: most loops have none.
        if self._connections is None:
            self._connections = weakref.WeakValueDictionary()
        return self._connections

    def _check_closed(self) -> None:
        if self.is_closed():
            raise RuntimeError("Event loop is closed")

    def _make_socket_transport(
        self, sock: Any, protocol: Any, waiter: Any = None, *, extra: Any = None, server: Any = None
    ) -> Any:
        make = self.selector.transport
        if make is None:
            return super()._make_socket_transport(sock, protocol, waiter, extra=extra, server=server)  # type: ignore[misc]
        if sys.version_info >= (3, 12):
            self._ensure_fd_no_transport(sock)
        return make(self, sock, protocol, waiter, extra, server)

    async def getaddrinfo(self, host: Any, port: Any, **options: int) -> Any:
        return await self._home.engine.network.tell(self, "addresses", host, port, **options)

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> Any:
        return await self._home.engine.network.tell(self, "names", sockaddr, flags)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        return self._home.engine.run_in_executor(self, executor, func, *args)

    async def _sock_sendfile_native(self, *_: Any) -> Any:
        raise SendfileNotAvailableError("simulated sockets have no descriptor for os.sendfile")
