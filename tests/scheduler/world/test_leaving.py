"""Who leaves the process leaves the run: it ends there and then, with a verdict, and the process goes on."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import detrun


@pytest.mark.parametrize(("status", "outcome", "exit_code"), [(0, "ok", 0), (7, "failed", 7), (-1, "failed", 255)])
def test_a_run_ends_with_the_status(status: int, outcome: str, exit_code: int) -> None:
    async def main() -> None:
        await asyncio.sleep(1)
        os._exit(status)

    run = detrun.run(main)

    assert (run.outcome, run.exit_code, round(run.virtual_seconds)) == (outcome, exit_code, 1)
    if run.failure is not None:
        assert (run.failure.kind, run.failure.message) == ("exit", f"left by os._exit({status})")
        assert "os._exit(status)" in str(run.failure.where)


def _from_a_task(say: Callable[[str], None]) -> None:
    async def leaver() -> None:
        os._exit(3)

    async def main() -> None:
        task = asyncio.create_task(leaver())
        await asyncio.sleep(1)
        say(f"awaits {task}")

    asyncio.run(main())


def _from_a_callback(say: Callable[[str], None]) -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(os._exit, 3)
        await asyncio.sleep(1)
        say("slept")

    asyncio.run(main())


def _from_a_thread(say: Callable[[str], None]) -> None:
    thread = threading.Thread(target=os._exit, args=(3,))
    thread.start()
    thread.join()
    say("joined")


def _from_a_job(say: Callable[[str], None]) -> None:
    async def main() -> None:
        await asyncio.gather(asyncio.to_thread(os._exit, 3), return_exceptions=True)
        say("awaited")

    asyncio.run(main())


def _beside_a_thread(say: Callable[[str], None]) -> None:
    def sleep() -> None:
        time.sleep(1)
        say("slept")

    threading.Thread(target=sleep).start()
    os._exit(3)


PLACES = [_from_a_task, _from_a_callback, _from_a_thread, _from_a_job, _beside_a_thread]


@pytest.mark.parametrize("program", PLACES, ids=lambda program: program.__name__)
def test_nothing_goes_on_wherever_it_is_left(program: Callable[[Callable[[str], None]], None]) -> None:
    said: list[str] = []

    runs = [detrun.run(lambda: program(said.append)) for _ in range(2)]

    assert [(run.outcome, run.exit_code) for run in runs] == [("failed", 3)] * 2
    assert runs[0].digest == runs[1].digest
    assert said == []


@pytest.mark.parametrize("status", ["1", None, 1.5])
def test_what_is_no_number_is_no_status(status: Any) -> None:
    def main() -> None:
        with pytest.raises(TypeError):
            os._exit(status)

    assert detrun.run(main).outcome == "ok"


def test_a_process_is_left_outside_of_a_run() -> None:
    detrun.run(lambda: None)
    child = os.fork()
    if child == 0:
        os._exit(9)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
