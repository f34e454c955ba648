"""A simulation has one process: every way to another is refused, where the program's line shows, and what to do."""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.scheduler.world import refused

FUNCTIONS = [name for names in refused._FUNCTIONS.values() for name in names.split() if hasattr(os, name)]
OTHERS: list[tuple[Callable[[], Any], str]] = [
    (lambda: subprocess.run(["true"], check=True), "subprocess.Popen()"),
    (lambda: subprocess.check_output("true", shell=True), "subprocess.Popen()"),
    (lambda: os.popen("true"), "subprocess.Popen()"),
    (lambda: os.spawnv(os.P_WAIT, "/bin/true", ["true"]), "os.fork()"),
    (lambda: os.execlp("true", "true"), "os.exec"),
    (lambda: multiprocessing.Process(target=print).start(), "multiprocessing.Process.start()"),
    (multiprocessing.Lock, "a lock of multiprocessing"),
    (multiprocessing.Queue, "multiprocessing.Queue()"),
    (multiprocessing.Pipe, "multiprocessing.Pipe()"),
    (lambda: concurrent.futures.ProcessPoolExecutor().submit(print), "ProcessPoolExecutor"),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_refused_by_name(name: str) -> None:
    failure = detrun.run(getattr(os, name)).failure

    assert failure is not None
    assert failure.kind == "forbidden"
    assert f" os.{name}() cannot be given to a program of a run: " in failure.message


@pytest.mark.parametrize(("call", "what"), OTHERS)
def test_what_stands_on_them_is_refused(call: Callable[[], Any], what: str) -> None:
    failure = detrun.run(call).failure

    assert failure is not None
    assert failure.kind == "forbidden"
    assert what in failure.message


def test_the_line_that_asked_is_named() -> None:
    def main() -> None:
        os.system("true")

    failure = detrun.run(main).failure
    assert failure is not None
    assert failure.where is not None
    assert "test_refused.py" in failure.where
    assert 'os.system("true")' in failure.traceback


def test_outside_of_a_run_there_are_processes() -> None:
    detrun.run(lambda: None)
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)

    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, check=True).stdout == b"1\n"
    assert os.system("true") == 0
    with multiprocessing.get_context("spawn").Lock():
        pass


def test_a_loop_outside_of_a_run_has_processes() -> None:
    async def main() -> int | None:
        child = await asyncio.create_subprocess_exec("true")
        return await child.wait()

    detrun.run(lambda: None)
    assert asyncio.run(main()) == 0
