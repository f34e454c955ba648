"""How fast a journal is written, read and opened, and how large it is: `python -m benchmarks.journal [ROUNDS] [MB]`."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import elapsed, interleaved, title
from detrun.journal.codec import EMPTY, add
from detrun.journal.entries import Entry, InputKind, OutputKind, Sent
from detrun.journal.header import here
from detrun.journal.reader import Journal
from detrun.journal.recorder import Level, Recorder
from detrun.journal.sinks import Kept
from detrun.journal.writer import Durability, Writer
from detrun.model import EventId

COUNT = 300_000
SUSTAINED = 3_000_000
REQUESTS = 20_000
ROOMS = 50
_SPREAD = 0x9E37_79B9_7F4A_7C15


def key(number: int) -> int:
    """A key as the scheduler's are: a signed hash."""
    return (number * _SPREAD) % 2**64 - 2**63


def entry(step: int) -> Sent:
    return Sent(step, key(step % ROOMS), step // ROOMS, step % ROOMS, key(step) & 0xFFFF_FFFF, 120)


def application(recorder: Recorder, flush: Callable[[], None] | None, requests: int = REQUESTS) -> int:
    """What a small application journals: requests to a worker, which calls an object; how many messages they were."""
    edge, reply = recorder.name("edge to worker"), recorder.name("worker to edge")
    rooms = [(recorder.name(f"worker to Room:{n}"), recorder.name(f"Room:{n} to worker")) for n in range(ROOMS)]
    step = 0
    for number in range(requests):
        room = key(number) % ROOMS
        request = f"GET /rooms/{room}?visitor={key(number)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        call, answer = b"visit %d" % key(number), b"%d visits" % number
        recorder.received(step, InputKind.REQUEST, EventId((key(1), number)), edge, request, instant=step * 1_000_000)
        recorder.sent(step + 1, EventId((key(100 + room), number)), rooms[room][0], call)
        recorder.sent(step + 2, EventId((key(200 + room), number)), rooms[room][1], answer)
        recorder.sent(step + 3, EventId((key(2), number)), reply, answer)
        recorder.emitted(step + 3, OutputKind.RESPONSE, EventId((key(3), number)), reply, answer)
        if flush is not None:
            flush()
        if number % 256 == 0:
            recorder.checked(step + 3, key(number), step * 1_000_000)
        step += 4
    return requests * 3


def construct_and_encode() -> None:
    buffer = bytearray(EMPTY)
    for step in range(COUNT):
        add(Sent(step, 7_777_777_777_777, step, 3, 0xFFFF_FFFF, 120), buffer)
        if len(buffer) > 65_536:
            buffer = bytearray(EMPTY)


def keep() -> None:
    recorder = Recorder(Kept())
    event, payload = EventId((7_777_777_777_777, 1)), b"visit"
    for step in range(COUNT):
        recorder.sent(step, event, 1, payload)


def to_disk(folder: Path) -> None:
    """As the recorder does it, for long enough that nothing can be put off."""
    for path in folder.glob("run.bin*"):
        path.unlink()
    with Writer(folder / "run.bin", here("benchmark"), durability=Durability.BATCH) as writer:
        recorder = Recorder(writer)
        events = [EventId((key(room), number)) for number in range(COUNT // ROOMS) for room in range(ROOMS)]
        payloads = [b"visit %d" % key(number) for number in range(1_000)]
        for step in range(SUSTAINED):
            recorder.sent(step, events[step % COUNT], 1 + step % ROOMS, payloads[step % 1_000])
        writer.sync()


def sum_of_steps(path: Path) -> None:
    total = 0
    for each in Journal(path).entries():
        total += each.step
    assert total


def rates(rounds: int, folder: Path) -> None:
    title("entries a second, medians")
    entries: list[Entry] = [entry(step) for step in range(1, COUNT + 1)]
    path = folder / "read.bin"
    with Writer(path, here("benchmark"), durability=Durability.NONE) as writer:
        for each in entries:
            writer.append(each)
    arms: dict[str, tuple[Callable[[], None], int, int | None]] = {
        "recorded, and kept in memory": (keep, COUNT, None),
        "made, and encoded in memory": (construct_and_encode, COUNT, 1_000_000),
        "recorded to disk": (partial(to_disk, folder), SUSTAINED, 400_000),
        "read as a stream": (partial(sum_of_steps, path), COUNT, 2_000_000),
    }
    seconds = interleaved({name: partial(elapsed, arm) for name, (arm, _, _) in arms.items()}, rounds)
    for name, (_, count, target) in arms.items():
        wanted = f" (target {target:,})" if target else ""
        print(f"{name:32}{count / statistics.median(seconds[name]):14,.0f}{wanted}")


def sizes(folder: Path) -> None:
    title("bytes a message of an application, all of the journal counted")
    for level in Level:
        for name, flushed in (("an output at a time", True), ("in full blocks", False)):
            path = folder / f"{level.value}-{flushed}.bin"
            with Writer(path, here("benchmark"), durability=Durability.NONE) as writer:
                messages = application(Recorder(writer, level), writer.flush if flushed else None)
            wanted = " (target 60)" if level is Level.LEAN else ""
            print(f"{level.value}, {name:26}{path.stat().st_size / messages:14.1f}{wanted}")


OPEN = """
import json, sys, time
def memory():
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
before = memory()
begin = time.perf_counter()
from detrun.journal.reader import Journal
loaded = time.perf_counter()
found = next(Journal(sys.argv[1]).entries(int(sys.argv[2])))
end = time.perf_counter()
assert found.step == int(sys.argv[2])
after = memory()
print(json.dumps([end - loaded, end - begin, before, after]))
"""


def large(folder: Path, megabytes: int) -> Iterator[tuple[str, Path, int]]:
    """Journals of so many megabytes: of many segments, of one, and of one whose writer was killed."""
    payloads = [os.urandom(300) for _ in range(1_000)]
    for name, segment in (("in segments", 2**26), ("in one segment", 2**40), ("in one, killed", 2**40)):
        path = folder / f"{name}.bin"
        writer = Writer(path, here("benchmark"), durability=Durability.NONE, segment=segment)
        step = 0
        while writer.position < megabytes * 1_000_000:
            step += 1
            writer.append(Sent(step, key(step % ROOMS), step, 1, step, 300, payloads[step % 1_000]))
        writer.abandon() if "killed" in name else writer.close()
        yield name, path, step
        for part in folder.glob(f"{name}.bin*"):
            part.unlink()


def opening(folder: Path, rounds: int, megabytes: int) -> None:
    title(f"opening a journal of {megabytes} MB at a step: seconds, with imports, and megabytes of memory")
    for name, path, steps in large(folder, megabytes):
        found = []
        for number in range(rounds):
            step = steps * (number + 1) // (rounds + 1)
            command = [sys.executable, "-c", OPEN, str(path), str(step)]
            found.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
        taken, whole, before, after = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{name:32}{taken:8.3f}{whole:8.3f}{after / 1024:8.0f} ({before / 1024:.0f} before; targets 0.3, 100)")


READ = """
import sys
from detrun.journal.reader import Journal
print(sum(1 for _ in Journal(sys.argv[1]).entries()))
print(int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) // 1024)
"""

WRITE = """
import sys
from benchmarks.journal import Durability, Sent, Writer, here
with Writer(sys.argv[1], here("benchmark"), durability=Durability.BATCH) as writer:
    payload, step = __import__("os").urandom(300), 0
    while writer.position < int(sys.argv[2]) * 1_000_000:
        step += 1
        writer.append(Sent(step, -step * 7_919, step, 1, step, 300, payload[step % 300:] + payload[:step % 300]))
print(step)
print(int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) // 1024)
"""


def memory(folder: Path, megabytes: int) -> None:
    title("megabytes of memory, of a process that does nothing else")
    for name, script in (("to write", WRITE), ("to read", READ)):
        command = [sys.executable, "-c", script, str(folder / "memory.bin"), str(megabytes // 50)]
        count, peak = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
        print(f"{name} {int(count):,} entries{peak:>16}")


def compare(rounds: int, megabytes: int) -> None:
    with TemporaryDirectory() as folder:
        rates(rounds, Path(folder))
        sizes(Path(folder))
        opening(Path(folder), rounds, megabytes)
        memory(Path(folder), megabytes)


if __name__ == "__main__":
    compare(*(int(given or usual) for given, usual in zip([*sys.argv[1:3], None, None], (9, 1_000), strict=False)))
