"""The planted divergences: a program each, what is changed before its replay, and the cause that is to be named.

`DELAY` stands for whatever a program sleeps for; how it comes to that is the plant.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_NONE: Mapping[str, str] = MappingProxyType({})

CODE, CLOCK, RANDOMNESS, SETS, THREAD, SURROUNDINGS = (
    "changed code",
    "clock",
    "randomness",
    "set order",
    "thread",
    "environment",
)
_PROGRAM = """\
import asyncio, os, sys
{setup}
async def main():
    await asyncio.sleep(0.001)
{body}
    await asyncio.sleep(DELAY)  # parts
    await asyncio.sleep(0.001)
"""


class Planted(NamedTuple):
    """A program, the files beside it, what these are later, and how the replay is asked for."""

    name: str
    cause: str
    source: str
    before: Mapping[str, str] = _NONE
    after: Mapping[str, str] = _NONE
    options: tuple[str, ...] = ()
    variables: tuple[Mapping[str, str], Mapping[str, str]] = (_NONE, _NONE)
    refused: bool = False
    # Where it shows first: when what was slept for is over.
    step: int = 3


def program(body: str, setup: str = "") -> str:
    """A program that sleeps for as long as its body finds."""
    return _PROGRAM.format(setup=setup, body="\n".join(f"    {line}" for line in body.splitlines()))


def _sql(name: str, cause: str, expression: str) -> Planted:
    setup = "import sqlite3\nDATABASE = sqlite3.connect(':memory:')"
    return Planted(name, cause, program(f'DELAY = DATABASE.execute("select {expression}").fetchone()[0] / 1e3', setup))


_C = "import ctypes\nC, _buffer = ctypes.CDLL(None), ctypes.create_string_buffer"


def _c(name: str, cause: str, call: str) -> Planted:
    return Planted(name, cause, program(f"DELAY = ({call}) % 1000003 / 1e4", _C))


def _edited(name: str, body: str, other: str, step: int = 3) -> Planted:
    return Planted(name, CODE, program(body), {}, {"program.py": program(other)}, ("--code", "current"), step=step)


def _read(name: str, body: str, before: dict[str, str], after: dict[str, str], setup: str = "") -> Planted:
    return Planted(name, SURROUNDINGS, program(body, setup), before, after)


_ADDRESSES = """\
things = {object() for _ in range(9)}
KEPT.append([bytearray(n) for n in range(os.stat('.').st_ino % 7 + id(KEPT) % 97)])
DELAY = id(next(iter(things))) % 100003 / 1e3"""
_TOUCHED = "import threading, time\nSEEN = []\n"
_COUNTING = "def count():\n    while True: SEEN.append(0); time.sleep(0.0001)\n"
_START = "threading.Thread(target=count, daemon=True).start(); time.sleep(0.05 + os.urandom(1)[0] / 2000)"
_CALLING = "LOOPS = []\ndef call():\n    while not LOOPS: time.sleep(0.001)\n    LOOPS[0].call_soon_threadsafe(print)\n"
_STAT = "os.utime('data.txt'); DELAY = {} % 1_000_003 / 1e4"
_HELPER = {"helper.py": "def delay():\n    return 0.1\n"}

PLANTED = (
    _sql("sqlite_random", RANDOMNESS, "abs(random()) % 1000000"),
    _sql("sqlite_randomblob", RANDOMNESS, "unicode(hex(randomblob(4))) * 1000 + abs(random() % 999)"),
    _c("c_entropy", RANDOMNESS, "(lambda b: (C.getentropy(b, 3), int.from_bytes(b.raw, 'big'))[1])(_buffer(3))"),
    Planted(
        "random_device",
        RANDOMNESS,
        program("with open('/dev/urandom', 'rb') as file: DELAY = int.from_bytes(file.read(3), 'big') / 1e5"),
    ),
    Planted(
        "random_of_the_kernel",
        RANDOMNESS,
        program("with open('/proc/sys/kernel/random/uuid') as file: DELAY = int(file.read()[:6], 16) / 1e5"),
    ),
    _c(
        "c_getrandom",
        RANDOMNESS,
        "(lambda b: (C.getrandom(b, 3, 0), int.from_bytes(b.raw, 'big'))[1])(_buffer(3))",
    ),
    _sql("sqlite_julianday", CLOCK, "cast(julianday('now') * 86400000 as int) % 1000003"),
    _sql("sqlite_strftime", CLOCK, "cast(strftime('%f', 'now') * 1000 as int) + 1"),
    _c("c_clock", CLOCK, "C.clock()"),
    _c("c_gettimeofday", CLOCK, "(lambda b: (C.gettimeofday(b, None), b[1])[1])((ctypes.c_long * 2)())"),
    Planted("file_time", CLOCK, program(_STAT.format("os.stat('data.txt').st_mtime_ns")), {"data.txt": ""}),
    Planted("getmtime", CLOCK, program(_STAT.format("int(os.path.getmtime('data.txt') * 1e6)")), {"data.txt": ""}),
    Planted("uptime", CLOCK, program("with open('/proc/uptime') as file: DELAY = float(file.read().split()[0]) % 1")),
    Planted(
        "processor_time",
        CLOCK,
        program("with open('/proc/self/schedstat') as file: DELAY = int(file.read().split()[0]) % 1_000_003 / 1e4"),
    ),
    Planted("id_of_an_object", SETS, program("DELAY = id(object()) % 100_003 / 1e3")),
    Planted("set_of_objects", SETS, program(_ADDRESSES, "KEPT = []")),
    Planted(
        "set_by_default_hash",
        SETS,
        program(
            "things = {Thing(n) for n in range(40)}\n"
            "DELAY = sum(thing.n * 40 ** -p for p, thing in enumerate(things, 1))",
            "class Thing:\n    def __init__(self, n): self.n = n",
        ),
    ),
    Planted("thread_that_counts", THREAD, program("DELAY = len(SEEN) % 1009 / 1e3", _TOUCHED + _COUNTING + _START)),
    Planted(
        "thread_that_sets",
        THREAD,
        program(
            "DELAY = SEEN[-1] % 10_007 / 1e4",
            _TOUCHED
            + "def count():\n    while True: SEEN.append(time.perf_counter_ns()); time.sleep(0.0001)\n"
            + _START,
        ),
    ),
    Planted(
        "thread_that_calls_the_loop",
        THREAD,
        program(
            "LOOPS.append(asyncio.get_running_loop())\nDELAY = 0.1\nfor _ in range(10): REAL(0.01)",
            "import ctypes, threading, time\nC = ctypes.CDLL(None)\nREAL = lambda s: C.usleep(int(s * 1e6))\n"
            + _CALLING
            + "threading.Thread(target=call, daemon=True).start()",
        ),
        refused=True,
    ),
    _read(
        "changed_file",
        "with open('data.txt') as file: DELAY = float(file.read())",
        {"data.txt": "0.1"},
        {"data.txt": "0.2"},
    ),
    _read(
        "changed_settings",
        "DELAY = json.load(open('a.json'))['delay']",
        {"a.json": '{"delay": 1}'},
        {"a.json": '{"delay": 2}'},
        "import json",
    ),
    _read(
        "counter_in_a_file",
        "n = int(open('n').read()); open('n', 'w').write(str(n + 1)); DELAY = n / 10",
        {"n": "1"},
        {},
    ),
    _read(
        "changed_database",
        "DELAY = sqlite3.connect('data.db').execute('pragma user_version').fetchone()[0] / 10",
        {"data.db": "1"},
        {"data.db": "2"},
        "import sqlite3",
    ),
    _read(
        "changed_version",
        "DELAY = len(metadata.version('toy')) / 10",
        {"toy-1.dist-info/METADATA": "Name: toy\nVersion: 1\n"},
        {"toy-1.dist-info/METADATA": "Name: toy\nVersion: 1.5\n"},
        "from importlib import metadata",
    ),
    Planted(
        "variable_of_c",
        SURROUNDINGS,
        program(
            "DELAY = len(C.getenv(b'PLANTED') or b'') / 10",
            "import ctypes\nC = ctypes.CDLL(None)\nC.getenv.restype = ctypes.c_char_p",
        ),
        variables=({"PLANTED": "a"}, {"PLANTED": "abc"}),
    ),
    _edited("changed_delay", "DELAY = 0.1", "DELAY = 0.2"),
    _edited("added_operation", "DELAY = 0.1", "await asyncio.sleep(0.1)\nDELAY = 0.1", 5),
    _edited("left_out_operation", "await asyncio.sleep(0.1)\nDELAY = 0.1", "DELAY = 0.1", 5),
    Planted(
        "changed_helper",
        CODE,
        program("DELAY = helper.delay()", "import helper"),
        _HELPER,
        {"helper.py": "def delay():\n    return 0.2\n"},
        ("--code", "current"),
    ),
)
