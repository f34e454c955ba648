"""The thread that waits for the disk: nobody is forgotten, whatever happens there."""

from __future__ import annotations

from queue import SimpleQueue

import pytest

from detrun.errors import DetrunError, InternalError, Unwritable
from detrun.journal.syncing import Callback, Syncing

FAILURES: list[Exception] = [Unwritable("run.bin", "no space left on device", "make room"), ZeroDivisionError("oops")]


@pytest.mark.parametrize("failure", FAILURES)
def test_whoever_waits_is_told_of_a_failure_and_whoever_comes_later_too(failure: Exception) -> None:
    def sync() -> None:
        raise failure

    failures: SimpleQueue[DetrunError] = SimpleQueue()
    answers: SimpleQueue[DetrunError | None] = SimpleQueue()
    syncing = Syncing(sync, 10.0, failures.put)
    told = []
    for _ in range(2):
        syncing.then(answers.put)
        told.append(answers.get(timeout=10))
    syncing.stop()

    assert told[0] is told[1] is failures.get(timeout=10)
    assert isinstance(told[0], type(failure) if isinstance(failure, DetrunError) else InternalError)
    assert failures.empty()


def telling(told: list[int], number: int) -> Callback:
    return lambda _: told.append(number)


def test_callbacks_are_called_in_order_and_all_before_the_end() -> None:
    told: list[int] = []
    syncing = Syncing(lambda: None, 10.0, lambda _: None)
    for number in range(1_000):
        syncing.then(telling(told, number))
    syncing.stop()

    assert told == list(range(1_000))
    assert not syncing.waiting


def test_drained_means_that_everybody_was_told() -> None:
    told: list[int] = []
    syncing = Syncing(lambda: None, 10.0, lambda _: None)
    for number in range(100):
        syncing.then(telling(told, number))
    syncing.drain()

    assert told == list(range(100))
    syncing.stop()


def test_syncs_happen_by_themselves() -> None:
    synced: SimpleQueue[int] = SimpleQueue()
    syncing = Syncing(lambda: synced.put(1), 0.001, lambda _: None)

    assert [synced.get(timeout=10) for _ in range(3)] == [1] * 3
    syncing.stop()
