"""Randomness of every source is the run's, whoever has it by whatever name, and the process keeps its own."""

from __future__ import annotations

import copy
import os
import pickle
import random
import tempfile
import uuid
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from tests.scheduler.world.everything import RANDOM, uuid1_of_sequence

# Of these the clock and the machine decide, and nothing is left to chance.
FACTS = (uuid.getnode, uuid1_of_sequence)


@pytest.mark.parametrize("read", RANDOM)
def test_each_source_repeats_itself_under_a_seed_and_not_under_another(read: Callable[[], Any]) -> None:
    def main() -> str:
        return repr([read() for _ in range(3)])

    once, again, other = (detrun.run(main, seed=seed) for seed in (1, 1, 2))

    assert (once.result(), once.digest) == (again.result(), again.digest)
    assert (once.result() != other.result()) is (read not in FACTS)


def test_a_program_that_seeds_the_module_draws_what_python_draws() -> None:
    def main() -> list[Any]:
        random.seed("a seed")
        return [random.random(), random.gauss(0, 1), random.gauss(0, 1), random.randint(1, 100), random.randbytes(3)]

    assert detrun.run(main, seed=1).result() == detrun.run(main, seed=2).result() == main()


def test_the_state_of_the_module_can_be_kept_and_put_back() -> None:
    def main() -> bool:
        random.gauss(0, 1)
        state = random.getstate()
        first = [random.gauss(0, 1), random.random()]
        random.setstate(state)
        return first == [random.gauss(0, 1), random.random()]

    assert detrun.run(main).result()
    assert main()


def test_a_generator_with_a_seed_is_what_it_always_is() -> None:
    assert detrun.run(lambda: random.Random(5).random()).result() == random.Random(5).random()


def test_a_generator_can_be_seeded_anew_without_a_seed() -> None:
    def main() -> float:
        generator = random.Random(5)
        generator.seed()
        return generator.random()

    once, again, other = (detrun.run(main, seed=seed).result() for seed in (1, 1, 2))
    assert once == again != other


def test_uuids_of_one_moment_differ() -> None:
    def main() -> list[uuid.UUID]:
        return [uuid.uuid1() for _ in range(1000)]

    made = detrun.run(main).result()
    assert len(set(made)) == 1000
    assert [one.time for one in made] == sorted(one.time for one in made)
    assert {one.version for one in made} == {1}


def test_hosts_have_network_cards_of_their_own() -> None:
    from detrun.simulation import network  # noqa: PLC0415  # not to be loaded before the names above are taken

    def main() -> set[int]:
        nodes = {uuid.getnode()}
        with network.on("database"):
            nodes.add(uuid.getnode())
        return nodes

    assert len(detrun.run(main).result()) == 2


def test_temporary_files_are_made_where_the_run_says(tmp_path: Any) -> None:
    def main() -> tuple[str, bool]:
        os.environ["TMPDIR"] = str(tmp_path)
        with tempfile.NamedTemporaryFile() as file:
            return file.name, os.path.exists(file.name)

    before, tempfile.tempdir = tempfile.tempdir, None
    try:
        (once, there), (again, _) = (detrun.run(main).result() for _ in range(2))
        assert (once, there, os.path.dirname(once)) == (again, True, str(tmp_path))
        assert tempfile.tempdir is None
    finally:
        tempfile.tempdir = before


def test_too_much_or_too_little_is_refused_as_it_always_is() -> None:
    for call in (lambda: os.urandom(-1), lambda: random.getrandbits(-1)):
        assert isinstance(detrun.run(call).error, ValueError)
    assert detrun.run(lambda: os.urandom(0)).result() == b""


def test_the_functions_of_the_module_can_still_be_copied_and_pickled() -> None:
    functions = [random.randint, copy.deepcopy(random.randint), pickle.loads(pickle.dumps(random.randint))]

    assert len({function(1, 10**9) for function in functions}) == 1
