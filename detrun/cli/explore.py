"""`detrun explore`: look for a schedule that fails."""

import os
from typing import Any

import click

from detrun.cli import asking, hashseed, repro
from detrun.cli.target import load
from detrun.errors import UsageError

FOUND, NOTHING, BUDGET, INTERRUPTED = 1, 5, 6, 130
# What a search is made of, and what it takes for a failure.
_SEARCHED = ("runs", "seconds", "strategy", "level", "faults", "shard", "keep_going", "entropy", "fresh")
_FAILING = ("max_steps", "max_time", "leaks")
RUNS = 2_000


@click.command("explore")
@asking.program
@click.option("--runs", type=click.IntRange(min=1), metavar="N", help=f"How many schedules; {RUNS:,} unless --seconds.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), metavar="S", help="How long to look at most.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", default=1, help="In how many processes.")
@click.option(
    "--strategy",
    type=click.Choice(["auto", "holds", "random", "sticky", "pct", "pctcp", "pos", "urw"]),
    default="auto",
    help="How to choose; auto tries every single hold, and then all others by what they find.",
)
@asking.level(1)
@asking.faults("; all for any")
@click.option("--shard", callback=asking.shard, metavar="i/N", help="Run the i-th of N parts of the search.")
@click.option("--keep-going", is_flag=True, help="Look for more after the first failure.")
@click.option(
    "--entropy",
    type=click.Choice(["drawn", "fixed"]),
    default="drawn",
    help="The program's randomness: drawn anew for each schedule, or the same in all.",
)
@click.option(
    "--fresh",
    type=click.Choice(["module", "none", "process"]),
    help="What each schedule finds new: the program's modules (so for a file), nothing (for a function), or all.",
)
@asking.bounds("Steps of each run.", "Virtual seconds of each run.", 100_000)
@click.option("--emit", type=click.Path(file_okay=False), metavar="DIR", help="Write a test that keeps each failure.")
@click.option("--leaks", is_flag=True, help="Also fail by tasks and connections that are left at the end.")
@click.option("--fail-on-budget", is_flag=True, help="Exit with 6 if there was more to try and nothing was found.")
@asking.output("text", "json", "jsonl")
def command(target: str, args: tuple[str, ...], output: str, **options: Any) -> int:
    """Look for a schedule of TARGET that fails, and keep its journal.

    TARGET is file.py, file.py:function, module or module:function, or with --scenario the directory of an application.
    What it prints is not shown: `detrun replay` does.
    """
    hash_seed = hashseed.pin()
    line = repro.liner("replay")
    same = repro.line(target, args, asking.said(*_SEARCHED, *_FAILING), "explore")
    # As the words are now: the program may go elsewhere.
    folder, directory = None if options["emit"] is None else os.path.abspath(options["emit"]), os.getcwd()
    from detrun.cli.exploring import Exploring  # noqa: PLC0415  # slow, so not for `--help`
    from detrun.explore import standard_input  # noqa: PLC0415
    from detrun.explore.exploration import Asked, explore  # noqa: PLC0415

    asked = Asked(
        target=target,
        arguments=args,
        hash_seed=hash_seed,
        runs=RUNS if options["runs"] is None and options["seconds"] is None else options["runs"],
        kinds=tuple(options["faults"] or ()),
        shard=options["shard"].number,
        shards=options["shard"].of,
        max_time=options["max_time"] or 0.0,
        **{
            name: options[name]
            for name in ("seconds", "jobs", "strategy", "level", "keep_going", "entropy", "fresh", "max_steps", "leaks")
        },
    )
    standard_input.share()
    told = Exploring(output, lambda journal: same if journal is None else line(journal, (), {}))
    explored = explore(asked, lambda: load(target, args), told.progress)
    problem = None
    if folder is not None:
        from detrun.cli.emitting import emit_all  # noqa: PLC0415

        try:
            told.tests = emit_all(explored.failures, folder, target, args, directory)
        except UsageError as error:
            problem = error
    told.write(explored)
    if problem is not None:
        # Said last, but what was found is not lost by it.
        raise problem
    if explored.interrupted:
        return INTERRUPTED
    if explored.failures or explored.never:
        return FOUND
    if not explored.schedules:
        return NOTHING
    return BUDGET if options["fail_on_budget"] and not explored.complete else 0
