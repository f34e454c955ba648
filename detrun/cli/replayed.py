"""What `detrun replay` says of a replay, and of where it parted if it did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from detrun.cli.report import as_text as told_run

if TYPE_CHECKING:
    from detrun.recording.locating import Verdict
    from detrun.recording.replay import Replay
    from detrun.recording.replaying import Difference


def as_json(told: Replay, verdict: Verdict | None) -> str:
    """One line for programs."""
    return json.dumps(
        {
            "schema": "detrun.replay/1",
            "outcome": "same" if told.difference is None else "diverged",
            "steps": told.steps,
            "digest": told.digest,
            "recorded_outcome": told.recorded_outcome,
            "divergence": None if told.difference is None or verdict is None else _parting(told.difference, verdict),
            "wall_seconds": told.wall_seconds,
        }
    )


def _parting(difference: Difference, verdict: Verdict) -> dict[str, Any]:
    return {
        "step": difference.step,
        "event": difference.event,
        "expected": difference.expected,
        "actual": difference.actual,
        "cause": verdict.cause,
        "because": verdict.because,
        "where": verdict.where,
        "before": list(difference.before),
    }


def as_text(told: Replay, verdict: Verdict | None) -> str:
    """Lines for people."""
    if told.difference is not None and verdict is not None:
        return "".join(f"{line}\n" for line in _parting_lines(told.difference, verdict))
    failure = told_run(told.run) if told.run is not None and told.failed else ""
    return f"{failure}detrun: same: {told.steps} steps, recorded {told.recorded_outcome}, {told.wall_seconds:.3f} s\n"


def _parting_lines(difference: Difference, verdict: Verdict) -> list[str]:
    return [
        f"detrun: diverged at step {difference.step}, at {difference.event}",
        f"  expected  {difference.expected}",
        f"  got       {difference.actual}",
        *([f"  where     {verdict.where}"] if verdict.where else []),
        f"  cause     {verdict.cause}: {verdict.because}",
        *(f"  before    {line}" for line in difference.before),
    ]
