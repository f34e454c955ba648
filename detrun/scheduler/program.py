"""Running a plain asyncio program in a simulation, from its first call to what became of it."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import time
from typing import TYPE_CHECKING, Any

from detrun.errors import Divergence, JournalError, UsageError
from detrun.model import Run, hexadecimal
from detrun.scheduler import garbage
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.catch import active, new_loop
from detrun.scheduler.claims import objection
from detrun.scheduler.clock import BIRTHDAY
from detrun.scheduler.engine import Engine
from detrun.scheduler.interrupts import interrupted, interruptible
from detrun.scheduler.limits import SECONDS, STEPS, Limits
from detrun.scheduler.strategies import named
from detrun.scheduler.verdict import judged, objected
from detrun.scheduler.world.world import World, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from datetime import datetime

    from detrun.scheduler.loop import Loop
    from detrun.scheduler.record import Record
    from detrun.scheduler.strategies.strategy import Strategy

# What may be permuted: what the environment orders, what the interpreter does in between, and what asyncio promises.
LEVELS = (1, 2, 3)


def run(
    main: Callable[[], Any],
    *,
    seed: int = 0,
    strategy: str | Strategy = "random",
    max_steps: int = STEPS,
    max_time: float = SECONDS,
    faults: Iterable[str] = (),
    start_time: str | datetime | None = None,
    entropy: str = "seeded",
    level: int = 1,
    strict: bool = False,
    leaks: bool = False,
    record: Record | None = None,
) -> Run:
    """Run a program on deterministic loops in virtual time: an async function, or one that starts its own loops.

    What the program raises becomes part of the result; only a user's `KeyboardInterrupt` goes on. `strategy` may be an
    object. `faults` names what may go wrong in the network. `start_time` is when the program believes to begin, and
    `entropy` says where randomness comes from: the seed ("seeded"), a fixed seed ("fixed") or the operating system
    ("real"). At `level` 2 the strategy also decides when garbage is collected. `strict` has a run fail
    by exceptions, too, that nobody retrieves or that a callback raises, `leaks` moreover by tasks and connections that
    are left when the program ends. `record` learns what happens.
    """
    if not callable(main):
        raise UsageError(f"expected a function that is the program, got {main!r}; give it uncalled")
    answers = named(strategy, seed) if isinstance(strategy, str) else strategy
    if level not in LEVELS:
        raise UsageError(f"expected a level of 1, 2 or 3, got {level!r}")
    if level >= garbage.LEVEL:
        garbage.tidy()
    world = World(BIRTHDAY if start_time is None else moment(start_time), entropy, seed)
    engine = Engine(answers, Limits(max_steps, max_time), faults, world, level=level, record=record)
    engine.claims.leaks = leaks
    name = strategy if isinstance(strategy, str) else type(strategy).__name__.lower()
    return finished(engine, main, seed=seed, strategy=name, entropy=entropy, strict=strict or leaks)


def finished(
    engine: Engine, main: Callable[[], Any], *, seed: int, strategy: str, entropy: str, strict: bool = False
) -> Run:
    """Run a program in an engine that has not begun, up to the end; what became of it."""
    began = time.perf_counter()
    value, error = ended(engine, main)
    wall_seconds = time.perf_counter() - began
    complaint = objection(engine.claims, error, strict=strict)
    outcome, failure, exit_code = judged(error) if complaint is None else objected(complaint)
    if complaint is not None:
        error = complaint.error or AssertionError(complaint.message)
    return Run(
        seed=seed,
        strategy=strategy,
        outcome=outcome,
        failure=failure,
        exit_code=exit_code,
        steps=engine.trace.step,
        virtual_seconds=engine.clock.elapsed,
        wall_seconds=wall_seconds,
        digest=hexadecimal(engine.trace.fingerprint()),
        journal=None,
        decisions=tuple(engine.trace.decisions),
        faults=dict(engine.faults.happened),
        value=value,
        error=error if failure is not None else None,
        entropy=entropy,
    )


def ended(engine: Engine, main: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """What the program returned, or what ended it; raises in a program that is run itself."""
    if ACTIVE.engine is not None:
        raise UsageError(
            "expected one run at a time in a thread, got a run inside a run; await the inner program instead"
        )
    try:
        with active(engine):
            # A copy: context variables that the program sets are gone with it.
            value = contextvars.copy_context().run(_call, engine, main)
            if not engine.killed:
                engine.baton.finish()
                engine.claims.settle()
                if engine._network is not None:
                    engine.claims.find_open(engine._network.open_files())
            engine.claims.find_unretrieved(engine.contexts)
        engine.end()
    except (Divergence, JournalError):
        raise
    except BaseException as error:
        if interrupted(engine, error):
            raise KeyboardInterrupt from error
        return None, engine.error or error
    if interrupted(engine, None):
        raise KeyboardInterrupt  # which the program took for its own
    return value, engine.error


def _call(engine: Engine, main: Callable[[], Any]) -> Any:
    result = main()
    if inspect.isasyncgen(result):
        raise UsageError(f"expected a program that ends, got the asynchronous generator {main!r}: it has a `yield`")
    if inspect.isawaitable(result):
        return _awaited(engine, new_loop(engine), _coroutine(result))
    return result


def _coroutine(awaitable: Any) -> Coroutine[Any, Any, Any]:
    async def wait() -> Any:
        return await awaitable

    return awaitable if inspect.iscoroutine(awaitable) else wait()


def _awaited(engine: Engine, loop: Loop, main: Coroutine[Any, Any, Any]) -> Any:
    # What `asyncio.run` does, at half its price: that is most of what a short run costs.
    task = loop.create_task(main)
    try:
        return interruptible(engine, task)
    finally:
        try:
            _cancel_tasks(loop)
            # With nothing left that could happen, asyncio's two shutdowns would only turn the loop over.
            if loop.ready or loop.generators.alive or engine.clock.earliest() is not None or not engine.idle():
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()


def _cancel_tasks(loop: Loop) -> None:
    tasks = loop.unfinished()
    if not tasks:
        return
    loop.home.engine.claims.leave(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            message = "unhandled exception during shutdown"
            loop.call_exception_handler({"message": message, "exception": error, "task": task})
