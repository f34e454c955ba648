"""What may make runs differ, what is changed to find out, and how two runs are then compared."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.doctor.job import Change, Program, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

# Whatever is not decided by anything that the doctor can change: runs differed with nothing changed at all.
OUTSIDE = "outside"
HASH_SEED, HEAP, GARBAGE, THREADS = "hash seed", "heap layout", "garbage collection", "thread latency"
IMPORTS, DEBUG, CLOCK, ENVIRONMENT = "import order", "debug mode", "clock rate", "environment"
LISTINGS, EARLIER = "directory listings", "earlier run"

# In this order: what a later one changes may also change what an earlier one is about, memory above all.
MEANINGS = {
    OUTSIDE: "nothing was changed: real time, real randomness, a process id, or a file that a run leaves behind",
    HEAP: "order, numbers or text that follow from an object's address: id(), a default hash, a repr",
    HASH_SEED: "a set, or another order by hash, of strings or of what contains them; or hash() itself",
    GARBAGE: "when garbage is collected: finalizers, weak references, abandoned generators",
    THREADS: "when a thread gets to run, and for how long",
    CLOCK: "how long the program's own code takes, by the clock that it looks at",
    ENVIRONMENT: "a variable of the environment",
    LISTINGS: "the order in which a directory is listed",
    IMPORTS: "the order in which modules are imported",
    DEBUG: "asyncio's debug mode",
    EARLIER: "an earlier run in the same process: caches, counters and attributes of modules and classes",
}
CAUSES = tuple(MEANINGS)
# What is about these changes with whatever else is changed.
RESTLESS = (OUTSIDE, HEAP, THREADS)

# What a process must find in its environment as it starts, by the name of the ward.
WARDS = {
    "": {},
    "seed 2": {"PYTHONHASHSEED": "2"},
    "seed 3": {"PYTHONHASHSEED": "3"},
    "seed 4": {"PYTHONHASHSEED": "4"},
    "malloc": {"PYTHONMALLOC": "malloc"},
}
_FIXED = (
    Change(HASH_SEED, ward="seed 2"),
    Change(HASH_SEED, ward="seed 3"),
    Change(HASH_SEED, ward="seed 4"),
    Change(HEAP, ward="malloc"),
    Change(HEAP, 0),
    Change(HEAP, 1),
    Change(GARBAGE, 1),
    Change(GARBAGE, 3),
    Change(THREADS, 0),
    Change(THREADS, 1),
    Change(LISTINGS),
    Change(DEBUG, {"PYTHONASYNCIODEBUG": "1"}),
    Change(EARLIER),
)
RATES = (3_000, 400)
_VARIABLES = {
    "HOME": "/home/nobody",
    "USER": "nobody",
    "LOGNAME": "nobody",
    "TZ": "Asia/Kathmandu",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "tr_TR.UTF-8",
    "COLUMNS": "61",
    "LINES": "17",
    "DETRUN_DOCTOR": "was here",
}


def fixed() -> tuple[Change, ...]:
    """What is changed for every program."""
    return _FIXED


def fitting(healthy: Told) -> Iterator[Change]:
    """What is changed for a program by what it looked at when nothing was."""
    yield Change(ENVIRONMENT, _VARIABLES | {name: _other(value) for name, value in healthy.variables.items()})
    if len(healthy.modules) > 1:
        yield Change(IMPORTS, healthy.modules[::-1])


def _other(value: str | None) -> str:
    """Another value of about the same shape: a program shall not fail for that it cannot be read."""
    if value is None:
        return "1"
    if value.isdecimal():
        return str(int(value) + 1)
    return f"{value}-2"


def boring(program: Program) -> Program:
    """The program without the seed's decisions, which are made by the clock, and would be others at another rate."""
    return msgspec.structs.replace(program, options=program.options | {"strategy": "default"})


class Lens(msgspec.Struct, frozen=True):
    """What of two runs is compared, if not everything."""

    outcomes: bool = True
    errors: bool = True
    values: bool = True
    imports: bool = True
    # Of the first thread alone: others are somewhere else every time.
    threads: bool = True


def lens(kind: str) -> Lens:
    """How runs are compared of which one has this changed."""
    match kind:
        case "clock rate":
            # Every instant is another one. Which way the program goes shall not be.
            return Lens(outcomes=False, values=False, threads=False)
        case "thread latency":
            return Lens(threads=False)
        case "debug mode":
            # It is there to say more.
            return Lens(errors=False)
        case "earlier run" | "import order":
            # What is imported is there, or comes at another time.
            return Lens(imports=False)
        case _:
            return Lens()


def symptoms(healthy: Told, other: Told, lens: Lens) -> list[str]:
    """In what two runs differ, as one can see without notes."""
    if not lens.outcomes:
        return []
    pairs: list[tuple[str, Any, Any]] = [
        ("outcome", (healthy.outcome, healthy.kind, healthy.exit_code), (other.outcome, other.kind, other.exit_code)),
        ("failure", (healthy.message, healthy.where), (other.message, other.where)),
        ("standard output", healthy.stdout, other.stdout),
        ("standard error", healthy.stderr if lens.errors else b"", other.stderr if lens.errors else b""),
        ("steps", healthy.steps, other.steps),
        ("events", healthy.events, other.events),
        ("virtual time", healthy.instant, other.instant),
    ]
    return [name for name, one, two in pairs if one != two]


def written(healthy: Told, other: Told, lens: Lens) -> tuple[str, str] | None:
    """The first line that differs of what two runs wrote."""
    pairs = [(healthy.stdout, other.stdout), *([(healthy.stderr, other.stderr)] if lens.errors else [])]
    for one, two in pairs if lens.outcomes else []:
        before, after = (text.decode(errors="replace").splitlines() for text in (one, two))
        for line, changed in zip_longest(before, after, fillvalue=""):
            if line != changed:
                return line, changed
    return (healthy.message, other.message) if healthy.message != other.message else None
