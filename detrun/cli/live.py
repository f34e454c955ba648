"""`detrun run --live`: one run of a program on real sockets and in real time, all of whose inputs are recorded."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from detrun.cli.sizes import when_full
from detrun.cli.stopping import at_once
from detrun.errors import UsageError
from detrun.journal.writer import Durability
from detrun.live.chaos import Chaos
from detrun.live.interrupting import Interrupting
from detrun.live.machine import Machine
from detrun.live.program import run
from detrun.model import Run
from detrun.recording.keeping import Keeping
from detrun.scheduler.garbage import freeze

# What would have no meaning, and why.
_MEANINGLESS = {
    "strategy": "what comes first is first",
    "level": "the interpreter does as it does",
    "faults": "the network is the real one",
    "start_time": "time is the real one",
}


def _check(options: Mapping[str, Any]) -> None:
    for name in options:
        if name in _MEANINGLESS:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"expected no {option} with --live: {_MEANINGLESS[name]}")


def keep(  # noqa: PLR0917  # what a journal is begun with
    path: Path,
    target: str,
    args: tuple[str, ...],
    options: Mapping[str, Any],
    hash_seed: str,
    secrets: Mapping[str, str] | None,
    most: int | None,
) -> Keeping:
    """The journal of a live run, in which everything is before anybody else learns of it."""
    _check(options)
    given = {"strategy": "default", "entropy": "real", **options}
    durability = Durability.BATCH
    return Keeping(
        path, target, args, given, hash_seed, world="live", durability=durability, secrets=secrets, most=most
    )


def serve(program: Callable[[], Any], keeping: Keeping, target: str, options: Mapping[str, Any]) -> Run:
    """Run a program live; what became of it."""
    keeping.keep_sources(target)
    freeze()

    def seal() -> None:
        keeping.seal()
        _say(f"the journal is sealed up to here: {keeping.path}")

    def farewell() -> None:
        os.write(2, f"\n{at_once(keeping.path)}\n".encode())

    entropy = options.get("entropy", "real")
    for sentence in _banner(keeping, entropy, chaos=bool(options.get("chaos"))):
        _say(sentence)
    with keeping:
        chaos = Chaos(options["seed"]) if options.get("chaos") else None
        machine = Machine(keeping.batch, Interrupting(seal, farewell, _say), chaos)
        asked = {name: options[name] for name in ("max_steps", "max_time", "strict") if name in options}
        return keeping.ended(run(program, machine, keeping.record, entropy, seed=options["seed"], **asked))


def status(run: Run) -> int:
    """The exit code of a run: as the shell has it for whoever was ended by a signal."""
    if run.failure is not None and run.failure.kind == "signal":
        return run.exit_code
    return 0 if run.outcome == "ok" else 1


def _banner(keeping: Keeping, entropy: str, *, chaos: bool) -> Iterable[str]:
    """What whoever starts a server has to know of it."""
    yield f"live{', chaos' if chaos else ''}, entropy {entropy}, journal {keeping.path}"
    if entropy != "real":
        yield "keys and tokens can be guessed: nobody should be served who relies on them"
    secrets = f", with pseudonyms for {', '.join(keeping.redacted)}" if keeping.redacted else ""
    grows = ", and grows without bound unless --max-journal is given" if keeping.most is None else ""
    yield f"the journal holds what was received{secrets}{grows}"
    if keeping.most is not None:
        yield when_full(keeping.most)
    yield "who asks the program to stop twice ends it at once"


def _say(sentence: str) -> None:
    click.echo(f"detrun: {sentence}", err=True)
