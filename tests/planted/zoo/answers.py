"""What searches for bugs of the zoo come to, as text: `python -m tests.planted.zoo.answers JOBS RUNS NAME...`.

It is to be the same in every process, with any hash seed, and however many processes share a search.
"""

from __future__ import annotations

import json
import logging
import sys

from detrun.explore.attempt import Attempts
from detrun.explore.performing import Performer
from detrun.explore.quiet import silence
from detrun.explore.search import Bounds, Search
from detrun.scheduler.catch import install
from tests.planted.zoo.keeping import searched, smallest
from tests.planted.zoo.planting import ZOO


def answer(name: str, jobs: int, runs: int) -> list[str]:
    """The first failure of a bug and the smallest plan of it, then all failures of so many schedules."""
    bug = ZOO[name]
    performer, search = searched(bug, bug, jobs=jobs)
    (way,) = search.found.values()
    whole = Search(Performer(Attempts(lambda: bug, kinds=bug.faults)), Bounds("auto", runs, keep_going=True, jobs=jobs))
    with silence():
        whole.run()
    return [
        f"{way.signature} in schedule {way.first} of {search.seen.distinct} behaviours",
        f"{way.schedule}",
        f"{smallest(performer, way)}",
        *(f"{each.signature} in schedule {each.first}, {each.hits} times" for each in whole.found.values()),
        f"{whole.schedules} schedules, {whole.seen.distinct} behaviours, {whole.seen.unseen}, {whole.held} holds",
    ]


def main() -> None:
    """Print what each search comes to."""
    logging.disable(logging.CRITICAL)
    install()
    jobs, runs, *names = sys.argv[1:]
    json.dump({name: answer(name, int(jobs), int(runs)) for name in names or ZOO}, sys.stdout)


if __name__ == "__main__":
    main()
