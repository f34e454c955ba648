"""Writing a failure down as a script for stock asyncio, which knows nothing of detrun; and trying it."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.errors import UsageError
from detrun.explore import stock
from detrun.explore.watching import THREAD, Watching
from detrun.scheduler.contexts import Program
from detrun.scheduler.hooks import hooked
from detrun.scheduler.network.readiness import Readiness
from detrun.scheduler.network.sockets import Socket
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.world.entropy import MODULE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from detrun.explore.emitting import Subject
    from detrun.explore.trial import Trials
    from detrun.model import Plan
    from detrun.scheduler.contexts import Context
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.strategies.strategy import Strategy

# More than so many iterations make no script that anybody reads.
_MOST = 20_000
# How long the script may take when it is tried, in seconds.
_PATIENCE = 60
_FAILED = 1


class Told(msgspec.Struct):
    """What stock asyncio is told: iterations with the clock and who is ready, and what each socket gives."""

    iterations: list[tuple[int, list[tuple[int, int]]]] = []
    results: dict[int, list[int]] = {}


class Dictation(Watching):
    """Answers as another strategy does, and takes down what the loop was given."""

    def __init__(self, inner: Strategy) -> None:
        super().__init__(inner)
        self.told = Told()
        self.problem: str | None = None
        self._ready: list[tuple[int, int]] = []
        self._numbers: dict[int, int] = {}
        self._over = False

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        self._clock = engine.clock
        engine.trace.newcomers.append(self._meet)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take down what sockets do meanwhile."""
        with hooked(
            (Readiness, Readiness.queue, self._queue),
            (Socket, Socket.__init__, self._make),
            (Socket, Socket.accept, self._accept),
            (Socket, Socket.recvfrom, self._receive),
        ):
            yield

    def _meet(self, context: Context) -> None:
        if not isinstance(context, Program) or self.told.iterations:
            self.problem = self.problem or "it has several loops"
            return
        loop = context.loop
        iterate = loop.iterate

        def told() -> int:
            if not self._over:
                self.told.iterations.append((self._clock.now, self._ready))
                self._ready = []
            made = iterate()
            # What the program's loop does when it runs once more is not what failed.
            self._over = self._over or loop.stopping
            return made

        vars(loop)["iterate"] = told

    def _queue(self, real: Callable[..., None], readiness: Any, handle: Any, file: Any) -> None:
        if handle not in readiness.fired:
            fd, mask = _interest(readiness, handle)
            self._ready.append((self._numbers.get(fd, 0), mask))
        real(readiness, handle, file)

    def _make(self, real: Callable[..., None], made: Any, *arguments: Any, **options: Any) -> None:
        real(made, *arguments, **options)
        self._numbers[made.fileno()] = len(self._numbers) + 1

    def _accept(self, real: Callable[..., Any], made: Any) -> Any:
        return self._noted(made, lambda: real(made), lambda _: 1)

    def _receive(self, real: Callable[..., Any], made: Any, *arguments: Any) -> Any:
        return self._noted(made, lambda: real(made, *arguments), lambda result: len(result[0]))

    def _noted(self, made: Any, call: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        results = self.told.results.setdefault(self._numbers.get(made.fileno(), 0), [])
        place = len(results)
        results.append(stock.ANYTHING)
        try:
            result = call()
        except BlockingIOError:
            results[place] = stock.EAGAIN
            raise
        results[place] = size(result)
        return result


def _interest(readiness: Any, handle: Any) -> tuple[int, int]:
    """The descriptor that a callback is for, and whether it reads or writes."""
    for fd, key in readiness.get_map().items():
        if key.data is not None and handle in key.data:
            return fd, EVENT_READ if key.data[0] is handle else EVENT_WRITE
    return 0, 0


def write(path: Path, trials: Trials, plan: Plan, subject: Subject) -> str | None:
    """Write a script that fails on stock asyncio as the plan does; why there is none, if there is none."""
    problem, told = _told(trials, plan)
    if problem is not None:
        return problem
    folder = os.path.dirname(os.path.abspath(path))
    try:
        path.write_text(_source(told, plan, subject, os.path.relpath(subject.directory, folder)))
    except OSError as error:
        raise UsageError(f"expected a file to write a script to, got {os.fspath(path)!r}: {error}") from error
    problem = _tried(path, subject)
    if problem is not None:
        path.unlink()
    return problem


def _told(trials: Trials, plan: Plan) -> tuple[str | None, Told]:
    if plan.without:
        # What is left out is another program; the orders may do it in the whole one as well.
        if trials(plan.whole).signature != trials(plan).signature:
            return "it takes another order where nothing is left out of the program", Told()
        plan = plan.whole
    if plan.faults:
        return "something goes wrong in the network, which no machine can be told to do", Told()
    dictation = Dictation(Holds.of(plan))
    with dictation.listening():
        attempt = trials.attempts(plan.level).attempt(dictation, entropy=plan.entropy, kinds=plan.kinds)
    if THREAD in dictation.kinds.values():
        return "it has threads", dictation.told
    if attempt.signature is None or attempt.signature.kind not in {"exception", "stuck", "exit"}:
        return "it does not end by what it fails of", dictation.told
    if len(dictation.told.iterations) > _MOST:
        return f"it takes more than {_MOST:,} iterations", dictation.told
    return dictation.problem, dictation.told


def _source(told: Told, plan: Plan, subject: Subject, root: str) -> str:
    """The text of the script."""
    body = inspect.getsource(stock).partition('"""\n')[2].replace("from __future__ import annotations\n", "", 1)
    iterations = "".join(f"    {iteration},\n" for iteration in told.iterations)
    results = "".join(f"    {number}: {each},\n" for number, each in told.results.items())
    sentence = subject.sentence.replace("\\", "\\\\").replace('"""', "'''")
    return (
        f'"""{sentence[:1].upper()}{sentence[1:]}.\n\n'
        "Shows that on stock asyncio: Python's own event loop, told what its clock reads and when which socket is\n"
        f'ready. It ends with the failure, and with status 1. Written by detrun, which it does not need.\n"""\n'
        f"\nfrom __future__ import annotations\n{body}\n\n"
        f"# The clock at each iteration, in nanoseconds, and who is ready: the number of a socket, and for what.\n"
        f"ITERATIONS = [\n{iterations}]\n"
        f"# How much each read and accept of each socket gives; {stock.EAGAIN} is nothing yet.\n"
        f"RESULTS = {{\n{results}}}\n\n"
        'if __name__ == "__main__":\n'
        f"    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), {root!r}))\n"
        f"    play({subject.target!r}, {list(subject.arguments)!r}, {plan.entropy << 3 | MODULE}, "
        "ITERATIONS, RESULTS)\n"
    )


def _tried(path: Path, subject: Subject) -> str | None:
    """What is wrong with the script, if it does not fail as it should."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        ended = subprocess.run(
            [sys.executable, os.fspath(path)],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return f"the script was not done after {_PATIENCE} s"
    if ended.returncode != _FAILED or (subject.failure not in ended.stderr and "Silence" not in ended.stderr):
        last = (ended.stderr.strip().splitlines() or ["nothing was said"])[-1]
        return f"the script did not fail in that way: status {ended.returncode}, {last}"
    return None
