"""numpy draws from the run inside of one, and from its own state everywhere else."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from functools import partial
from typing import Any

import pytest

import detrun
from tests.cli.command import ENVIRONMENT

np: Any = pytest.importorskip("numpy", reason="shows that numpy draws from the run")


def drawn() -> list[float]:
    return [np.random.rand(), np.random.normal(), *np.random.default_rng().random(2), np.random.RandomState().rand()]


def test_numpy_draws_what_the_seed_says() -> None:
    once, again, other = (detrun.run(drawn, seed=seed) for seed in (1, 1, 2))

    assert (once.result(), once.digest) == (again.result(), again.digest)
    assert not set(once.result()) & set(other.result())


def test_a_draw_more_is_another_digest() -> None:
    def drawing(times: int) -> list[float]:
        return [np.random.rand() for _ in range(times)]

    assert len({detrun.run(partial(drawing, times)).digest for times in range(4)}) == 4


def test_the_process_goes_on_where_it_was() -> None:
    np.random.seed(5)
    expected = [*np.random.normal(size=3), np.random.rand()]

    np.random.seed(5)
    actual = [np.random.normal()]
    detrun.run(lambda: np.random.seed(1)).result()
    actual.append(np.random.normal())
    detrun.run(drawn).result()
    actual += [np.random.normal(), np.random.rand()]

    assert actual == expected


def test_a_thread_without_a_run_draws_from_the_process_meanwhile() -> None:
    def beside() -> None:
        begun.wait()
        others.append(np.random.rand())
        done.set()

    def main() -> list[float]:
        mine = [np.random.rand()]
        begun.set()
        done.wait()
        return [*mine, np.random.rand()]

    others: list[float] = []
    begun, done = threading.Event(), threading.Event()
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    thread = threading.Thread(target=beside)
    thread.start()
    mine = detrun.run(main).result()
    thread.join()

    assert others == [expected]
    assert mine == detrun.run(lambda: [np.random.rand(), np.random.rand()]).result()


def test_a_program_that_seeds_numpy_draws_what_numpy_draws() -> None:
    def main() -> list[float]:
        np.random.seed(3)
        state = np.random.get_state()
        first = [*np.random.normal(size=3)]
        np.random.set_state(state)
        return [*first, *np.random.normal(size=3)]

    assert detrun.run(main, seed=1).result() == detrun.run(main, seed=2).result() == main()


def test_the_hidden_generator_can_be_copied_and_pickled() -> None:
    detrun.run(drawn).result()
    hidden = np.random.mtrand._rand
    copies = [copy.deepcopy(hidden), pickle.loads(pickle.dumps(hidden))]

    assert len({one.rand() for one in (hidden, *copies)}) == 1


def test_it_is_all_one_whether_the_run_imports_numpy_or_somebody_before() -> None:
    program = (
        "import detrun\ndef main():\n import numpy as np\n return np.random.rand(), np.random.default_rng().random()"
    )
    lines = (
        f"{program}\nprint(*[(run.result(), run.digest) for run in (detrun.run(main), detrun.run(main))], sep='\\n')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", lines], env=ENVIRONMENT | PATHS, capture_output=True, text=True, check=True
    )

    assert len(set(ended.stdout.splitlines())) == 1


PATHS = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
