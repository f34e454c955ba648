"""Bugs about cancellation, timeouts and shutdown."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.planted.zoo.peers import ask, serving
from tests.planted.zoo.planting import planted


@planted()
async def cancel_swallowed(*, mended: bool) -> None:
    """A worker that is cancelled while it asks takes that for a failed question, and goes on for ever."""

    async def work() -> None:
        while True:
            try:
                await ask()
            except asyncio.CancelledError:
                if mended:
                    raise
            await asyncio.sleep(0.007)

    async with serving():
        worker = asyncio.create_task(work())
        await asyncio.sleep(0.010)
        worker.cancel()
        done, _ = await asyncio.wait([worker], timeout=1)
        worker.cancel()
    assert done


@planted()
async def lock_kept_by_the_cancelled(*, mended: bool) -> None:
    """Who is cancelled between acquiring and releasing keeps the lock."""
    lock = asyncio.Lock()

    async def update() -> None:
        await lock.acquire()
        try:
            await ask()
        except asyncio.CancelledError:
            if mended:
                lock.release()
            raise
        lock.release()

    async with serving():
        with suppress(TimeoutError):
            await asyncio.wait_for(update(), 0.050)
        async with lock:
            pass


@planted()
async def cancelled_after_the_commit(*, mended: bool) -> None:
    """A sibling fails after the commit and before that is noted, so it is undone nowhere and done again."""
    committed, noted = list[bytes](), list[bytes]()

    def commit(line: bytes) -> bytes:
        committed.append(line)
        return b"ok"

    async def pay() -> None:
        if mended:
            noted.append(b"pay")
        await ask(b"pay")
        if not mended:
            noted.append(b"pay")

    async def check() -> None:
        await asyncio.sleep(0.010)
        raise ValueError

    async with serving(commit):
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(pay())
                group.create_task(check())
    assert set(committed) <= set(noted)


@planted()
async def item_lost_by_a_cancelled_get(*, mended: bool) -> None:
    """Who stops waiting for an item does not look whether it has come meanwhile."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    got: list[int] = []

    async def consume() -> None:
        getting = asyncio.create_task(queue.get())
        await asyncio.wait([getting], timeout=0.010)
        if not getting.done():
            await ask(b"nothing yet")
            if mended and getting.done():
                got.append(getting.result())
            getting.cancel()
        else:
            got.append(getting.result())

    async def produce() -> None:
        await asyncio.sleep(0.030)
        queue.put_nowait(7)

    async with serving():
        await asyncio.gather(consume(), produce())
    assert got or queue.qsize()


@planted()
async def connection_lost_by_a_timeout(*, mended: bool) -> None:
    """Opening a connection is given up after it was opened, and nobody closes it."""
    opened: set[object] = set()

    async def connect() -> object:
        connection = object()
        opened.add(connection)
        try:
            await ask(b"greet")
        except asyncio.CancelledError:
            if mended:
                opened.discard(connection)
            raise
        return connection

    async with serving():
        with suppress(TimeoutError):
            opened.discard(await asyncio.wait_for(connect(), 0.020))
    assert not opened


@planted()
async def stopped_before_drained(*, mended: bool) -> None:
    """A worker looks at the flag that says stop before it looks whether there is work left."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    stopping, worked = False, list[int]()

    async def work() -> None:
        while not stopping or (mended and not queue.empty()):
            if queue.empty():
                await asyncio.sleep(0.001)
                continue
            await ask()
            worked.append(queue.get_nowait())

    async with serving():
        worker = asyncio.create_task(work())
        for number in range(3):
            queue.put_nowait(number)
        await asyncio.sleep(0.010)
        stopping = True
        await worker
    assert worked == [0, 1, 2], worked


@planted()
async def released_twice(*, mended: bool) -> None:
    """A permit that was never had is given back, and afterwards there are two."""
    permits = asyncio.Semaphore(1)
    inside = most = 0

    async def enter(patience: float) -> None:
        nonlocal inside, most
        acquired = mended and await _acquired(permits, patience)
        try:
            if not mended:
                await asyncio.wait_for(permits.acquire(), patience)
            elif not acquired:
                return
            inside += 1
            most = max(most, inside)
            await ask()
            inside -= 1
        except TimeoutError:
            pass
        finally:
            if not mended or acquired:
                permits.release()

    async with serving():
        await asyncio.gather(enter(1), enter(0.020), _later(0.040, enter, 1))
    assert most == 1


async def _acquired(permits: asyncio.Semaphore, patience: float) -> bool:
    try:
        await asyncio.wait_for(permits.acquire(), patience)
    except TimeoutError:
        return False
    return True


async def _later(after: float, function: object, *args: object) -> None:
    await asyncio.sleep(after)
    await function(*args)  # type: ignore[operator]


@planted()
async def returned_to_the_pool_twice(*, mended: bool) -> None:
    """A connection goes back when its user gives up, and again when he has ended."""
    free, used = ["connection"], list[str]()

    async def request() -> None:
        mine = free.pop()
        try:
            async with asyncio.timeout(0.020):
                used.append(await _used(mine))
        except TimeoutError:
            if not mended:
                free.append(mine)
        finally:
            free.append(mine)

    async with serving():
        await request()
    assert len(free) == 1, free


async def _used(connection: str) -> str:
    await ask()
    return connection


@planted()
async def shield_without_a_wait(*, mended: bool) -> None:
    """A commit is shielded, and what it needs is closed while it goes on."""
    is_open, committed = True, list[bool]()

    async def commit() -> None:
        await ask(b"prepare")
        committed.append(is_open)

    async with serving():
        committing = asyncio.create_task(commit())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(committing), 0.010)
        if mended:
            await committing
        is_open = False
        await committing
    assert committed == [True]


@planted()
async def timeout_over_too_much(*, mended: bool) -> None:
    """The time for a write is also that for saying that it was written, so it is written twice."""
    written: list[int] = []

    async def write() -> None:
        if not mended or not written:
            written.append(1)
        await ask(b"written")

    async with serving():
        for _ in range(2):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.050):
                    await write()
                    break
    assert written == [1]


@planted()
async def wrong_one_is_woken(*, mended: bool) -> None:
    """One condition for two kinds of waiters: the one who is woken is not the one who could go on."""
    condition, states = asyncio.Condition(), set[str]()

    async def wait_for(state: str) -> None:
        async with condition:
            while state not in states:
                await condition.wait()

    async def reach(state: str, after: float) -> None:
        await asyncio.sleep(after)
        async with condition:
            states.add(state)
            condition.notify(9 if mended else 1)

    async def ask_first() -> None:
        await ask()
        await wait_for("read")

    async def read_second() -> None:
        await asyncio.sleep(0.005)
        await wait_for("written")

    async with serving():
        await asyncio.gather(ask_first(), read_second(), reach("read", 0.010), reach("written", 0.020))


@planted()
async def batch_lost_between_flushes(*, mended: bool) -> None:
    """What is added while a batch is sent is thrown away with it."""
    batch, sent = list[int](), list[int]()

    async def flush() -> None:
        mine = list(batch)
        if mended:
            batch.clear()
        await ask(b"flush")
        sent.extend(mine)
        if not mended:
            batch.clear()

    async with serving():
        batch.append(1)
        flushing = asyncio.create_task(flush())
        await asyncio.sleep(0.010)
        batch.append(2)
        await flushing
        await flush()
    assert sent == [1, 2], sent


@planted()
async def rescheduled_after_the_stop(*, mended: bool) -> None:
    """A ticker that is stopped while it ticks starts its timer once more."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []
    stopped, ticks = False, list[bool]()

    async def tick() -> None:
        # Its timer may have started it in the very turn of the stop.
        if mended and stopped:
            return
        ticks.append(stopped)
        await ask()
        if not mended or not stopped:
            timers.append(loop.call_later(0.010, lambda: tasks.append(loop.create_task(tick()))))

    async with serving():
        tasks = [loop.create_task(tick())]
        await asyncio.sleep(0.025)
        stopped = True
        timers[-1].cancel() if timers else None
        await asyncio.sleep(0.100)
        timers[-1].cancel() if timers else None
        await asyncio.gather(*tasks)
    assert not any(ticks)
