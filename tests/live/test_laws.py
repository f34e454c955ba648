"""What holds for every live run: its replay is the run that was recorded, as far as it goes, however often."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from detrun.errors import Divergence
from detrun.journal.batch import Batch
from detrun.journal.entries import Ended, Entry
from detrun.journal.recorder import Recorder
from detrun.live.machine import Machine
from detrun.live.program import run
from detrun.live.recorded import RecordedEdge
from detrun.model import Run
from detrun.recording.recording import Recording
from detrun.recording.replaying import Replaying
from tests.laws.schedules import PLAIN
from tests.laws.test_same_seed import perturb
from tests.live.served import Memory
from tests.recording.programs import Body, Log, main, programs
from tests.recording.test_laws import BUSY

# What is ended in the middle leaves open what it has open.
pytestmark = [pytest.mark.usefixtures("untidy"), pytest.mark.filterwarnings("ignore")]

# Each of them takes its time: they are run on a real clock.
SOME = settings(PLAIN, max_examples=15)


class Seen(Log):
    """What a program sees as long as it is compared: what it does while it is unwound is no part of the run."""

    def __init__(self, record: Replaying, edge: RecordedEdge) -> None:
        self._record, self._edge = record, edge

    def append(self, item: object) -> None:
        if self._record.last is None and not self._edge.is_over:
            super().append(item)


def recorded(bodies: tuple[Body, ...]) -> tuple[Run, Log, list[Entry]]:
    """A live run of this program with a real clock, sockets and threads; what it saw, and its journal."""
    kept, log = Memory(), Log()
    batch = Batch(kept)
    record = Recording(Recorder(batch), batch.flush, decisions=False)
    result = run(main(bodies, log), Machine(batch), record)
    batch.append(Ended(result.steps, result.outcome))
    batch.write()
    return result, log, kept.entries


def replayed(bodies: tuple[Body, ...], entries: list[Entry]) -> tuple[Run, Log, Replaying, RecordedEdge]:
    """The same program along these entries."""
    record = Replaying()
    record.along(iter(entries))
    edge = RecordedEdge(entries, record)
    log = Seen(record, edge)
    return run(main(bodies, log), edge, record), log, record, edge


def check_same(bodies: tuple[Body, ...], result: Run, log: Log, entries: list[Entry]) -> None:
    again, seen, record, edge = replayed(bodies, entries)

    assert (record.difference, edge.found) == (None, None)
    assert (again.digest, again.steps, again.outcome) == (result.digest, result.steps, result.outcome)
    assert list(seen) == log


@SOME
@given(programs())
def test_to_record_a_live_run_and_replay_it_is_to_run(bodies: tuple[Body, ...]) -> None:
    check_same(bodies, *recorded(bodies))


def test_a_live_journal_that_was_cut_anywhere_replays_its_beginning() -> None:
    _, log, entries = recorded(BUSY)
    lengths = []

    for place in range(1, len(entries), max(len(entries) // 120, 1)):
        _, seen, record, edge = replayed(BUSY, entries[:place])
        assert (record.difference, edge.found) == (None, None)
        assert list(seen) == log[: len(seen)]
        lengths.append(len(seen))
    assert lengths == sorted(lengths)
    assert lengths[-1] > len(log) / 2


def test_a_hundred_replays_of_a_live_run_in_a_perturbed_heap_are_one() -> None:
    made = recorded(BUSY)
    kept = []

    for number in range(100):
        kept.append(perturb(number))
        check_same(BUSY, *made)


@pytest.mark.parametrize("then", [lambda: os.urandom(3), lambda: time.sleep(0.01), socket.socket])
def test_a_thread_that_parts_ends_the_replay(then: Callable[[], object], capfd: pytest.CaptureFixture[str]) -> None:
    now = {"then": False}

    def work() -> None:
        if now["then"]:
            then()

    async def main() -> None:
        await asyncio.gather(asyncio.to_thread(work), asyncio.to_thread(time.sleep, 0.01), asyncio.sleep(0.01))

    kept = Memory()
    run(main, Machine(Batch(kept)))
    now["then"] = True
    edge = RecordedEdge([*kept.entries, Ended(1, "ok")])

    with pytest.raises(Divergence):
        run(main, edge)
    assert edge.found is not None
    assert capfd.readouterr().err == ""
