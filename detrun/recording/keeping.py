"""Where journals of runs are kept, and how one is begun and ended."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from detrun.errors import UsageError
from detrun.journal import retention
from detrun.journal.batch import Batch
from detrun.journal.disk import unwritable
from detrun.journal.entries import Phase
from detrun.journal.header import here
from detrun.journal.pseudonyms import Pseudonyms
from detrun.journal.recorder import Recorder
from detrun.journal.redacting import Redacting, RedactingBook
from detrun.journal.sharing import described
from detrun.journal.writer import Durability, Writer
from detrun.model import Target, signed
from detrun.recording import sources
from detrun.recording.readings import Watch, noting
from detrun.recording.recording import Recording
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from detrun.journal.header import Header
    from detrun.model import Run
    from detrun.recording.recording import Names

FOLDER = Path(".detrun") / "journals"
# Libraries that decide what a program does more than others; the versions of those that are installed are noted.
LIBRARIES = ("msgspec", "uvloop", "aiohttp", "anyio", "httpx", "uvicorn", "starlette", "fastapi", "websockets", "numpy")
# What a seed decides need not be written down.
SEEDED = ("default", "random")
# A journal is written in the middle of a run, too, whose own clock that must not move.
_monotonic = swap.twin(time.monotonic)
# This part of a journal's bytes is kept for the end of its run, and for each time that it has not ended then.
_MARGIN = 20


class Keeping:
    """The journal of one run of a program."""

    def __init__(
        self,
        path: Path,
        target: str,
        arguments: Sequence[str],
        options: Mapping[str, Any],
        hash_seed: str,
        *,
        world: str = "simulated",
        durability: Durability = Durability.NONE,
        secrets: Mapping[str, str] | None = None,
        names: Names | None = None,
        most: int | None = None,
    ) -> None:
        pseudonyms = None if secrets is None else Pseudonyms(secrets)
        header = replace(
            _header(target, arguments, options),
            hash_seed=hash_seed,
            world=world,
            redacted=() if pseudonyms is None else tuple(described(pseudonyms)),
        )
        self.path = path
        self.most, self.redacted = most, header.redacted
        early = None if most is None else most - most // _MARGIN
        self._writer = Writer(path, header, durability=durability, clock=_monotonic, most=early, full=self._fill_up)
        self.batch = Batch(self._writer if pseudonyms is None else RedactingBook(self._writer, pseudonyms))
        rows = self.batch.add
        self._recorder = (
            Recorder(self.batch, rows=rows) if pseudonyms is None else Redacting(self.batch, pseudonyms, rows=rows)
        )
        self._known: set[str] = set()
        self._watch: Watch | None = None
        self.record = Recording(
            self._recorder,
            self.batch.flush,
            decisions=header.strategy not in SEEDED,
            names=names,
            write=self.batch.write,
        )

    def __enter__(self) -> Keeping:
        self._watch = Watch(noting(self._recorder, self._step))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._watch is not None:
            self._watch.end()
        if kind is not None and issubclass(kind, UsageError):
            # Nothing ran.
            self._writer.abandon()
            self.path.unlink()
            return
        # Whatever ended the run, what it noted until then is written.
        try:
            self.batch.write()
        finally:
            self._writer.close()

    def seal(self) -> None:
        """End the segment that is written: whoever copies it has a whole one."""
        self.batch.write()
        self._writer.rotate()

    def keep_sources(self, target: str = "") -> None:
        """Keep the sources of what the program has imported by now, and that of the target, which nobody imports."""
        self.keep(sources.of_program(self._known, [str(Target.of(target).file)] if target else []))

    def keep(self, found: Mapping[str, bytes]) -> None:
        """Keep these sources, whatever they are on the disk today."""
        self._known.update(found)
        if found:
            self._recorder.generation_moved(0, 1, Phase.LOAD, sources=dict(found))

    def ended(self, run: Run) -> Run:
        """The run is over, and this is what became of it: the same, with the journal named."""
        self.keep_sources()
        if run.failure is not None:
            self._recorder.failed(run.steps, run.failure)
        self._recorder.ended(run.steps, run.outcome, run.exit_code, signed(run.digest))
        return replace(run, journal=str(self.path))

    def _fill_up(self) -> int:
        assert self.most is not None
        self.record.fill_up(self.most)
        return self._writer.position + self.most // _MARGIN

    def _step(self) -> int:
        return 0 if self.record.engine is None else self.record.engine.trace.step


def _header(target: str, arguments: Sequence[str], options: Mapping[str, Any]) -> Header:
    return replace(
        here(target, seed=int(options.get("seed", 0)), libraries=LIBRARIES),
        strategy=str(options.get("strategy", SEEDED[-1])),
        arguments=tuple(arguments),
        configuration={name: _spelled(value) for name, value in options.items()} | {"directory": os.getcwd()},
    )


def _spelled(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def place(target: str, seed: int) -> Path:
    """Where the journal of a run goes that nobody named; room is made for it."""
    try:
        FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        retention.prune(FOLDER)
    except OSError as error:
        raise unwritable(FOLDER, error) from error
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{Target.of(target).name}-{seed}"
    paths = (FOLDER / f"{name}{suffix}{retention.SUFFIX}" for suffix in ("", *(f"-{n}" for n in range(1, 10_000))))
    return next(path for path in paths if not path.exists())
