"""Bugs of programs that react to events: what is told too late, too early, twice or to the wrong one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.planted.zoo.peers import ask, serving
from tests.planted.zoo.planting import planted


@planted()
async def callback_after_close(*, mended: bool) -> None:
    """A view is told of an answer after it was closed."""
    closed = False

    def show(_: asyncio.Task[bytes]) -> None:
        # To take the callback back would not do: it may be on its way already.
        if mended and closed:
            return
        assert not closed, "shown in a view that is closed"

    async with serving():
        asking = asyncio.create_task(ask())
        asking.add_done_callback(show)
        await asyncio.sleep(0.010)
        closed = True
        await asking


@planted()
async def timer_against_reply(*, mended: bool) -> None:
    """A timer fails what an answer has settled already, or the other way round."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def expire() -> None:
        if not mended or not answer.done():
            answer.set_exception(TimeoutError())

    async def read() -> None:
        line = await ask()
        if not mended or not answer.done():
            answer.set_result(line)

    async with serving():
        reading = asyncio.create_task(read())
        timer = loop.call_later(0.010, expire)
        await asyncio.wait([answer])
        timer.cancel()
        await reading
        answer.exception()


@planted()
async def stale_cache(*, mended: bool) -> None:
    """What was read before an invalidation is put into the cache after it."""
    stored, cache, version = {"price": 1}, dict[str, int](), 0

    async def read() -> None:
        before = version
        value = int(await ask(b"price"))
        if not mended or before == version:
            cache["price"] = value

    async def write() -> None:
        nonlocal version
        await asyncio.sleep(0.010)
        stored["price"] = 2
        version += 1
        cache.pop("price", None)

    async with serving(lambda _: b"%d" % stored["price"]):
        await asyncio.gather(read(), write())
    assert cache.get("price", 2) == stored["price"]


@planted()
async def retry_duplicates(*, mended: bool) -> None:
    """An order that timed out is sent again over another connection, and both arrive."""
    orders: list[bytes] = []

    def take(line: bytes) -> bytes:
        key = line.split()[0] if mended else line
        if key not in orders:
            orders.append(key)
        return b"ok"

    async with serving(take):
        for attempt in range(3):
            try:
                async with asyncio.timeout(0.050):
                    await ask(b"lamp attempt %d" % attempt)
                    break
            except TimeoutError:
                continue
        await asyncio.sleep(1)
    assert len(orders) <= 1, orders


@planted()
async def subscribed_after_the_snapshot(*, mended: bool) -> None:
    """What changes between the snapshot and the subscription is never seen."""
    state, seen = ["a"], list[str]()
    listeners: list[Callable[[str], None]] = []

    async def follow() -> None:
        if mended:
            listeners.append(seen.append)
        known = list(state)
        await ask(b"render")
        seen[:0] = known
        if not mended:
            listeners.append(seen.append)

    async def publish() -> None:
        await asyncio.sleep(0.010)
        state.append("b")
        for listener in listeners:
            listener("b")

    async with serving():
        await asyncio.gather(follow(), publish())
    assert seen == ["a", "b"], seen


@planted()
async def published_before_subscribed(*, mended: bool) -> None:
    """An answer is published before the one who asked for it listens."""
    waiting: dict[bytes, asyncio.Future[bytes]] = {}
    loop = asyncio.get_running_loop()

    async def publish() -> None:
        await asyncio.sleep(0.010)
        waiter = waiting.get(b"job") if not mended else waiting.setdefault(b"job", loop.create_future())
        if waiter is not None:
            waiter.set_result(b"done")

    async def request() -> None:
        await ask(b"start job")
        waiter = waiting.setdefault(b"job", loop.create_future())
        assert await waiter == b"done"

    async with serving():
        await asyncio.gather(publish(), request())


@planted()
async def paging_while_writing(*, mended: bool) -> None:
    """A row is removed while somebody pages by offset, and the next one is skipped."""
    rows = list(range(1, 7))
    read: list[int] = []

    async def page() -> None:
        while True:
            after = read[-1] if read else 0
            some = [row for row in rows if row > after][:2] if mended else rows[len(read) : len(read) + 2]
            if not some:
                return
            read.extend(some)
            await ask()

    async def remove() -> None:
        await asyncio.sleep(0.010)
        rows.remove(1)

    async with serving():
        await asyncio.gather(page(), remove())
    assert set(rows) <= set(read), read


@planted()
async def lease_renewed_for_another(*, mended: bool) -> None:
    """Who renews a lease looks whose it is, waits, and renews that of somebody else."""
    lease = ("a", 1)

    async def renew() -> None:
        nonlocal lease
        mine = lease
        await ask(b"healthy?")
        if not mended or lease == mine:
            lease = ("a", lease[1] + 1)

    async def take_over() -> None:
        nonlocal lease
        await asyncio.sleep(0.010)
        lease = ("b", lease[1] + 1)

    async with serving():
        await asyncio.gather(renew(), take_over())
    assert lease[0] == "b"


@planted()
async def initialised_twice(*, mended: bool) -> None:
    """A flag says that something is ready after it was made, so that another one makes it, too."""
    made: list[bytes] = []
    lock = asyncio.Lock() if mended else asyncio.Semaphore(9)

    async def client(after: float) -> None:
        await asyncio.sleep(after)
        async with lock:
            if not made:
                made.append(await ask(b"connect"))

    async with serving():
        await asyncio.gather(client(0), client(0.010), client(0.020))
    assert len(made) == 1, made


@planted()
async def write_lost_at_shutdown(*, mended: bool) -> None:
    """A write goes on in the background, and the program ends before it."""
    stored: list[bytes] = []

    async def save() -> None:
        stored.append(await ask(b"row"))

    async with serving():
        saving = asyncio.create_task(save())
        await asyncio.sleep(0.010)
        if mended:
            await saving
        saving.cancel()
    assert stored == [b"row"]


@planted()
async def slower_search_wins(*, mended: bool) -> None:
    """The results of what was typed first are shown last."""
    shown, newest = [b""], b""

    async def search(words: bytes) -> None:
        nonlocal newest
        newest = words
        results = await ask(words)
        if not mended or newest == words:
            shown[0] = results

    async with serving():
        first = asyncio.create_task(search(b"la"))
        await asyncio.sleep(0.010)
        await asyncio.gather(first, search(b"lamp"))
    assert shown == [b"lamp"]


@planted()
async def token_refreshed_twice(*, mended: bool) -> None:
    """Two requests refresh one token; the second refresh makes the first one's worthless while it is used."""
    issued, token = 0, b"0"
    lock = asyncio.Lock() if mended else asyncio.Semaphore(9)

    def answer(line: bytes) -> bytes:
        nonlocal issued
        if line == b"refresh":
            issued += 1
            return b"%d" % issued
        return b"200" if line == b"%d" % issued else b"401"

    async def request(after: float) -> None:
        nonlocal token
        await asyncio.sleep(after)
        async with lock:
            if token == b"0":
                token = await ask(b"refresh")
            mine = token
            assert await ask(mine) == b"200"

    async with serving(answer):
        await asyncio.gather(request(0), request(0.010))


@planted()
async def torn_total(*, mended: bool) -> None:
    """Money moves between two accounts while they are added up."""
    accounts = {"a": 50, "b": 50}
    lock = asyncio.Lock() if mended else asyncio.Semaphore(9)
    totals: list[int] = []

    async def add_up() -> None:
        async with lock:
            total = accounts["a"]
            await ask()
            totals.append(total + accounts["b"])

    async def transfer() -> None:
        await asyncio.sleep(0.010)
        async with lock:
            accounts["a"] -= 10
            accounts["b"] += 10

    async with serving():
        await asyncio.gather(add_up(), transfer())
    assert totals == [100]


@planted()
async def event_cleared_too_late(*, mended: bool) -> None:
    """A signal that comes while one works is cleared with the one before it."""
    changed, todo, done = asyncio.Event(), list[int](), list[int]()

    async def work() -> None:
        while len(done) < 2:
            await changed.wait()
            if mended:
                changed.clear()
            batch, todo[:] = list(todo), []
            await ask()
            done.extend(batch)
            if not mended:
                changed.clear()

    async def feed() -> None:
        for number in range(2):
            todo.append(number)
            changed.set()
            await asyncio.sleep(0.010)

    async with serving():
        await asyncio.gather(work(), feed())


@planted(holds=2)
async def breaker_opens(*, mended: bool) -> None:
    """Two late answers in a row open a breaker that refuses the user a third."""
    late = 0

    async def call(number: int) -> bytes:
        nonlocal late
        try:
            async with asyncio.timeout(0.050):
                answer = await ask(b"%d" % number)
        except TimeoutError:
            late += 1
            return b""
        late = 0
        return answer

    async with serving():
        for number in range(3):
            assert mended or late < 2, "refused"
            await call(number)
            await asyncio.sleep(0.010)


@planted(holds=2)
async def stale_quorum(*, mended: bool) -> None:
    """Two of three replicas have a write late, and a reader takes these two for the truth."""
    replicas = [1, 1, 1]

    async def write(replica: int) -> None:
        await ask(b"%d" % replica)
        replicas[replica] = 2

    async def read() -> None:
        for _ in range(3):
            await ask(b"read")
        assert max(replicas[:2] if not mended else [2]) == 2

    async with serving():
        await asyncio.gather(*map(write, range(3)), read())


@planted(holds=2)
async def reversed_log(*, mended: bool) -> None:
    """Three lines in exactly the wrong order make an undo of the whole."""
    log: list[int] = []

    async def append(number: int) -> None:
        log.append(int(await ask(b"%d" % number)))
        if mended:
            log.sort()

    async with serving():
        await asyncio.gather(*map(append, range(3)))
    assert log != [2, 1, 0], log
