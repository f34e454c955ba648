"""Bugs of applications of which a part is gone in the middle, or a client, or a generation."""

from __future__ import annotations

from detrun.scenarios.app import App
from tests.planted.zoo.applications import answered, front, play, store, written
from tests.planted.zoo.planting import planted

LEDGER = store("""
accounts = {"a": 100, "b": 0}
orders = []
class Default(WorkerEntrypoint):
    async def add(self, account, amount):
        accounts[account] += amount
    async def move(self, source, target, amount):
        accounts[source] -= amount
        accounts[target] += amount
    async def total(self):
        return sum(accounts.values())
    async def order(self, key, thing):
        if key not in [known for known, _ in orders]:
            orders.append((key, thing))
    async def things(self):
        return [thing for _, thing in orders]
""")
MOVES = """
class Default(WorkerEntrypoint):
    async def pay(self, amount):
        await self.env.STORE.add("a", -amount)
        await self.env.STORE.add("b", amount)
"""
FETCHES = """
    async def fetch(self, request):
        await self.pay(10)
        return Response("paid")
"""
MOVES_AT_ONCE = """
class Default(WorkerEntrypoint):
    async def pay(self, amount):
        await self.env.STORE.move("a", "b", amount)
"""


@planted("crash")
async def crash_between_debit_and_credit(*, mended: bool) -> None:  # R-GEN-19
    """A worker crashes when it has taken money and not given it yet."""

    async def scenario(app: App) -> None:
        await answered(app.service("front").pay(10))
        await app.sleep(60)
        assert await answered(app.service("store").total()) in (100, None)

    await play(scenario, LEDGER, front(MOVES_AT_ONCE if mended else MOVES))


@planted("hang-up")
async def hang_up_between_debit_and_credit(*, mended: bool) -> None:  # R-ABT-01
    """A client hangs up, and its request ends when money is taken and not given yet."""

    async def scenario(app: App) -> None:
        await answered(app.client("payer").fetch("/", method="POST"))
        await app.sleep(60)
        assert await answered(app.service("store").total()) in (100, None)

    await play(scenario, LEDGER, front((MOVES_AT_ONCE if mended else MOVES) + FETCHES))


@planted("crash")
async def retry_after_a_crash(*, mended: bool) -> None:  # R-GEN-07
    """Who is told that a worker is gone orders again; the worker had ordered before it was."""
    source = """
    import uuid
    class Default(WorkerEntrypoint):
        async def order(self, key, thing):
            await self.env.STORE.order(key, thing)
            return "ok"
    """

    async def scenario(app: App) -> None:
        for attempt in range(3):
            if await answered(app.service("front").order(0 if mended else attempt, "lamp")):
                break
            await app.sleep(60)
        things = await answered(app.service("store").things())
        assert things is None or len(things) <= 1, things

    await play(scenario, LEDGER, front(source))


@planted("reload", holds=2)
async def queue_lost_by_a_reload(*, mended: bool) -> None:  # R-Q-02
    """What waits in a variable of a module for its turn is lost by a reload."""
    source = written(
        """
        queued = []
        class Default(WorkerEntrypoint):
            async def push(self, item, keep):
                KEEP
                return True
            async def pop(self, take):
                return TAKE
        """,
        mended=mended,
        KEEP=("queued.append(item)", "await keep(item)"),
        TAKE=("queued.pop(0) if queued else 'nothing'", "await take()"),
    )

    async def scenario(app: App) -> None:
        kept: list[int] = []

        async def keep(item: int) -> None:
            kept.append(item)

        async def take() -> int | str:
            return kept[0] if kept else "nothing"

        if await answered(app.service("front").push(1, keep)):
            assert await answered(app.service("front").pop(take)) in (1, None)

    await play(scenario, LEDGER, front(source))


@planted("crash")
async def lease_kept_by_the_crashed(*, mended: bool) -> None:  # R-GEN-20
    """Who holds a lease crashes, and nobody takes it from him."""
    keeping = written(
        """
        lease = []
        class Default(WorkerEntrypoint):
            async def acquire(self, now):
                if EXPIRED:
                    lease.clear()
                if lease:
                    return False
                lease.append(now)
                return True
            async def release(self):
                lease.clear()
        """,
        mended=mended,
        EXPIRED=("False", "lease and now > lease[0] + 30"),
    )
    source = """
    import time
    class Default(WorkerEntrypoint):
        async def work(self):
            if not await self.env.STORE.acquire(time.monotonic()):
                return "busy"
            await self.env.STORE.release()
            return "done"
    """

    async def scenario(app: App) -> None:
        last = None
        for _ in range(4):
            last = await answered(app.service("front").work())
            await app.sleep(60)
        assert last != "busy"

    await play(scenario, store(keeping), front(source))
