"""How runs with threads end: whoever waits for ever is named, and nothing of a run outlives it."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import detrun


def deadlock() -> Callable[[], object]:
    first, second, third = threading.Lock(), threading.Lock(), threading.Lock()

    def take(one: threading.Lock, other: threading.Lock) -> None:
        with one:
            time.sleep(0.01)
            with other:
                pass

    async def main() -> None:
        for name, locks in (("one", (first, second)), ("two", (second, third))):
            threading.Thread(target=take, args=locks, name=name).start()
        with third:
            time.sleep(0.02)
            with first:
                pass

    return main


def test_a_deadlock_of_two_threads_and_the_loop_names_all_three() -> None:
    failure = detrun.run(deadlock(), strategy="default").failure

    assert failure is not None
    assert failure.kind == "stuck"
    assert "main thread waits for a lock that one has" in failure.message
    assert "one waits for a lock that two has" in failure.message
    assert "two waits for a lock that main thread has" in failure.message
    assert failure.message.count("in take: with other:") == 2
    assert "in main: with first:" in failure.message


def test_some_schedules_of_a_lock_order_deadlock_end_well() -> None:
    def main() -> None:
        locks, begin = (threading.Lock(), threading.Lock()), threading.Event()

        def take(one: threading.Lock, other: threading.Lock) -> None:
            begin.wait()
            with one, other:
                pass

        threads = [threading.Thread(target=take, args=order) for order in (locks, locks[::-1])]
        for thread in threads:
            thread.start()
        begin.set()
        for thread in threads:
            thread.join()

    outcomes = [detrun.run(main, seed=seed).outcome for seed in range(200)]

    assert set(outcomes) == {"ok", "stuck"}


def test_the_loop_that_waits_for_a_thread_that_waits_for_the_loop_is_stuck() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            pool.submit(lambda: asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()).result()

    failure = detrun.run(main).failure

    assert failure is not None
    assert "main thread waits to be notified" in failure.message
    assert "ThreadPoolExecutor-0_0 waits to be notified" in failure.message


def test_a_lock_taken_twice_in_one_thread_is_stuck() -> None:
    def main() -> None:
        lock = threading.Lock()
        with lock, lock:
            pass

    assert detrun.run(main).outcome == "stuck"


def test_a_program_ends_when_its_threads_have() -> None:
    assert detrun.run(lambda: threading.Thread(target=time.sleep, args=(5,)).start()).virtual_seconds >= 5


def test_a_thread_that_never_ends_keeps_the_program_from_ending() -> None:
    failure = detrun.run(lambda: threading.Thread(target=queue.Queue[int]().get).start()).failure

    assert failure is not None
    assert "main thread waits for the end of Thread-1 (get)" in failure.message


def test_a_daemon_is_not_waited_for() -> None:
    assert detrun.run(lambda: threading.Thread(target=queue.Queue[int]().get, daemon=True).start()).outcome == "ok"


def test_a_pool_that_nobody_shuts_down_does_what_it_was_given() -> None:
    done: list[int] = []

    def work(n: int) -> None:
        time.sleep(1)
        done.append(n)

    def main() -> None:
        pool = ThreadPoolExecutor(1)
        for n in range(3):
            pool.submit(work, n)

    assert detrun.run(main).outcome == "ok"
    assert done == [0, 1, 2]


def test_a_program_that_fails_leaves_no_thread_behind(capfd: pytest.CaptureFixture[str]) -> None:
    unwound = []

    def wait() -> None:
        try:
            threading.Event().wait()
        finally:
            unwound.append(True)

    def main() -> None:
        threading.Thread(target=wait).start()
        raise ValueError("no")

    before = threading.enumerate(), _thread._count()
    failure = detrun.run(main).failure

    assert failure is not None
    assert failure.message == "ValueError: no"
    assert unwound == [True]
    assert (threading.enumerate(), _thread._count()) == before
    assert capfd.readouterr().err == ""


def test_threads_that_are_abandoned_in_each_others_way_say_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        changed = threading.Condition()

        def wait() -> None:
            with changed:
                changed.wait()

        def hold() -> None:
            with changed:
                threading.Event().wait()

        for target in (wait, hold):
            threading.Thread(target=target).start()
        time.sleep(1)
        raise ValueError("no")

    before = threading.enumerate(), _thread._count()
    failure = detrun.run(main).failure

    assert failure is not None
    assert (threading.enumerate(), _thread._count()) == before
    assert capfd.readouterr().err == ""


def test_a_thread_that_goes_on_for_ever_meets_the_limit() -> None:
    def spin() -> None:
        while True:
            time.sleep(0.001)

    run = detrun.run(lambda: threading.Thread(target=spin).start(), max_steps=1000)

    assert run.outcome == "limit"
    assert threading.active_count() == len(threading.enumerate())


def test_a_thread_that_will_not_end_is_left_where_it_stands() -> None:
    def stubborn() -> None:
        while True:
            with contextlib.suppress(BaseException):
                threading.Event().wait()

    run = detrun.run(lambda: threading.Thread(target=stubborn, daemon=True).start())

    assert run.outcome == "ok"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_says_so_and_ends_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError("in a thread")

    def main() -> str:
        threading.Thread(target=fail).start()
        _thread.start_new_thread(fail, ())
        time.sleep(1)
        return "went on"

    assert detrun.run(main).result() == "went on"


_INTERRUPTED = """
import threading, time, sys
def spin():
    print("spinning", flush=True)
    while True: threading.Lock().acquire()
def main():
    threading.Thread(target=spin, daemon=True).start()
    {wait}
"""


@pytest.mark.parametrize("wait", ["threading.Event().wait()", "time.sleep(1e6)"])
def test_the_users_interrupt_ends_a_run_whose_other_thread_never_waits(wait: str, tmp_path: object) -> None:
    program = os.path.join(str(tmp_path), "program.py")
    with open(program, "w") as file:
        file.write(_INTERRUPTED.format(wait=wait) + "main()\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "detrun", "run", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "spinning\n"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)

    assert process.returncode == 130, told


def test_threads_of_a_run_that_ends_anywhere_take_no_lock_from_each_other(
    monkeypatch: pytest.MonkeyPatch, untidy: None
) -> None:
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)

    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(time.sleep, number) for number in range(3)))

    steps = detrun.run(main).steps
    for bound in range(1, steps):
        detrun.run(main, max_steps=bound)

    assert not raised
