"""Writers that are killed, in a process of its own, which has no threads when it forks.

`python -m tests.journal.killed FOLDER DURABILITY COUNT` prints of each the last step that was acknowledged.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from detrun.journal.writer import Durability, Writer
from tests.journal.stories import HEADER, messages

if TYPE_CHECKING:
    from detrun.errors import DetrunError
    from detrun.journal.syncing import Callback

_MOST = 400


def write(path: str, durability: Durability, told: int) -> None:
    """Write for ever, in small blocks and segments: most of what there is to interrupt happens often."""
    writer = Writer(path, HEADER, durability=durability, block=300, segment=5_000, interval=0.001)
    for step in count(1):
        writer.append(messages(1, step)[0])
        if step % 5 == 0:
            writer.sync_then(teller(told, step))


def teller(told: int, step: int) -> Callback:
    """A callback that tells on a descriptor of this step."""

    def tell(error: DetrunError | None) -> None:
        if error is None:
            os.write(told, struct.pack("<I", step))

    return tell


def killed(path: str, durability: Durability, acknowledgements: int) -> int:
    """Have a journal written, and its writer killed after so many acknowledgements; the step of the last one."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        write(path, durability, writing)
    os.close(writing)
    told = b""
    while len(told) < acknowledgements * 4:
        told += os.read(reading, 4)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while rest := os.read(reading, 65_536):
        told += rest
    os.close(reading)
    return int(struct.unpack("<I", told[-4:])[0]) if told else 0


if __name__ == "__main__":
    for seed in range(int(sys.argv[3])):
        wanted = Random(seed).randrange(_MOST) if seed else 0
        print(killed(f"{sys.argv[1]}/{seed}.bin", Durability(sys.argv[2]), wanted))  # noqa: T201
