"""What asyncio promises holds under every seed: programs that rely on it never fail, however their timers fall."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

import detrun

SEEDS = range(1_000)


async def noise(number: int) -> None:
    """Timers and turns that have nothing to do with the promise, but give the schedule its freedom."""
    for turn in range(4):
        await asyncio.sleep(0.004 + 0.003 * number + 0.001 * turn)
        for _ in range(number + turn):
            await asyncio.sleep(0)


def among_noise(promise: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(noise(number))
            await promise()

    main.__name__ = promise.__name__
    return main


async def callbacks_run_in_order() -> None:
    loop, log = asyncio.get_running_loop(), list[tuple[int, int]]()
    for round_ in range(5):
        for number in range(10):
            loop.call_soon(log.append, (round_, number))
        await asyncio.sleep(0.002)
    assert log == [(round_, number) for round_ in range(5) for number in range(10)]


def _log(log: list[int], number: int, _: object) -> None:
    log.append(number)


async def done_callbacks_run_in_order() -> None:
    future, log = asyncio.get_running_loop().create_future(), list[int]()
    for number in range(10):
        future.add_done_callback(partial(_log, log, number))
    await asyncio.sleep(0.005)
    future.set_result(None)
    await asyncio.sleep(0.005)
    assert log == list(range(10))


async def tasks_start_in_order_of_creation() -> None:
    log: list[int] = []

    async def started(number: int) -> None:
        log.append(number)

    for batch in range(3):
        tasks = [asyncio.create_task(started(10 * batch + number)) for number in range(10)]
        await asyncio.sleep(0.003)
        await asyncio.gather(*tasks)
    assert log == list(range(30))


async def a_lock_serves_in_order() -> None:
    lock, asked, served = asyncio.Lock(), [], []

    async def use(number: int) -> None:
        await asyncio.sleep(0.001 * (number % 3))
        asked.append(number)
        async with lock:
            served.append(number)
            await asyncio.sleep(0.002)

    await asyncio.gather(*(use(number) for number in range(8)))
    assert served == asked


async def a_semaphore_admits_no_more_than_it_should() -> None:
    semaphore, inside = asyncio.Semaphore(2), 0

    async def use() -> None:
        nonlocal inside
        async with semaphore:
            inside += 1
            assert inside <= 2
            await asyncio.sleep(0.003)
            inside -= 1

    await asyncio.gather(*(use() for _ in range(8)))


async def a_queue_serves_items_and_getters_in_order() -> None:
    queue, got = asyncio.Queue[int](maxsize=3), []

    async def get() -> None:
        for _ in range(10):
            got.append(await queue.get())
            await asyncio.sleep(0.001)
            queue.task_done()

    async def put() -> None:
        for number in range(20):
            await queue.put(number)
            await asyncio.sleep(0.0005 * (number % 3))

    async with asyncio.TaskGroup() as group:
        group.create_task(get())
        group.create_task(get())
        group.create_task(put())
    await queue.join()
    assert got == list(range(20))


async def timers_fire_in_order_of_their_deadlines() -> None:
    loop, fired = asyncio.get_running_loop(), list[float]()
    deadlines = [loop.time() + delay / 1000 for delay in (9, 3, 7, 1, 5, 11, 2, 8)]
    for deadline in deadlines:
        loop.call_at(deadline, fired.append, deadline)
    await asyncio.sleep(0.03)
    assert fired == sorted(deadlines)


async def a_sleep_is_never_too_short() -> None:
    loop = asyncio.get_running_loop()
    for delay in (0.001, 0.01, 0.0042, 0.02):
        began = loop.time()
        await asyncio.sleep(delay)
        assert loop.time() - began >= delay


async def a_timeout_spares_what_sleeps_less() -> None:
    async with asyncio.timeout(0.010):
        await asyncio.sleep(0.009)


async def gather_keeps_the_order_of_its_arguments() -> None:
    async def after(delay: float) -> float:
        await asyncio.sleep(delay)
        return delay

    delays = [0.009, 0.001, 0.005, 0.003]
    assert await asyncio.gather(*map(after, delays)) == delays


async def a_condition_wakes_all_and_each_holds_the_lock() -> None:
    condition, ready, woken = asyncio.Condition(), False, []

    async def wait(number: int) -> None:
        async with condition:
            await condition.wait_for(lambda: ready)
            assert condition.locked()
            woken.append(number)

    waiting = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0.004)
    async with condition:
        ready = True
        condition.notify_all()
    await asyncio.gather(*waiting)
    assert woken == list(range(5))


async def a_barrier_lets_all_through_together() -> None:
    barrier, arrived = asyncio.Barrier(4), 0

    async def arrive(number: int) -> None:
        nonlocal arrived
        await asyncio.sleep(0.002 * number)
        arrived += 1
        await barrier.wait()
        assert arrived == 4

    await asyncio.gather(*(arrive(number) for number in range(4)))


async def a_shielded_task_survives_its_waiter() -> None:
    inner = asyncio.create_task(asyncio.sleep(0.010, "done"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.002):
            await asyncio.shield(inner)
    assert await inner == "done"


PROMISES = [
    callbacks_run_in_order,
    done_callbacks_run_in_order,
    tasks_start_in_order_of_creation,
    a_lock_serves_in_order,
    a_semaphore_admits_no_more_than_it_should,
    a_queue_serves_items_and_getters_in_order,
    timers_fire_in_order_of_their_deadlines,
    a_sleep_is_never_too_short,
    a_timeout_spares_what_sleeps_less,
    gather_keeps_the_order_of_its_arguments,
    a_condition_wakes_all_and_each_holds_the_lock,
    a_barrier_lets_all_through_together,
    a_shielded_task_survives_its_waiter,
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_promise_holds_under_every_seed(promise: Callable[[], Awaitable[None]]) -> None:
    main, digests = among_noise(promise), set()
    for seed in SEEDS:
        run = detrun.run(main, seed=seed)
        assert run.outcome == "ok", f"seed {seed}: {run.failure}"
        digests.add(run.digest)

    assert len(digests) >= 300


def test_what_asyncio_does_not_promise_fails_under_some_seed() -> None:
    """The same noise breaks a program that relies on how long its turns take."""

    async def a_chain_of_turns_is_quicker_than_a_timer() -> None:
        fired: list[str] = []
        asyncio.get_running_loop().call_later(0.010, fired.append, "fired")
        for _ in range(5):
            await asyncio.sleep(0)
        assert not fired

    main = among_noise(a_chain_of_turns_is_quicker_than_a_timer)

    assert detrun.run(main, strategy="default").outcome == "ok"
    assert any(detrun.run(main, seed=seed).outcome == "failed" for seed in range(50))
