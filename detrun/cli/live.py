"""`detrun run --live`: one run of a program on real sockets and in real time, all of whose inputs are recorded."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from detrun.journal.writer import Durability
from detrun.live.interrupting import Interrupting
from detrun.live.machine import Machine
from detrun.live.program import run
from detrun.model import Run
from detrun.recording.keeping import Keeping
from detrun.scheduler.garbage import freeze


def keep(  # noqa: PLR0917  # what a journal is begun with
    path: Path,
    target: str,
    args: tuple[str, ...],
    options: Mapping[str, Any],
    hash_seed: str,
    secrets: Mapping[str, str] | None,
) -> Keeping:
    """The journal of a live run, in which everything is before anybody else learns of it."""
    given = {"strategy": "default", "entropy": options.get("entropy", "real")}
    durability = Durability.BATCH
    return Keeping(path, target, args, given, hash_seed, world="live", durability=durability, secrets=secrets)


def serve(program: Callable[[], Any], keeping: Keeping, target: str, entropy: str) -> Run:
    """Run a program live; what became of it."""
    keeping.keep_sources(target)
    freeze()

    def seal() -> None:
        keeping.seal()
        _say(f"the journal is sealed up to here: {keeping.path}")

    _say(f"live, entropy {entropy}, journal {keeping.path}")
    _say("the journal holds what was received; who asks the program to stop twice ends it at once")
    with keeping:
        return keeping.ended(run(program, Machine(keeping.batch, Interrupting(seal)), keeping.record, entropy))


def status(run: Run) -> int:
    """The exit code of a run: as the shell has it for whoever was ended by a signal."""
    if run.failure is not None and run.failure.kind == "signal":
        return run.exit_code
    return 0 if run.outcome == "ok" else 1


def _say(sentence: str) -> None:
    click.echo(f"detrun: {sentence}", err=True)
