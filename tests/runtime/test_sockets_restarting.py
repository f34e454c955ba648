"""Sockets when their generation is stopped: what whoever uses them at that moment sees, and who comes again."""

from __future__ import annotations

import asyncio
from typing import Any

from detrun.runtime.generations import State
from detrun.scenarios.app import App
from tests.runtime.applications import play, played, scopes_left
from tests.runtime.heard import HEARD
from tests.runtime.sockets import ECHO, RESTART, all_of, asking, own, serving
from tests.runtime.versions import active

# One event with several sockets, which tells all of them of each that is closed, if they say that they are open.
BROADCASTING = serving("""
    async def several(self, count):
        clients, self.servers = zip(*(WebSocketPair() for _ in range(count)))
        for server in self.servers:
            server.accept()
            server.add_event_listener("close", lambda event, server=server: self.tell(server, event))
        return [Response(web_socket=client) for client in clients]

    async def slow(self):
        await asyncio.sleep(1)

    def tell(self, closed, event):
        from tests.runtime.heard import HEARD

        HEARD.append(("close", closed.ready_state, event.code))
        for other in self.servers:
            state = other.ready_state
            other.send("one is gone")
            HEARD.append(("sent", state))
""")


def test_who_looks_at_a_socket_while_all_are_closed_sees_what_it_is_good_for() -> None:  # R-WS-07
    """What is sent where the state says that a socket is open arrives; elsewhere to send is nothing, and no error."""

    async def scenario(app: App) -> Any:
        sockets = [response.web_socket for response in await own(app).several(3)]
        for socket in sockets:
            socket.accept()
        talking = [asyncio.create_task(all_of(socket)) for socket in sockets]
        # A generation that works on nothing else is gone at once, and nothing of it is called any more.
        slow = asyncio.ensure_future(own(app).slow())
        await app.sleep(0.1)
        await app.reload({"api/main.py": BROADCASTING.source + "\n# new"})
        got = await asyncio.gather(*talking)
        await slow
        return got, [socket.ready_state for socket in sockets], await scopes_left(app)

    for seed in range(20):
        HEARD.clear()
        got, states, left = play(scenario, BROADCASTING, seed=seed).result()
        assert (states, left) == ([3] * 3, 0)
        assert all(each[-1] == RESTART and set(each[:-1]) <= {"one is gone"} for each in got)
        assert [heard[1:] for heard in HEARD if heard[0] == "close"] == [(3, 1012)] * 3
        assert HEARD.count(("sent", 1)) == sum(len(each) - 1 for each in got)
        assert HEARD.count(("sent", 3)) >= 3


def test_what_listens_before_it_accepts_hears_all_of_a_socket_of_another_worker() -> None:  # F-WS-04, R-WS-01, R-WS-03
    late = asking("""
    async def ask(self, pause):
        socket = (await self.response()).web_socket
        await asyncio.sleep(pause)
        heard, over = [], asyncio.get_running_loop().create_future()
        socket.add_event_listener("message", lambda event: heard.append(event.data))
        socket.add_event_listener("close", over.set_result)
        socket.accept()
        await over
        return heard, over.result().code
    """)
    early = serving("""
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.accept()
        server.send("before")
        self.ctx.wait_until(self.go_on(server))
        return Response(web_socket=client)

    async def go_on(self, server):
        await asyncio.sleep(0.001)
        server.send("after")
        server.close(4001)
    """)

    async def scenario(app: App) -> Any:
        return [await own(app, "web").ask(pause) for pause in (0, 0.0005, 1)], await scopes_left(app)

    assert played(scenario, early, late) == ([(["before", "after"], 4001)] * 3, 0)


def test_a_socket_of_a_new_generation_keeps_no_old_one() -> None:  # F-WS-10, R-GEN-06
    """Whoever is told that the service restarts comes again at once, and stays, over several saves in a row."""

    async def scenario(app: App) -> Any:
        sockets = []

        async def stay() -> None:
            while True:
                sockets.append(await app.client("browser").websocket("/"))
                assert await all_of(sockets[-1]) == [RESTART]

        staying = asyncio.create_task(stay())
        await app.sleep(0.1)
        for number in range(3):
            await app.reload({"api/main.py": ECHO.source + f"\n# {number}"})
            await app.sleep(0.05)
            # There is a socket of the new one by now, which is open and stays so.
            assert len(sockets) == number + 2
            assert sockets[-1].ready_state == 1
            old = app.application.worker("api").generations[-2]
            assert old.state is State.STOPPED
            assert old.ended is not None
            assert old.ended - active(app, "api").began < 0.05e9
        staying.cancel()
        return len(active(app, "api").isolate.scopes)

    for seed in range(10):
        assert play(scenario, ECHO, seed=seed).result() == 1
