"""The ten patterns of which most races are made."""

from __future__ import annotations

import asyncio

from tests.planted.zoo.peers import PORT, ask, serving
from tests.planted.zoo.planting import planted


@planted()
async def init_order(*, mended: bool) -> None:
    """A table is used before it is there."""
    tables: set[str] = set()
    ready = asyncio.Event()

    async def migrate() -> None:
        await ask()
        tables.add("users")
        ready.set()

    async def insert() -> None:
        await asyncio.sleep(0.010)
        if mended:
            await ready.wait()
        assert "users" in tables

    async with serving():
        await asyncio.gather(migrate(), insert())


@planted()
async def check_then_act(*, mended: bool) -> None:
    """Two take the last seat, because each looks before the other has booked."""
    seats = 1
    lock = asyncio.Lock() if mended else asyncio.Semaphore(2)

    async def book(after: float) -> None:
        nonlocal seats
        await asyncio.sleep(after)
        async with lock:
            if seats > 0:
                await ask()
                seats -= 1

    async with serving():
        await asyncio.gather(book(0), book(0.010))
    assert seats == 0


@planted()
async def close_in_flight(*, mended: bool) -> None:
    """An idle connection is closed though somebody has begun to use it."""
    loop = asyncio.get_running_loop()
    async with serving():
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        idle = loop.call_later(0.010, writer.close)
        await asyncio.sleep(0.008)
        if mended:
            idle.cancel()
            if writer.is_closing():
                reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(b"ask\n")
        answer = await reader.readline()
        idle.cancel()
        writer.close()
    assert answer == b"ask\n"


@planted()
async def lost_wakeup(*, mended: bool) -> None:
    """Who notifies comes between the look and the wait."""
    condition, items = asyncio.Condition(), list[int]()

    async def consume() -> None:
        if not items:
            await ask()
            async with condition:
                if not mended or not items:
                    await condition.wait()
        items.pop()

    async def produce() -> None:
        await asyncio.sleep(0.010)
        items.append(1)
        async with condition:
            condition.notify()

    async with serving():
        await asyncio.gather(consume(), produce())


@planted()
async def abba(*, mended: bool) -> None:
    """Two accounts are locked in one order here and in the other there."""
    locks = [asyncio.Lock(), asyncio.Lock()]

    async def transfer(source: int, target: int, after: float) -> None:
        await asyncio.sleep(after)
        first, second = sorted((source, target)) if mended else (source, target)
        async with locks[first]:
            await ask()
            async with locks[second]:
                pass

    async with serving():
        await asyncio.gather(transfer(0, 1, 0), transfer(1, 0, 0.010))


@planted(holds=2)
async def depth(*, mended: bool) -> None:
    """Answered late, retried before that, cancelled in between: only all three together are wrong."""
    states = ["new"]

    async def order() -> None:
        await ask(b"order")
        if not mended or states[-1] == "new":
            states.append("shipped")

    async def retry() -> None:
        await asyncio.sleep(0.010)
        if states[-1] == "new":
            states.append("retried")
            await ask(b"retry")
            if not mended or states[-1] == "retried":
                states.append("confirmed")

    async def cancel() -> None:
        await asyncio.sleep(0.020)
        if states[-1] == "retried":
            states.append("cancelled")

    async with serving():
        await asyncio.gather(order(), retry(), cancel())
    assert states[-3:] != ["cancelled", "confirmed", "shipped"]


@planted()
async def starvation(*, mended: bool) -> None:
    """Who has not renewed for too long is replaced, and writes all the same."""
    loop = asyncio.get_running_loop()
    expiry, owner, written = loop.time() + 0.040, "a", list[str]()

    async def renew() -> None:
        nonlocal expiry
        for number in range(3):
            await asyncio.sleep(0.010)
            await ask(b"renew")
            if mended and owner != "a":
                return
            expiry = loop.time() + 0.040
            written.append(f"a{number} owned by {owner}")

    async def watch() -> None:
        nonlocal owner
        for _ in range(4):
            await asyncio.sleep(0.012)
            if loop.time() > expiry:
                owner = "b"

    async with serving():
        await asyncio.gather(renew(), watch())
    assert not [line for line in written if line.endswith("b")], written


@planted(holds=2)
async def permutation(*, mended: bool) -> None:
    """One order of many: the third answer first, and the first last."""
    pages: list[int] = []

    async def fetch(number: int) -> None:
        pages.append(int(await ask(b"%d" % number)))

    async with serving():
        await asyncio.gather(*map(fetch, range(4)))
    order = sorted(pages) if mended else pages
    assert order[0] != 2 or order[-1] != 0, order


@planted()
async def double_delivery(*, mended: bool) -> None:
    """A payment is sent again because its acknowledgement is late, and is taken twice."""
    taken: list[bytes] = []

    def take(line: bytes) -> bytes:
        if not mended or line not in taken:
            taken.append(line)
        return b"ack"

    async with serving(take):
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        for _ in range(2):
            writer.write(b"pay 7\n")
            try:
                await asyncio.wait_for(reader.readline(), 0.020)
                break
            except TimeoutError:
                continue
        writer.close()
        await asyncio.sleep(1)
    assert taken.count(b"pay 7") <= 1, taken


@planted()
async def reload_race(*, mended: bool) -> None:
    """A host of the old settings is used with a key of the new ones."""
    settings = {"host": "a", "key": "a"}

    async def connect() -> None:
        mine = dict(settings) if mended else settings
        host = mine["host"]
        await ask()
        assert host == mine["key"]

    async def reload() -> None:
        await asyncio.sleep(0.010)
        settings.update(host="b", key="b")

    async with serving():
        await asyncio.gather(connect(), reload())
