"""Signals of a run: sent, blocked, handled and died of there, while the process keeps its own."""

from __future__ import annotations

import _thread
import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from signal import SIG_BLOCK, SIG_DFL, SIG_IGN, SIG_UNBLOCK, SIGCHLD, SIGINT, SIGKILL, SIGTERM, SIGTSTP, SIGUSR1
from types import FrameType
from typing import Any

import pytest

import detrun

WAYS: dict[str, Callable[[Any], None]] = {
    "raise_signal": signal.raise_signal,
    "kill": lambda number: os.kill(os.getpid(), number),
    "pthread_kill": lambda number: signal.pthread_kill(threading.get_ident(), number),
    "interrupt_main": _thread.interrupt_main,
}


def process() -> list[object]:
    """What a process has of signals."""
    numbers = signal.valid_signals() - {SIGKILL, signal.SIGSTOP}
    fd = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(fd)
    mask = signal.pthread_sigmask(SIG_BLOCK, [])
    return [{number: signal.getsignal(number) for number in numbers}, fd, mask, signal.getitimer(signal.ITIMER_REAL)]


def test_a_run_begins_as_python_begins_and_leaves_the_process_as_it_was() -> None:
    def main() -> None:
        began.append(process())
        for number in (SIGINT, SIGTERM, signal.SIGALRM):
            signal.signal(number, print)
        pair = socket.socketpair()
        signal.set_wakeup_fd(pair[0].fileno())
        signal.pthread_sigmask(SIG_BLOCK, [SIGTERM])
        signal.setitimer(signal.ITIMER_REAL, 100)

    began: list[list[object]] = []
    outside = signal.signal(SIGUSR1, print)
    try:
        before = process()
        detrun.run(main).result()
        assert process() == before
    finally:
        signal.signal(SIGUSR1, outside)
    handlers: Any = began[0][0]
    assert began[0][1:] == [-1, set(), (0.0, 0.0)]
    assert (handlers[SIGINT], handlers[SIGUSR1]) == (signal.default_int_handler, SIG_DFL)
    assert handlers[signal.SIGPIPE] == SIG_IGN


@pytest.mark.parametrize("way", WAYS)
def test_a_handler_is_called_at_once_with_the_frame_that_it_interrupts(way: str) -> None:
    def main() -> list[object]:
        def handle(number: int, frame: FrameType | None) -> None:
            assert frame is not None
            seen.extend([number, frame.f_code.co_filename == __file__])

        seen: list[object] = []
        assert signal.signal(SIGUSR1, handle) == SIG_DFL
        assert signal.getsignal(SIGUSR1) is handle
        WAYS[way](SIGUSR1)
        return [*seen, "behind"]

    assert detrun.run(main).result() == [SIGUSR1, True, "behind"]


@pytest.mark.parametrize(
    ("number", "exit_code"), [(SIGTERM, 143), (SIGKILL, 137), (signal.SIGALRM, 142), (SIGUSR1, 128 + SIGUSR1)]
)
@pytest.mark.parametrize("way", ["kill", "raise_signal"])
def test_a_signal_that_nobody_handles_ends_the_program(way: str, number: int, exit_code: int) -> None:
    async def others() -> None:
        await asyncio.sleep(1)
        log.append("went on")

    async def main() -> None:
        tasks = [asyncio.create_task(others()) for _ in range(3)]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(others()))
        WAYS[way](number)

    for program in (main, lambda: asyncio.run(main())):
        log: list[str] = []
        run = detrun.run(program)
        assert run.failure is not None
        assert (run.outcome, run.failure.kind, run.exit_code) == ("failed", "signal", exit_code)
        assert run.failure.message == f"killed by {signal.Signals(number).name}"
        assert log == []


def test_whoever_will_not_die_is_dead_all_the_same() -> None:
    def main() -> str:
        with suppress(BaseException):
            signal.raise_signal(SIGTERM)
        with pytest.raises(SystemExit):
            asyncio.run(asyncio.sleep(1))
        return "alive"

    run = detrun.run(main)

    assert (run.exit_code, run.value, run.steps) == (143, "alive", 0)


@pytest.mark.parametrize(
    ("number", "handler"),
    [(SIGCHLD, SIG_DFL), (signal.SIGWINCH, SIG_DFL), (signal.SIGURG, SIG_DFL), (SIGTERM, SIG_IGN), (SIGINT, SIG_IGN)],
)
def test_what_is_ignored_or_does_nothing_by_default_does_nothing(number: int, handler: Any) -> None:
    def main() -> str:
        signal.signal(number, handler)
        signal.raise_signal(number)
        return "on"

    assert detrun.run(main).result() == "on"


@pytest.mark.parametrize(
    "reach",
    [
        lambda: os.kill(1, SIGTERM),
        lambda: os.kill(0, SIGTERM),
        lambda: os.killpg(1, SIGTERM),
        lambda: signal.pthread_kill(999, SIGTERM),
        lambda: signal.raise_signal(SIGTSTP),
        lambda: signal.set_wakeup_fd(1),
        lambda: signal.sigwaitinfo([SIGTERM]),
        signal.pause,
    ],
)
def test_what_would_reach_others_or_wait_for_them_is_forbidden(reach: Callable[[], Any]) -> None:
    run = detrun.run(reach)

    assert run.failure is not None
    assert run.failure.kind == "forbidden"


@pytest.mark.parametrize(
    ("ask", "objection"),
    [
        (lambda: signal.signal(SIGKILL, print), OSError),
        (lambda: signal.signal(1_000, print), ValueError),
        (lambda: signal.signal(SIGTERM, 5), TypeError),
        (lambda: signal.getsignal(0), ValueError),
        (lambda: signal.raise_signal(1_000), OSError),
        (lambda: signal.set_wakeup_fd(1_999_999), OSError),
        (lambda: signal.setitimer(99, 1), signal.ItimerError),
        (lambda: signal.setitimer(signal.ITIMER_REAL, -1), signal.ItimerError),
        (lambda: signal.pthread_sigmask(99, [SIGTERM]), OSError),
    ],
)
def test_what_the_module_objects_to_is_objected_to(ask: Callable[[], Any], objection: type[Exception]) -> None:
    def main() -> None:
        with pytest.raises(objection):
            ask()

    main()
    detrun.run(main).result()


def test_a_blocked_signal_waits_until_it_is_let_through_or_taken() -> None:
    def main() -> list[object]:
        seen: list[object] = []
        signal.signal(SIGUSR1, lambda number, _: seen.append(number))
        signal.signal(SIGTERM, lambda number, _: seen.append(number))
        seen.append(signal.pthread_sigmask(SIG_BLOCK, [SIGUSR1, SIGTERM]))
        for number in (SIGTERM, SIGUSR1, SIGUSR1):
            signal.raise_signal(number)
        seen.append(signal.sigpending())
        seen.append(signal.sigwait([SIGTERM]))
        signal.pthread_sigmask(SIG_UNBLOCK, [SIGUSR1])
        return seen

    assert detrun.run(main).result() == [set(), {SIGUSR1, SIGTERM}, SIGTERM, SIGUSR1]


# Interrupts.


def works(log: list[str]) -> Any:
    async def main() -> None:
        asyncio.get_running_loop().call_later(0.5, signal.raise_signal, SIGINT)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    return main


@pytest.mark.parametrize("runner", [False, True])
def test_an_interrupt_cancels_the_main_task_and_is_the_outcome(*, runner: bool) -> None:
    log: list[str] = []

    run = detrun.run((lambda: asyncio.run(works(log)())) if runner else works(log))

    assert run.failure is not None
    assert (log, run.failure.kind, run.exit_code) == (["cancelled"], "signal", 130)
    assert isinstance(run.error, KeyboardInterrupt)


def test_a_program_that_takes_its_interrupt_well_ends_well() -> None:
    def main() -> str:
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(works([])())
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(SIGINT)
        return "bye"

    assert detrun.run(main).result() == "bye"


def test_a_second_interrupt_strikes_wherever_the_program_is() -> None:
    async def main() -> None:
        signal.raise_signal(SIGINT)
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            signal.raise_signal(SIGINT)

    run = detrun.run(main)

    assert run.failure is not None
    assert (run.failure.kind, run.failure.where and "raise_signal" in run.failure.where) == ("signal", True)


def test_a_task_that_survives_its_interrupt_gives_its_result() -> None:
    async def main() -> str:
        signal.raise_signal(SIGINT)
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            return "saved"
        return "not interrupted"

    assert detrun.run(main).result() == "saved"
    assert detrun.run(lambda: asyncio.run(main())).result() == "saved"


@pytest.mark.parametrize("swallow", [False, True])
def test_an_interrupt_by_the_user_goes_on_out_whatever_the_program_does_with_it(*, swallow: bool) -> None:
    real: Any = signal.default_int_handler

    def main() -> None:
        try:
            # As the interpreter does between two bytecodes, when somebody hits Ctrl-C.
            real(SIGINT, None)
        except KeyboardInterrupt:
            if not swallow:
                raise

    with pytest.raises(KeyboardInterrupt):
        detrun.run(main)


# Loops.


def test_a_loop_is_told_of_signals_by_an_event() -> None:
    async def main() -> list[object]:
        loop, log = asyncio.get_running_loop(), list[object]()
        stop = asyncio.Event()
        loop.add_signal_handler(SIGTERM, log.append, "handled")
        loop.add_signal_handler(SIGUSR1, stop.set)
        os.kill(os.getpid(), SIGTERM)
        log.append("sent")
        os.kill(os.getpid(), SIGUSR1)
        await stop.wait()
        log.extend(loop.remove_signal_handler(SIGTERM) for _ in range(2))
        return [*log, signal.getsignal(SIGTERM)]

    assert detrun.run(main, strategy="default").result() == ["sent", "handled", True, False, SIG_DFL]


def test_when_a_loop_learns_of_a_signal_is_chosen_and_repeats() -> None:
    async def main() -> int:
        loop, done, count = asyncio.get_running_loop(), asyncio.Event(), 0
        loop.add_signal_handler(SIGTERM, done.set)
        signal.raise_signal(SIGTERM)
        while not done.is_set():
            count += 1
            await asyncio.sleep(0)
        return count

    runs = [detrun.run(main, seed=seed) for seed in range(20)]

    assert detrun.run(main, strategy="default").value == 3  # as on stock asyncio
    assert len({run.value for run in runs}) > 3
    for run in runs:
        again = detrun.run(main, strategy=detrun.Recorded(run.decisions))
        assert (again.digest, again.value) == (run.digest, run.value)


def test_to_remove_the_handler_of_an_interrupt_restores_what_python_does() -> None:
    async def main() -> list[object]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(SIGINT, print)
        handled = signal.getsignal(SIGINT)
        loop.remove_signal_handler(SIGINT)
        return [handled is signal.default_int_handler, signal.getsignal(SIGINT) is signal.default_int_handler]

    assert detrun.run(main).result() == [False, True]


def test_a_loop_that_is_closed_handles_no_signal() -> None:
    def main() -> list[object]:
        loop = asyncio.new_event_loop()
        loop.add_signal_handler(SIGTERM, print)
        loop.close()
        return [signal.getsignal(SIGTERM), signal.set_wakeup_fd(-1)]

    assert detrun.run(main).result() == [SIG_DFL, -1]


def test_a_loop_that_outlives_its_run_leaves_the_process_alone() -> None:
    def main() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.add_signal_handler(SIGTERM, print)
        return loop

    before = process()
    loop = detrun.run(main).result()
    loop.close()
    assert process() == before


def test_what_a_handler_of_a_loop_raises_is_reported() -> None:
    async def main() -> list[str]:
        loop, log = asyncio.get_running_loop(), list[str]()
        loop.set_exception_handler(lambda _, report: log.append(str(report["exception"])))
        loop.add_signal_handler(SIGTERM, int, "x")
        signal.raise_signal(SIGTERM)
        await asyncio.sleep(1)
        return log

    assert detrun.run(main).result() == ["invalid literal for int() with base 10: 'x'"]


def test_a_program_may_be_woken_by_a_socket_of_its_own() -> None:
    async def main() -> bytes:
        reading, writing = socket.socketpair()
        reading.settimeout(0)
        writing.settimeout(0)
        signal.signal(SIGUSR1, lambda *_: None)
        assert signal.set_wakeup_fd(writing.fileno()) == -1
        signal.raise_signal(SIGUSR1)
        return await asyncio.get_running_loop().sock_recv(reading, 9)

    assert detrun.run(main).result() == bytes([SIGUSR1])


# Threads.


def test_only_the_main_thread_has_to_do_with_signals() -> None:
    async def main() -> None:
        for ask in (lambda: signal.signal(SIGTERM, print), lambda: signal.set_wakeup_fd(-1)):
            with pytest.raises(ValueError, match="signal only works in main thread"):
                await asyncio.to_thread(ask)
        with pytest.raises(detrun.Forbidden, match="from another thread"):
            await asyncio.to_thread(signal.raise_signal, SIGTERM)

    detrun.run(main).result()


def test_a_program_that_is_killed_does_not_wait_for_its_threads() -> None:
    def main() -> None:
        threading.Thread(target=time.sleep, args=(3600,)).start()
        signal.raise_signal(SIGTERM)

    run = detrun.run(main)

    assert (run.exit_code, run.virtual_seconds < 1) == (143, True)
