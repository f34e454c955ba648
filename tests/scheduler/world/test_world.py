"""When a run begins, and what its randomness follows from."""

from __future__ import annotations

import datetime
import os
import random
import time
from typing import Any

import pytest

import detrun
from detrun.scheduler.engine import Engine
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.world.entropy import ARRAYS, BYTES, INSTANCES, MODULE, NAMES, SEQUENCES, Entropy
from detrun.scheduler.world.world import World, moment

NEW_YEAR = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
BEGINNINGS = [
    (None, NEW_YEAR),
    ("2030-02-03", datetime.datetime(2030, 2, 3, tzinfo=datetime.UTC)),
    ("2030-02-03T04:05:06", datetime.datetime(2030, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)),
    ("2030-02-03T04:05:06Z", datetime.datetime(2030, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)),
    ("2030-02-03T04:05:06+02:00", datetime.datetime(2030, 2, 3, 2, 5, 6, tzinfo=datetime.UTC)),
    (datetime.datetime(2030, 2, 3), datetime.datetime(2030, 2, 3, tzinfo=datetime.UTC)),
    (NEW_YEAR + datetime.timedelta(microseconds=1), NEW_YEAR + datetime.timedelta(microseconds=1)),
]


def drawn() -> list[Any]:
    return [os.urandom(8), random.random(), random.Random().random()]


@pytest.mark.parametrize(("given", "expected"), BEGINNINGS)
def test_a_run_begins_when_it_is_told_to(given: Any, expected: datetime.datetime) -> None:
    begun = detrun.run(lambda: (datetime.datetime.now(datetime.UTC), time.time()), start_time=given).result()

    assert datetime.timedelta(0) <= begun[0] - expected < datetime.timedelta(milliseconds=1)
    assert begun[1] == pytest.approx(expected.timestamp())


@pytest.mark.parametrize("given", ["", "tomorrow", "2030-13-01", "1066-10-14", "9999-12-31", 1_900_000_000, b"2030"])
def test_what_is_no_moment_is_refused(given: Any) -> None:
    with pytest.raises(detrun.UsageError, match="start time"):
        moment(given)


def test_seeded_entropy_follows_from_the_seed() -> None:
    once, again, other = (detrun.run(drawn, seed=seed).result() for seed in (1, 1, 2))

    assert once == again
    assert all(one != two for one, two in zip(once, other, strict=True))


def test_fixed_entropy_is_the_same_under_every_seed() -> None:
    runs = [detrun.run(drawn, seed=seed, entropy="fixed").result() for seed in (1, 2)]

    assert runs[0] == runs[1] != detrun.run(drawn, seed=1).result()


def test_real_entropy_is_never_the_same_and_is_said_so() -> None:
    once, again = (detrun.run(drawn, entropy="real") for _ in range(2))

    assert all(one != two for one, two in zip(once.result(), again.result(), strict=True))
    assert (once.entropy, once.digest == again.digest) == ("real", False)


def test_entropy_of_another_kind_is_refused() -> None:
    with pytest.raises(detrun.UsageError, match="one of seeded, fixed, real, got 'true'"):
        detrun.run(drawn, entropy="true")


def test_streams_are_independent_of_each_other() -> None:
    engine, other = Engine(Default()), Engine(Default())
    for _ in range(3):
        engine.world.entropy.stream(BYTES).bits(64)

    purposes = (MODULE, INSTANCES, NAMES, ARRAYS, SEQUENCES)
    first = [engine.world.entropy.stream(purpose).bits(64) for purpose in purposes]
    assert first == [other.world.entropy.stream(purpose).bits(64) for purpose in purposes]
    assert len(set(first)) == len(purposes)


def test_drawing_changes_the_digest_but_not_the_schedule() -> None:
    def digest(draws: int) -> tuple[str, int]:
        run = detrun.run(lambda: [os.urandom(1) for _ in range(draws)] and None)
        return run.digest, run.steps

    assert len({digest(draws) for draws in range(4)}) == 4
    assert len({digest(draws)[1] for draws in range(4)}) == 1


def test_a_world_without_a_word_begins_on_its_birthday_and_is_seeded() -> None:
    world = World()

    assert world.begin == moment("2026-01-01")
    assert not world.entropy.real
    assert not Entropy("fixed", 3).real
