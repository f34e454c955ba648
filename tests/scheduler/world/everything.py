"""A program that reads every clock and every source of randomness, by every way in which names are imported.

Run as a script it makes a run of itself, and prints what it read there, and the digest.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import glob
import io
import locale
import logging
import multiprocessing
import os
import platform
import random
import resource
import secrets
import socket
import ssl
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from datetime import date
from datetime import datetime as moment
from os import cpu_count, environ, getenv, getpid, urandom
from pathlib import Path
from random import Random, SystemRandom, choices, getrandbits, randint, sample, shuffle
from random import random as draw
from secrets import token_hex
from socket import gethostname
from time import localtime, monotonic, monotonic_ns, perf_counter, strftime, time_ns
from time import time as now
from typing import Any
from uuid import getnode, uuid1, uuid4

import detrun

taken, today, gauss, hidden = moment.now, datetime.date.today, random.gauss, random.Random.random
KINDS = time.CLOCK_REALTIME, time.CLOCK_MONOTONIC, time.CLOCK_PROCESS_CPUTIME_ID


def uuid1_of_sequence() -> uuid.UUID:
    """What depends on the clock and the machine alone, and is not made by the function in C."""
    return uuid.uuid1(clock_seq=5)


CLOCKS: list[Callable[[], Any]] = [
    time.time,
    time.time_ns,
    time.monotonic,
    time.monotonic_ns,
    time.perf_counter,
    time.perf_counter_ns,
    time.process_time,
    time.thread_time,
    now,
    time_ns,
    monotonic,
    monotonic_ns,
    perf_counter,
    time.ctime,
    time.asctime,
    time.gmtime,
    localtime,
    lambda: strftime("%s %c"),
    lambda: [time.clock_gettime(kind) for kind in KINDS],
    datetime.datetime.now,
    lambda: datetime.datetime.now(datetime.UTC),
    moment.today,
    taken,
    date.today,
    today,
    email.utils.formatdate,
    email.utils.localtime,
    os.times,
]
RANDOM: list[Callable[[], Any]] = [
    draw,
    random.random,
    lambda: randint(1, 10**6),
    lambda: getrandbits(70),
    lambda: choices(range(100), k=5),
    lambda: sample(range(100), 5),
    lambda: gauss(0, 1),
    lambda: random.gauss(0, 1),
    lambda: random.betavariate(1, 2),
    lambda: random.randbytes(5),
    lambda: hidden(Random()),
    lambda: Random().randint(1, 10**6),
    lambda: SystemRandom().random(),
    lambda: SystemRandom().choice(range(1000)),
    lambda: urandom(5),
    lambda: os.urandom(5),
    lambda: os.getrandom(5) if hasattr(os, "getrandom") else None,
    lambda: ssl.RAND_bytes(5),
    lambda: token_hex(5),
    secrets.token_urlsafe,
    lambda: secrets.randbelow(1000),
    uuid1,
    uuid1_of_sequence,
    uuid4,
    uuid.uuid4,
    getnode,
    email.utils.make_msgid,
    lambda: os.path.basename(tempfile.mktemp()),
    lambda: next(tempfile._get_candidate_names()),  # type: ignore[attr-defined]
]
SURROUNDINGS: list[Callable[[], Any]] = [
    getpid,
    os.getppid,
    os.getpgrp,
    threading.get_native_id,
    cpu_count,
    multiprocessing.cpu_count,
    lambda: sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
    os.getloadavg,
    lambda: tuple(resource.getrusage(resource.RUSAGE_SELF)),
    gethostname,
    socket.getfqdn,
    platform.node,
    lambda: platform.uname().node,
    lambda: os.uname().nodename,
    lambda: (getenv("GIVEN"), environ.get("GIVEN"), os.environb.get(b"GIVEN")),
    lambda: locale.setlocale(locale.LC_ALL),
    lambda: [os.listdir(here) == sorted(os.listdir(here)) for here in (os.path.dirname(__file__),)],
    lambda: [Path(path).name for path in glob.glob(os.path.join(os.path.dirname(__file__), "*.py"))],
]


def logged() -> str:
    """What a log line says of its moment, its thread and its process."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(relativeCreated)r %(created)r %(thread)d %(process)d"))
    logger = logging.getLogger("everything")
    logger.propagate = False
    logger.handlers[:] = [handler]
    logger.warning("now")
    return stream.getvalue()


def shuffled() -> list[int]:
    """A list that the hidden generator has shuffled."""
    things = list(range(20))
    shuffle(things)
    return things


async def everything() -> list[str]:
    """All of it, twice, with time passing in between."""
    told: list[str] = []
    for _ in range(2):
        told += [repr(read()) for read in (*CLOCKS, *RANDOM, *SURROUNDINGS, logged, shuffled)]
        await asyncio.sleep(1.5)
        random.seed("again")
        told += [repr(draw()), repr(random.getstate())[:200]]
    return told


if __name__ == "__main__":
    run = detrun.run(everything, seed=int(sys.argv[1]))
    sys.stdout.write("\n".join([*run.result(), run.digest]))
