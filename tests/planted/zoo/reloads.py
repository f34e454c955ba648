"""Races between two generations of a worker; the rows are those of the catalogue of races."""

from __future__ import annotations

import asyncio
from typing import Any

from detrun.scenarios.app import App
from tests.planted.zoo.applications import answered, fetched, front, play, store, written
from tests.planted.zoo.planting import planted

PLAIN = store("class Default(WorkerEntrypoint):\n    async def get(self, n):\n        return n")


@planted()
async def answer_of_the_wrong_version(*, mended: bool) -> None:  # R-GEN-11
    """A client takes every answer that comes after a reload for one of the new code."""
    source = """
    VERSION = 1
    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            await self.env.STORE.get(1)
            return Response(str(VERSION))
    """

    async def scenario(app: App) -> None:
        asking = asyncio.ensure_future(fetched(app, "/"))
        await app.sleep(0.010)
        was_done = asking.done()
        await app.reload({"front/main.py": front(source.replace("= 1", "= 2")).source})
        if mended:
            await asking
            was_done, asking = False, asyncio.ensure_future(app.fetch("/"))
        response = await asking
        assert response is None or await response.text() == ("1" if was_done else "2")

    await play(scenario, PLAIN, front(source))


@planted()
async def count_lost_by_a_reload(*, mended: bool) -> None:  # R-CRON-01
    """A count in a variable of a module begins anew between two calls that believe in it."""
    keeping = store("""
    kept = {}
    class Default(WorkerEntrypoint):
        async def put(self, n):
            kept["n"] = n
        async def get(self):
            return kept.get("n", 0)
    """)
    source = written(
        """
        count = 0
        class Default(WorkerEntrypoint):
            async def add(self):
                global count
                LOAD
                count += 1
                await self.env.STORE.put(count)
                return count
        """,
        mended=mended,
        LOAD=("pass", "count = await self.env.STORE.get()"),
    )

    async def scenario(app: App) -> None:
        async def save() -> None:
            await app.sleep(0.010)
            await app.reload({"front/main.py": front(source + "\n").source})

        async def twice() -> list[Any]:
            return [await answered(app.service("front").add()) for _ in range(2)]

        counts, _ = await asyncio.gather(twice(), save())
        assert counts == [1, 2] or None in counts, counts

    await play(scenario, keeping, front(source))


@planted()
async def protocol_torn_by_a_reload(*, mended: bool) -> None:  # R-GEN-01
    """One of two workers is new already, and is asked by the old code of the other."""
    old = """
    class Default(WorkerEntrypoint):
        async def price(self):
            return 5
    """
    new = written(
        """
        class Default(WorkerEntrypoint):
            async def price(self):
                return OLD
            async def price_in(self):
                return {"amount": 5}
        """,
        mended=mended,
        OLD=("{'amount': 5}", "5"),
    )
    asks = """
    class Default(WorkerEntrypoint):
        async def total(self):
            return 2 * await self.env.STORE.price()
    """
    asks_new = asks.replace("await self.env.STORE.price()", "(await self.env.STORE.price_in())['amount']")

    async def scenario(app: App) -> None:
        asking = asyncio.ensure_future(answered(app.service("front").total()))
        await app.sleep(0.010)
        await app.reload({"store/main.py": store(new).source})
        await app.reload({"front/main.py": front(asks_new).source})
        assert await asking in (None, 10)
        assert await app.service("front").total() == 10

    await play(scenario, store(old), front(asks))


@planted()
async def write_without_wait_until(*, mended: bool) -> None:  # R-GEN-02
    """A write that is not over when the answer is given is lost: nobody said that it has to be waited for."""
    keeping = store("""
    rows = []
    class Default(WorkerEntrypoint):
        async def put(self, row):
            rows.append(row)
        async def all(self):
            return rows
    """)
    source = written(
        """
        class Default(WorkerEntrypoint):
            async def save(self):
                task = asyncio.ensure_future(self.later())
                KEEP
                return "soon"
            async def later(self):
                await self.env.STORE.all()
                await self.env.STORE.put(1)
        """,
        mended=mended,
        KEEP=("await asyncio.sleep(0.010)", "await task"),
    )

    async def scenario(app: App) -> None:
        await app.service("front").save()
        await app.sleep(1)
        assert await app.service("store").all() == [1]

    await play(scenario, keeping, front(source))


@planted()
async def lock_held_across_a_call_back(*, mended: bool) -> None:  # R-RPC-10
    """A lock is held while another worker is asked, which asks back for the same lock if it finds something stale."""
    asks = """
    import random
    class Default(WorkerEntrypoint):
        async def check(self, back, started):
            if await started() > 1:
                return await back()
            return 0
    """
    source = written(
        """
        waiting = 0
        lock = asyncio.Lock()
        class Default(WorkerEntrypoint):
            async def started(self):
                return waiting
            async def refresh(self):
                HELD:
                    return waiting
            async def update(self):
                global waiting
                waiting += 1
                async with lock:
                    try:
                        return await self.env.STORE.check(self.refresh, self.started)
                    finally:
                        waiting -= 1
        """,
        mended=mended,
        HELD=("async with lock", "if True"),
    )

    async def scenario(app: App) -> None:
        async def later() -> None:
            await app.sleep(0.010)
            await app.service("front").update()

        await asyncio.gather(app.service("front").update(), later())

    await play(scenario, store(asks), front(source))


@planted()
async def old_code_answers_a_new_request(*, mended: bool) -> None:  # R-GEN-03
    """What is looked up in the worker that is asked, and written in the one that has taken its place."""
    keeping = """
    STEP = 10
    class Default(WorkerEntrypoint):
        async def step(self):
            return STEP
        async def scaled(self, n, step):
            if USED != STEP:
                raise ValueError(f"{step} is not {STEP}")
            return n * STEP
    """
    source = """
    class Default(WorkerEntrypoint):
        async def scaled(self, n):
            return await self.env.STORE.scaled(n, await self.env.STORE.step())
    """
    keeping = written(keeping, mended=mended, USED=("step", "STEP"))

    async def scenario(app: App) -> None:
        asking = asyncio.ensure_future(answered(app.service("front").scaled(1)))
        await app.sleep(0.010)
        await app.reload({"store/main.py": store(keeping.replace("= 10", "= 100")).source})
        assert await asking in (10, 100, None)

    await play(scenario, store(keeping), front(source))


@planted()
async def stub_of_another_event(*, mended: bool) -> None:  # R-SEED-18
    """A stub is kept in a variable of the module, and used when the event that got it may be over."""
    targets = store("""
    class Cell(RpcTarget):
        async def get(self):
            return 7
    class Default(WorkerEntrypoint):
        async def cell(self):
            return Cell()
    """)
    source = written(
        """
        cells = []
        class Default(WorkerEntrypoint):
            async def open(self):
                cells.append(await self.env.STORE.cell())
                await asyncio.sleep(0.020)
                cells.clear()
            async def read(self):
                if MINE:
                    return await (await self.env.STORE.cell()).get()
                return await cells[0].get()
        """,
        mended=mended,
        MINE=("not cells", "True"),
    )

    async def scenario(app: App) -> None:
        opening = asyncio.ensure_future(app.service("front").open())
        await app.sleep(0.050)
        assert await app.service("front").read() == 7
        await opening

    await play(scenario, targets, front(source))


@planted()
async def cache_filled_by_the_old_generation(*, mended: bool) -> None:  # R-SEED-16
    """An old generation writes to what the new one has taken over."""
    keeping = written(
        """
        state = {"owner": 1, "value": "new"}
        class Default(WorkerEntrypoint):
            async def own(self, version):
                state["owner"] = version
            async def write(self, version, value):
                if FENCED:
                    state["value"] = value
            async def read(self):
                return state["value"]
            async def slow(self):
                return 1
        """,
        mended=mended,
        FENCED=("True", "version == state['owner']"),
    )
    source = """
    VERSION = 1
    class Default(WorkerEntrypoint):
        async def start(self):
            await self.env.STORE.own(VERSION)
        async def work(self):
            await self.env.STORE.slow()
            await self.env.STORE.write(VERSION, f"of {VERSION}")
    """

    async def scenario(app: App) -> None:
        working = asyncio.ensure_future(answered(app.service("front").work()))
        await app.sleep(0.010)
        await app.reload({"front/main.py": front(source.replace("= 1", "= 2")).source})
        await app.service("front").start()
        await app.service("front").work()
        await working
        assert await app.service("store").read() == "of 2"

    await play(scenario, store(keeping), front(source))
