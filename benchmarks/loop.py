"""The deterministic loop beside stock asyncio, and uvloop where it is installed: `python -m benchmarks.loop [ROUNDS]`.

Every detrun arm runs in the simulated world with the random strategy, decisions and digest recorded.
"""

from __future__ import annotations

import asyncio
import importlib.util
import statistics
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import detrun
from benchmarks.harness import elapsed, interleaved, ratio, title
from detrun.scheduler import garbage
from detrun.scheduler.engine import Engine
from detrun.scheduler.strategies.random import Random

uvloop = importlib.import_module("uvloop") if importlib.util.find_spec("uvloop") else None
Program = Callable[[], Coroutine[Any, Any, None]]


async def hops(count: int = 100_000) -> None:
    loop, done = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    def hop(left: int) -> None:
        loop.call_soon(hop, left - 1) if left else done.set_result(None)

    hop(count)
    await done


async def switch(tasks: int, count: int = 100_000) -> None:
    async def switcher() -> None:
        for _ in range(count // tasks):
            await asyncio.sleep(0)

    await asyncio.gather(*(switcher() for _ in range(tasks)))


async def queue(count: int = 25_000) -> None:
    there, back = asyncio.Queue[int](), asyncio.Queue[int]()

    async def echo() -> None:
        for _ in range(count):
            back.put_nowait(await there.get())

    echoing = asyncio.create_task(echo())
    for number in range(count):
        there.put_nowait(number)
        await back.get()
    await echoing


async def calls(count: int = 20_000) -> None:
    loop = asyncio.get_running_loop()

    async def serve(reply: asyncio.Future[int]) -> None:
        reply.set_result(1)

    for _ in range(count):
        reply = loop.create_future()
        serving = loop.create_task(serve(reply))
        await reply
        await serving


async def spawn(count: int = 30_000) -> None:
    async def nothing() -> None:
        pass

    for _ in range(count // 100):
        await asyncio.gather(*(nothing() for _ in range(100)))


async def sleepers(count: int = 10_000) -> None:
    await asyncio.gather(*(asyncio.sleep(number % 100 / 10_000) for number in range(count)))


PROGRAMS: dict[str, tuple[Program, float | None]] = {
    "hops (call_soon)": (hops, 1.2),
    "switches, 2 tasks": (lambda: switch(2), 1.2),
    "switches, 100 tasks": (lambda: switch(100), 1.0),
    "queue ping-pong": (queue, 1.2),
    "calls (task and future)": (calls, 1.2),
    "spawn": (spawn, 1.0),
    "10,000 sleepers": (sleepers, 1.0),
}


def timed(program: Program, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> float:
    loop = new_loop()
    try:
        return elapsed(lambda: loop.run_until_complete(program()))
    finally:
        loop.close()


def simulated(program: Program) -> float:
    run = detrun.run(lambda: timed(program, asyncio.new_event_loop), max_steps=10**9)
    return float(run.result())


def compare(rounds: int) -> None:
    title("throughput as a multiple of stock asyncio's, median of ratios")
    print(f"{'':26}{'detrun':>8}{'uvloop':>8}{'target':>8}")
    for name, (program, target) in PROGRAMS.items():
        arms = {
            "stock": partial(timed, program, asyncio.SelectorEventLoop),
            "detrun": partial(simulated, program),
        }
        if uvloop is not None:
            arms["uvloop"] = partial(timed, program, uvloop.new_event_loop)
        seconds = interleaved(arms, rounds)
        figures = [f"{ratio(seconds['stock'], seconds[arm]):8.2f}" for arm in ("detrun", "uvloop") if arm in seconds]
        print(f"{name:26}{figures[0]}{figures[1] if len(figures) > 1 else '       -'}{target:8.1f}")


def messages(contexts: int, count: int = 20_000) -> float:
    """Seconds for a call back and forth between two contexts, with so many others idle."""
    engine = Engine(Random(0))
    idle = [engine.unit(f"idle-{number}") for number in range(contexts)]
    ping, pong = engine.unit("ping"), engine.unit("pong")

    def back(left: int) -> None:
        if left:
            there_channel.put(left - 1)

    back_channel = engine.channel(ping, "back", back)
    there_channel = engine.channel(pong, "there", back_channel.put)
    there_channel.put(count)

    def steps() -> None:
        while engine.advance():
            pass

    # As in a run: or each collection would walk all that is idle.
    before = garbage.hold_back()
    try:
        taken = elapsed(steps)
    finally:
        garbage.restore(*before)
    assert engine.trace.step == 2 * count + 2
    assert len(idle) == contexts
    return taken / engine.trace.step


def scale(rounds: int) -> None:
    title("cost of a step with idle contexts alive, as a multiple of the cost with 10")
    counts = (10, 1_000, 10_000)
    seconds = interleaved({str(count): partial(messages, count) for count in counts}, rounds)
    for count in counts:
        taken = seconds[str(count)]
        print(f"{count:>7,} contexts {1 / ratio(seconds['10'], taken):6.2f}   {statistics.median(taken) * 1e6:6.2f} us")


async def forty_steps() -> None:
    """Three workers that sleep and hand over a lock: forty steps."""
    lock = asyncio.Lock()

    async def worker(number: int) -> None:
        for _ in range(3):
            await asyncio.sleep(0.01 * number)
            async with lock:
                for _ in range(3):
                    await asyncio.sleep(0)

    await asyncio.gather(*(worker(number) for number in (1, 2, 3)))


def whole_runs(rounds: int, count: int = 500) -> None:
    title("complete runs of a 40-step program")
    steps = statistics.median(detrun.run(forty_steps, seed=seed).steps for seed in range(100))
    arms = {
        "detrun": lambda: elapsed(lambda: [detrun.run(forty_steps, seed=seed) for seed in range(count)]),
    }
    seconds = interleaved(arms, rounds)
    print(f"{count / statistics.median(seconds['detrun']):10,.0f} runs/s of {steps:.0f} steps (target 5,000)")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    compare(rounds)
    scale(rounds)
    whole_runs(rounds)


if __name__ == "__main__":
    main()
