"""Failures that were found: each has a journal that replays, and a plan by which tomorrow's code is tried first."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.errors import JournalError
from detrun.explore.keeping import noted
from detrun.journal.disk import unwritable
from detrun.journal.reader import Journal
from detrun.model import Plan, Target
from detrun.recording.keeping import Keeping
from detrun.scheduler.program import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detrun.explore.attempt import Attempts
    from detrun.model import Run
    from detrun.scheduler.strategies.strategy import Strategy

FOLDER = Path(".detrun") / "failures"
_SUFFIX = ".bin"


class Failures:
    """The kept failures of one target."""

    def __init__(self, target: str, arguments: Sequence[str], hash_seed: str) -> None:
        self._target = target
        self._name = Target.of(target).name
        self._arguments = tuple(arguments)
        self._hash_seed = hash_seed

    def kept(self) -> Iterator[tuple[Path, Plan]]:
        """What earlier searches found, to be tried before anything else, and where it is."""
        for path in sorted(FOLDER.glob(f"{self._name}-*{_SUFFIX}")):
            try:
                header = Journal(path).header
                if header.target == self._target and (plan := header.configuration.get("plan")):
                    yield path, msgspec.json.decode(plan, type=Plan)
            except (JournalError, msgspec.DecodeError):
                continue  # of another version, or damaged: it is no use, and no reason to find nothing

    def place(self, signature: str) -> Path:
        """Where the journal of a failure goes; that of the same failure found before makes room."""
        mark = blake2b(f"{self._target} {signature}".encode(), digest_size=4).hexdigest()
        path = FOLDER / f"{self._name}-{mark}{_SUFFIX}"
        try:
            FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(path if FOLDER.is_dir() else FOLDER, error) from error
        return path

    def keep(self, path: Path, attempts: Attempts, strategy: Strategy, plan: Plan, story: Sequence[str]) -> Run:
        """Run it once more and write it down; what became of it this time."""
        options: dict[str, Any] = {
            "level": plan.level,
            "max_steps": attempts.max_steps,
            "max_time": attempts.max_time,
            "strict": True,
        }
        if attempts.leaks:
            options["leaks"] = True
        if plan.kinds:
            options["faults"] = list(plan.kinds)
        said = options | noted(plan, story) | {"plan": msgspec.json.encode(plan.whole).decode()}
        with Keeping(path, self._target, self._arguments, said, self._hash_seed) as keeping:
            program = attempts.fresh()
            keeping.keep_sources(self._target)
            return keeping.ended(run(program, seed=plan.entropy, strategy=strategy, record=keeping.record, **options))
