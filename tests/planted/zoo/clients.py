"""Bugs of applications with several clients: uploads, and what requests share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from detrun.scenarios.app import App
from tests.planted.zoo.applications import LOG, answered, fetched, front, play, store, written
from tests.planted.zoo.planting import planted


@planted()
async def half_an_upload_is_stored(*, mended: bool) -> None:  # R-ABT-05
    """A client hangs up while it uploads, and what has come is stored where all of it should be."""
    source = written(
        """
        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                got = []
                async for chunk in request.body:
                    got.append(chunk.decode())
                    BEGUN
                COMPLETE
                return Response("ok")
        """,
        mended=mended,
        BEGUN=("await self.env.STORE.put(got[-1])", "pass"),
        COMPLETE=("pass", 'await self.env.STORE.put("".join(got))'),
    )

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"one", b"two", b"!"):
            yield chunk

    async def scenario(app: App) -> None:
        uploading = asyncio.ensure_future(fetched(app, "/", method="POST", body=chunks()))
        await app.sleep(0.010)
        app.hang_up()
        await uploading
        await app.sleep(60)
        stored = await app.service("store").all()
        assert "".join(stored) in ("", "onetwo!"), stored

    await play(scenario, LOG, front(source))


@planted()
async def lock_kept_after_a_hang_up(*, mended: bool) -> None:  # R-STR-13
    """A client hangs up while its request has a lock, and nobody else ever gets it."""
    source = written(
        """
        lock = asyncio.Lock()
        class Default(WorkerEntrypoint):
            async def add(self):
                await lock.acquire()
                try:
                    await self.env.STORE.put("row")
                except CANCELLED:
                    lock.release()
                    raise
                lock.release()
                return "ok"
        """,
        mended=mended,
        CANCELLED=("Exception", "BaseException"),
    )

    async def scenario(app: App) -> None:
        adding = asyncio.ensure_future(answered(app.client("hasty").service("front").add()))
        await app.sleep(0.010)
        adding.cancel()
        await asyncio.wait([adding])
        assert await app.client("other").service("front").add() == "ok"

    await play(scenario, LOG, front(source))


@planted()
async def user_of_another_request(*, mended: bool) -> None:  # R-RPC-08
    """Who asks is kept in a variable of the module, where another request finds it."""
    source = written(
        """
        current = ""
        class Default(WorkerEntrypoint):
            async def whoami(self, name):
                global current
                current = name
                await self.env.STORE.put(name)
                return MINE
        """,
        mended=mended,
        MINE=("current", "name"),
    )

    async def scenario(app: App) -> None:
        async def later() -> Any:
            await app.sleep(0.010)
            return await app.client("bob").service("front").whoami("bob")

        names: list[str] = await asyncio.gather(app.client("ann").service("front").whoami("ann"), later())
        assert tuple(names) == ("ann", "bob")

    await play(scenario, LOG, front(source))


@planted()
async def event_sent_before_it_is_waited_for(*, mended: bool) -> None:  # R-WF-11
    """An approval that comes before the waiter has registered is forgotten."""
    source = written(
        """
        waiting, early, approved = {}, set(), set()
        class Default(WorkerEntrypoint):
            async def wait(self, key):
                await self.env.STORE.put(key)
                if key not in early:
                    waiting[key] = asyncio.Event()
                    try:
                        await asyncio.wait_for(waiting[key].wait(), 3600)
                    except TimeoutError:
                        return key not in approved
                return True
            async def approve(self, key):
                approved.add(key)
                if key in waiting:
                    waiting[key].set()
                else:
                    KEEP
        """,
        mended=mended,
        KEEP=("pass", "early.add(key)"),
    )

    async def scenario(app: App) -> None:
        waiting = asyncio.ensure_future(app.service("front").wait("k"))
        await app.sleep(0.010)
        await app.service("front").approve("k")
        assert await waiting

    await play(scenario, LOG, front(source))


@planted()
async def started_twice(*, mended: bool) -> None:  # R-SEED-08
    """Two first events both find that nothing was started, and start it."""
    source = written(
        """
        started = []
        lock = asyncio.Lock() if MENDED else asyncio.Semaphore(9)
        class Default(WorkerEntrypoint):
            async def enter(self):
                async with lock:
                    if not started:
                        await self.env.STORE.put("start")
                        started.append(1)
        """,
        mended=mended,
        MENDED=("False", "True"),
    )

    async def scenario(app: App) -> None:
        async def later() -> None:
            await app.sleep(0.010)
            await app.service("front").enter()

        await asyncio.gather(app.service("front").enter(), later())
        assert await app.service("store").all() == ["start"]

    await play(scenario, LOG, front(source))


@planted()
async def message_polled_twice(*, mended: bool) -> None:  # R-Q-03
    """A poll begins while another one has looked at the first message and not removed it yet."""
    queue = store("""
    messages = ["m"]
    class Default(WorkerEntrypoint):
        async def peek(self):
            return messages[0] if messages else None
        async def remove(self, message):
            if message in messages:
                messages.remove(message)
        async def take(self):
            return messages.pop(0) if messages else None
    """)
    source = written(
        """
        handled = []
        class Default(WorkerEntrypoint):
            async def poll(self):
                message = await self.env.STORE.FIRST()
                if message:
                    handled.append(message)
                    await self.env.STORE.remove(message)
            async def all(self):
                return handled
        """,
        mended=mended,
        FIRST=("peek", "take"),
    )

    async def scenario(app: App) -> None:
        async def later() -> None:
            await app.sleep(0.010)
            await app.service("front").poll()

        await asyncio.gather(app.service("front").poll(), later())
        assert await app.service("front").all() == ["m"]

    await play(scenario, queue, front(source))


@planted()
async def rolled_back_with_another(*, mended: bool) -> None:  # R-DB-02
    """A call that fails puts back what it found, and with that takes back what another one has written."""
    source = written(
        """
        rows = []
        class Default(WorkerEntrypoint):
            async def write(self, row, ok):
                before = list(rows)
                rows.append(row)
                await self.env.STORE.put(row)
                if not ok:
                    UNDO
                return ok
            async def all(self):
                return rows
        """,
        mended=mended,
        UNDO=("rows[:] = before", "rows.remove(row)"),
    )

    async def scenario(app: App) -> None:
        async def later() -> Any:
            await app.sleep(0.010)
            return await app.service("front").write("good", ok=True)

        await asyncio.gather(app.service("front").write("bad", ok=False), later())
        assert await app.service("front").all() == ["good"]

    await play(scenario, LOG, front(source))


@planted()
async def count_left_by_a_cancelled_call(*, mended: bool) -> None:  # R-GEN-25
    """What is counted as under way is counted down at the end, to which a cancelled call does not come."""
    source = written(
        """
        busy, changed = 0, asyncio.Event()
        class Default(WorkerEntrypoint):
            async def work(self):
                global busy
                busy += 1
                try:
                    await self.env.STORE.put("row")
                except ENDED:
                    busy -= 1
                    changed.set()
                    raise
                busy -= 1
                changed.set()
            async def drained(self):
                while busy:
                    await changed.wait()
                    changed.clear()
        """,
        mended=mended,
        ENDED=("Exception", "BaseException"),
    )

    async def scenario(app: App) -> None:
        working = asyncio.ensure_future(answered(app.client("one").service("front").work()))
        await app.sleep(0.010)
        working.cancel()
        await asyncio.wait([working])
        await app.client("two").service("front").drained()

    await play(scenario, LOG, front(source))


@planted()
async def abort_before_the_start(*, mended: bool) -> None:  # R-ABT-02
    """A job is aborted before it has been registered, and runs though it was aborted."""
    source = written(
        """
        jobs, aborted, ran = {}, set(), []
        class Default(WorkerEntrypoint):
            async def start(self, key):
                await self.env.STORE.put(key)
                if key not in aborted:
                    jobs[key] = "running"
            async def abort(self, key):
                if jobs.pop(key, None) is None:
                    UNKNOWN
            async def running(self):
                return list(jobs)
        """,
        mended=mended,
        UNKNOWN=("pass", "aborted.add(key)"),
    )

    async def scenario(app: App) -> None:
        starting = asyncio.ensure_future(app.service("front").start("k"))
        await app.sleep(0.010)
        await app.service("front").abort("k")
        await starting
        assert await app.service("front").running() == []

    await play(scenario, LOG, front(source))
