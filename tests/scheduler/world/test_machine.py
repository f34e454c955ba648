"""The machine and the process are the same ones in every run, wherever it takes place."""

from __future__ import annotations

import email.message
import http.cookiejar
import logging
import os
import platform
import resource
import socket
import threading
import time
import types
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.scheduler.world.world import CPUS, PID
from detrun.simulation import network

FACTS: list[tuple[Callable[[], Any], Any]] = [
    (os.getpid, PID),
    (os.getppid, PID - 1),
    (os.getpgrp, PID),
    (lambda: os.getpgid(0), PID),
    (lambda: os.getsid(os.getpid()), PID),
    (os.cpu_count, CPUS),
    (os.getloadavg, (0.0, 0.0, 0.0)),
    (threading.get_native_id, PID),
    (socket.gethostname, "localhost"),
    (socket.getfqdn, "localhost"),
    (platform.node, "localhost"),
    (lambda: os.uname().nodename, "localhost"),
    (lambda: socket.gethostbyname_ex("localhost"), ("localhost", [], ["127.0.0.1"])),
]


@pytest.mark.parametrize(("read", "expected"), FACTS)
def test_a_fact_is_what_it_always_is(read: Callable[[], Any], expected: Any) -> None:
    assert detrun.run(read).result() == expected


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not tell")
def test_a_program_may_use_all_processors() -> None:
    assert detrun.run(lambda: os.sched_getaffinity(0)).result() == set(range(CPUS))


@pytest.mark.skipif(not hasattr(os, "process_cpu_count"), reason="came with Python 3.13")
def test_processors_that_may_be_used_are_counted() -> None:
    assert detrun.run(getattr(os, "process_cpu_count", int)).result() == CPUS


def test_another_process_is_a_real_one() -> None:
    parent = os.getppid()

    assert detrun.run(lambda: os.getpgid(parent)).result() == os.getpgid(parent)


def test_code_on_a_host_finds_itself_there() -> None:
    def main() -> list[str]:
        with network.on("database"):
            return [socket.gethostname(), socket.getfqdn(), platform.node(), os.uname().nodename]

    assert detrun.run(main).result() == ["database"] * 4


def test_an_address_has_the_name_of_its_host() -> None:
    def main() -> Any:
        address = network.host("database", "10.0.0.9")
        return socket.gethostbyaddr(address), socket.gethostbyaddr("database")

    assert detrun.run(main).result() == (("database", [], ["10.0.0.9"]),) * 2


def test_what_was_used_is_virtual_time() -> None:
    def main() -> list[float]:
        time.sleep(5)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return [usage.ru_utime, usage.ru_stime, os.times().user, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime]

    assert all(0 <= used < 1 for used in detrun.run(main).result())
    assert detrun.run(lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).result() == 0


def test_a_log_record_counts_from_the_beginning_of_the_run() -> None:
    def main() -> Any:
        time.sleep(5)
        record = logging.LogRecord("name", logging.INFO, "path", 1, "message", (), None)
        return record.relativeCreated, record.thread, record.process

    relative, thread, process = detrun.run(main).result()
    assert relative == pytest.approx(5_000, abs=1)
    assert (thread, process) == (1, PID)


def test_a_log_record_outside_is_what_it_was() -> None:
    detrun.run(lambda: None)
    record = logging.LogRecord("name", logging.INFO, "path", 1, "message", (), None)

    assert (record.thread, record.process) == (threading.get_ident(), os.getpid())


def test_a_processor_has_a_name_though_a_process_finds_it_out() -> None:
    assert detrun.run(platform.processor).result() == platform.processor()


def test_a_cookie_lasts_as_long_as_the_run_says() -> None:
    def main() -> int | None:
        headers, jar = email.message.Message(), http.cookiejar.CookieJar()
        headers["Set-Cookie"] = "name=value; Max-Age=60"
        answer: Any = types.SimpleNamespace(info=lambda: headers)
        return jar.make_cookies(answer, urllib.request.Request("http://a.example/"))[0].expires

    assert detrun.run(main).result() == 1_767_225_660
