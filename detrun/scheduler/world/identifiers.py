"""Identifiers that are made of the time, the machine and chance: UUIDs, and the names of temporary files."""

from __future__ import annotations

import errno
import os
import zlib
from typing import TYPE_CHECKING, Any

from detrun.scheduler.network.network import HOST
from detrun.scheduler.world import swap
from detrun.scheduler.world.entropy import NAMES, SEQUENCES

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine

# From the first day of the Gregorian calendar to that of the epoch, in units of 100 nanoseconds.
_GREGORIAN = 0x01B21DD213814000
# What is locally administered has this bit, and no maker of network cards does.
_LOCAL = 0x02 << 40
_SAFE = 0
# Of the name of a temporary file.
_LENGTH = 8


def catch_uuids(uuid: Any) -> None:
    """Put dispatchers where the module looks at the clock and the network card."""

    def one(engine: Engine, node: int | None = None, clock_seq: int | None = None) -> Any:
        stamp = _stamp(engine)
        sequence = _sequence(engine) if clock_seq is None else clock_seq
        time = stamp & 0xFFFFFFFF, stamp >> 32 & 0xFFFF, stamp >> 48 & 0x0FFF
        fields = *time, sequence >> 8 & 0x3F, sequence & 0xFF, _node() if node is None else node
        return uuid.UUID(fields=fields, version=1, is_safe=uuid.SafeUUID.safe)

    swap.function(uuid.uuid1, swap.asked(one))
    swap.function(uuid.getnode, swap.asked(lambda _: _node()))
    if (generate := getattr(uuid, "_generate_time_safe", None)) is not None:
        swap.builtin(generate, swap.asked(lambda engine: (one(engine).bytes, _SAFE)))


def _stamp(engine: Engine) -> int:
    # Where the clock stands still, or is looked at too often: never the same twice.
    world = engine.world
    world.last_stamp = max(engine.clock.look_at_wall() // 100 + _GREGORIAN, world.last_stamp + 1)
    return world.last_stamp


def _sequence(engine: Engine) -> int:
    return engine.world.entropy.stream(SEQUENCES).bits(14)


def _node() -> int:
    """The address of the network card of the host on which the code runs."""
    return _LOCAL | zlib.crc32(HOST.get().encode())


def catch_names(tempfile: Any) -> None:
    """Put dispatchers where `tempfile` draws names, and where it finds out in which directory they go."""
    swap.function(tempfile._RandomNameSequence.__next__, swap.asked(_name))
    # Not with the module's own way of looking, which keeps what it finds for good, and draws names to try them.
    swap.function(tempfile._gettempdir, swap.asked(lambda engine: tempfile.tempdir or _directory(engine, tempfile)))


def _name(engine: Engine, names: Any) -> str:
    draw, letters = engine.world.entropy.stream(NAMES).random, names.characters
    return "".join(letters[int(draw() * len(letters))] for _ in range(_LENGTH))


def _directory(engine: Engine, tempfile: Any) -> str:
    if engine.world.temporary is None:
        candidates = [os.path.abspath(directory) for directory in tempfile._candidate_tempdir_list()]
        usable = (directory for directory in candidates if os.access(directory, os.W_OK | os.X_OK))
        engine.world.temporary = next(usable, None)
        if engine.world.temporary is None:
            raise FileNotFoundError(errno.ENOENT, f"No usable temporary directory found in {candidates}")
    return engine.world.temporary
