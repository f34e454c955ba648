"""A journal is kept beside a run, which does not notice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from detrun.recording.keeping import Keeping
from detrun.scheduler.program import run


def test_a_segment_that_ends_in_the_middle_of_a_turn_moves_no_clock_of_the_run(tmp_path: Path) -> None:
    def program(seal: Callable[[], None]) -> Callable[[], object]:
        async def main() -> list[int]:
            seen = []
            for _ in range(3):
                seal()
                seen.append(time.monotonic_ns())
                await asyncio.sleep(1)
            return seen

        return main

    plain = run(program(lambda: None))
    with Keeping(tmp_path / "journal.bin", "program", (), {}, "0") as keeping:
        kept = keeping.ended(run(program(keeping.seal), record=keeping.record))

    assert (tmp_path / "journal.bin.3").exists()
    assert kept.value == plain.value
