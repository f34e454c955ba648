"""A dozen programs of which each has one race: all is well by default, and one order or two make it fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PORT = 7000


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
    writer.close()


async def _serve(handler: Handler, port: int = PORT) -> asyncio.Server:
    return await asyncio.start_server(handler, "127.0.0.1", port)


async def _ask(port: int = PORT, line: bytes = b"ask\n") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(line)
    answer = await reader.readline()
    writer.close()
    return answer


async def init_order() -> None:
    """Somebody uses what is still being set up."""
    settings: dict[str, int] = {}

    async def load() -> None:
        await asyncio.sleep(0.010)
        for _ in range(3):
            await asyncio.sleep(0)
        settings["limit"] = 3

    async def use() -> int:
        await asyncio.sleep(0.012)
        return settings["limit"]

    await asyncio.gather(load(), use())


async def check_then_act() -> None:
    """Two buy the last ticket, because each looks before the other has paid."""
    left = 1

    async def buy(after: float) -> None:
        nonlocal left
        await asyncio.sleep(after)
        if left:
            await _ask()
            left -= 1

    async with await _serve(_echo):
        await asyncio.gather(buy(0), buy(0.010))
    assert left == 0, left


async def close_in_flight() -> None:
    """A connection is closed for idleness while a request is under way on it."""
    async with await _serve(_echo):
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        idle = asyncio.get_running_loop().call_later(0.010, writer.close)
        await asyncio.sleep(0.008)
        writer.write(b"ask\n")
        answer = await reader.readline()
        idle.cancel()
        writer.close()
    assert answer == b"ask\n"


async def lost_wakeup() -> None:
    """Who notifies does so before the other waits, and nobody remembers."""
    condition = asyncio.Condition()
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def consume() -> None:
        if queue.empty():
            await _ask()  # to log it, say
            async with condition:
                await condition.wait()
        queue.get_nowait()

    async def produce() -> None:
        await asyncio.sleep(0.010)
        queue.put_nowait(1)
        async with condition:
            condition.notify()

    async with await _serve(_echo):
        await asyncio.gather(consume(), produce())


async def abba() -> None:
    """Two locks, taken in one order here and in the other there."""
    one, other = asyncio.Lock(), asyncio.Lock()

    async def transfer(first: asyncio.Lock, second: asyncio.Lock, after: float) -> None:
        await asyncio.sleep(after)
        async with first:
            for _ in range(3):
                await asyncio.sleep(0)
            async with second:
                pass

    await asyncio.gather(transfer(one, other, 0.001), transfer(other, one, 0.004))


async def depth() -> None:
    """It takes a chain: the reply late, the retry before it, and the report in between."""
    state = "new"

    async def request() -> None:
        nonlocal state
        await _ask()
        if state == "retried":
            state = "answered twice"
        elif state == "new":
            state = "answered"

    async def retry() -> None:
        nonlocal state
        await asyncio.sleep(0.010)
        if state == "new":
            state = "retried"
            await _ask(PORT, b"again\n")
            state = "done"

    async def report() -> None:
        await asyncio.sleep(0.020)
        assert state != "answered twice"

    async with await _serve(_echo):
        await asyncio.gather(request(), retry(), report())


async def starvation() -> None:
    """A lease runs out because its renewals are late."""
    expiry = asyncio.get_running_loop().time() + 0.040
    expired = False

    async def renew() -> None:
        nonlocal expiry
        for _ in range(4):
            await asyncio.sleep(0.010)
            await _ask(PORT, b"renew\n")
            expiry = asyncio.get_running_loop().time() + 0.040

    async def watch() -> None:
        nonlocal expired
        for _ in range(5):
            await asyncio.sleep(0.015)
            expired = expired or asyncio.get_running_loop().time() > expiry

    async with await _serve(_echo):
        await asyncio.gather(renew(), watch())
    assert not expired


async def permutation() -> None:
    """One order of many: the third answer first, and the first last."""
    order: list[int] = []

    async def ask(number: int) -> None:
        await _ask(PORT, b"%d\n" % number)
        order.append(number)

    async with await _serve(_echo):
        await asyncio.gather(*map(ask, range(4)))
    assert order[0] != 2 or order[-1] != 0, order


async def double_delivery() -> None:
    """A message is sent again because its acknowledgement is late, and is taken twice."""
    taken: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            taken.append(line)
            writer.write(b"ack\n")
        writer.close()

    async with await _serve(take):
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        for _ in range(2):
            writer.write(b"pay\n")
            try:
                await asyncio.wait_for(reader.readline(), 0.020)
                break
            except TimeoutError:
                continue
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(1)
    assert len(taken) == 1, taken


async def torn_reload() -> None:
    """A handler reads two settings, and a reload comes between."""
    settings = {"host": "a", "key": "of a"}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            host = settings["host"]
            await _ask(PORT + 1)
            writer.write(f"{host} {settings['key']}\n".encode())
        writer.close()

    async def reload() -> None:
        await asyncio.sleep(0.010)
        settings.update(host="b", key="of b")

    async with await _serve(handle), await _serve(_echo, PORT + 1):
        answer, _ = await asyncio.gather(_ask(), reload())
    assert answer in {b"a of a\n", b"b of b\n"}, answer


async def late_job() -> None:
    """A job of a thread ends after whoever waited has given up, and says so to nobody."""
    done: list[str] = []
    loop = asyncio.get_running_loop()

    job = loop.run_in_executor(None, partial(done.append, "job"))
    job.add_done_callback(lambda _: done.append("told"))
    loop.call_later(0.010, lambda: done.append("gave up"))
    await asyncio.sleep(0.050)
    assert done.index("told") < done.index("gave up"), done


async def early_stop() -> None:
    """A worker stops when its queue is empty, though more is to come."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    worked: list[int] = []

    async def produce() -> None:
        for number in range(3):
            await _ask(PORT, b"%d\n" % number)
            queue.put_nowait(number)

    async def work() -> None:
        await asyncio.sleep(0.010)
        while not queue.empty():
            worked.append(queue.get_nowait())

    async with await _serve(_echo):
        await asyncio.gather(produce(), work())
    assert worked == [0, 1, 2], worked


RACES = {
    function.__name__: function
    for function in (
        init_order,
        check_then_act,
        close_in_flight,
        lost_wakeup,
        abba,
        depth,
        starvation,
        permutation,
        double_delivery,
        torn_reload,
        late_job,
        early_stop,
    )
}
