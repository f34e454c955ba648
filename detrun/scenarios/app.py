"""What a scenario has of an application: `app`, and through it clients, reloads, faults and time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from detrun.errors import Disconnected
from detrun.scenarios.clients import Client, over
from detrun.scheduler.clock import SECOND
from detrun.scheduler.inputs import PAUSE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.runtime.application import Application
    from detrun.runtime.http.response import Response
    from detrun.runtime.services import Service
    from detrun.runtime.sockets import WebSocket
    from detrun.scheduler.channels import Channel
    from detrun.scheduler.claims import Complaint
    from detrun.scheduler.contexts import Context


class App:
    """An application under test. Whatever is asked of it here is an event, which the scheduler puts into its order."""

    def __init__(self, application: Application, context: Context) -> None:
        self.application = application
        self._context = context
        self._clients: dict[str, Client] = {}
        self._over = False
        # By which an operator reaches the clock, once there is one.
        self._clock: Channel | None = None
        self.default = self.client("client")

    def client(self, name: str) -> Client:
        """The client of this name."""
        if name not in self._clients:
            if self._over:
                raise over(name)
            self._clients[name] = Client(self.application, self._context, name)
        return self._clients[name]

    async def fetch(self, url: str, **options: Any) -> Response:
        """Have a request answered."""
        return await self.default.fetch(url, **options)

    async def websocket(self, url: str, **options: Any) -> WebSocket:
        """Ask for a socket, and accept it."""
        return await self.default.websocket(url, **options)

    def service(self, name: str, entrypoint: str = "") -> Service:
        """An entrypoint of a worker, to be called from outside."""
        return self.default.service(name, entrypoint)

    async def reload(self, changes: Mapping[str, str | bytes | None] | None = None) -> None:
        """Change sources, and have new generations take over; it is over when they are active."""
        if self._comes("reload"):
            await self.application.reload(changes or {})

    def save(self, changes: Mapping[str, str | bytes | None]) -> None:
        """Change sources as an editor does: who depends on them is loaded again shortly after, and nobody waits."""
        if self._comes("save"):
            self.application.watching.saved(changes)

    @property
    def complaints(self) -> list[Complaint]:
        """What there is to complain of so far: errors that nobody waited for, and claims that were not true."""
        return list(self.application.engine.claims.complaints)

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        if self._comes(PAUSE):
            await asyncio.sleep(seconds)
        else:
            self._context.loop.operation()  # so that the sleep after it is called as ever

    def crash(self, worker: str | None = None, reason: str = "crashed by the scenario") -> None:
        """Have the active generation of a worker be gone from one moment to the next."""
        known = self.application.worker(worker or self.application.configuration.main)
        if self._comes(f"crash of {known.name}") and known.active is not None:
            known.reloads.order_crash(known.active, Disconnected(known.active.name, reason))

    def jump(self, seconds: float) -> None:
        """Have the clock of all contexts be set forward, as an operator might: nobody worked meanwhile."""
        if self._clock is None:
            self._clock = self.application.engine.channel(self._context, "clock", self._jump)
        self._clock.put(round(seconds * SECOND)) if self._comes("jump") else self._clock.skip()

    def _jump(self, nanoseconds: int) -> None:
        clock = self.application.engine.clock
        clock.tell(clock.look_at_wall() + nanoseconds)

    def disconnect(self) -> None:
        """Have all clients hang up; they may come again."""
        for client in self._clients.values():
            client.disconnect()

    def hang_up(self) -> None:
        """Have all clients hang up on the requests that they have under way."""
        for client in self._clients.values():
            client.hang_up()

    def cut_off(self) -> None:
        """The same, though nobody wanted it."""
        for client in self._clients.values():
            client.cut_off()

    async def stop(self) -> None:
        """Have all clients hang up, and all workers end what they do."""
        self._over = True
        for client in self._clients.values():
            client.leave(over(client.name))
        await self.application.stop()

    def _comes(self, what: str) -> bool:
        """Whether this, which the scenario is about to have done, comes at all."""
        return self.application.engine.inputs.comes(self._context.loop, what, "app")
