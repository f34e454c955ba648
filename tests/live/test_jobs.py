"""Jobs of a live run are done outside of it, and what they gave is given back without doing them."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiofiles
import pytest

from detrun.journal.entries import InputKind, Received
from tests.live.served import Meeting, Recording, check_ok, recorded, replayed


def jobs(recording: Recording) -> int:
    return sum(entry.kind == InputKind.EXECUTOR for entry in recording.of(Received))


def test_a_file_that_is_gone_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_text("some words")

    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> str:
            async with aiofiles.open(file) as opened:
                return await opened.read()

        return main

    recording = recorded(program)
    file.unlink()

    check_ok(recording)
    assert recording.result.value == "some words"
    replayed(program, recording)


def test_what_a_job_gives_may_be_larger_than_an_entry(tmp_path: Path) -> None:
    file = tmp_path / "file.bin"
    file.write_bytes(bytes(range(256)) * 16_384)

    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> int:
            return zlib.crc32(await asyncio.to_thread(file.read_bytes))

        return main

    recording = recorded(program)
    file.unlink()

    check_ok(recording)
    assert recording.result.value == zlib.crc32(bytes(range(256)) * 16_384)
    replayed(program, recording)


def test_jobs_go_on_at_once_and_end_in_the_recorded_order() -> None:
    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> tuple[list[float], float]:
            over: list[float] = []

            async def nap(seconds: float) -> None:
                await asyncio.to_thread(time.sleep, seconds)
                over.append(seconds)

            began = time.monotonic()
            await asyncio.gather(*map(nap, (0.15, 0.1, 0.05)))
            return over, time.monotonic() - began

        return main

    def is_at_once(recording: Recording) -> bool:
        check_ok(recording)
        order, seconds = recording.result.value
        # One after the other they take no less.
        return bool(order == [0.05, 0.1, 0.15] and seconds < 0.3)

    # Where there is much else to do, jobs may take long though they go on at once.
    recording = next(filter(is_at_once, (recorded(program) for _ in range(5))), None)

    assert recording is not None
    assert jobs(recording) == 3
    replayed(program, recording)


def test_what_a_job_raises_is_raised_again() -> None:
    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> str:
            with pytest.raises(FileNotFoundError) as raised:
                await asyncio.to_thread(Path("/there/is/none").read_text)
            return f"{raised.value.errno}"

        return main

    recording = recorded(program)

    check_ok(recording)
    assert recording.result.value == "2"
    replayed(program, recording)


def test_a_function_of_the_programs_own_runs_again_for_what_it_does_to_the_program() -> None:
    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> list[int]:
            seen: list[int] = []
            for number in range(3):
                await asyncio.to_thread(seen.append, number)
                await asyncio.to_thread(_append, seen, -number)
            return seen

        return main

    recording = recorded(program)

    check_ok(recording)
    assert recording.result.value == [0, 0, 1, -1, 2, -2]
    replayed(program, recording)


class Counting:
    """Something of the program's own that can be called, and counts."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers
        numbers.append(-1)

    def __call__(self, number: int) -> None:
        self.numbers.append(number)


def test_a_class_of_the_programs_own_and_what_it_makes_run_again() -> None:
    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> list[int]:
            seen: list[int] = []
            await asyncio.to_thread(await asyncio.to_thread(Counting, seen), 1)
            return seen

        return main

    recording = recorded(program)

    check_ok(recording)
    assert recording.result.value == [-1, 1]
    assert jobs(recording) == 0
    replayed(program, recording)


def test_randomness_is_the_systems_and_comes_again() -> None:
    import random  # noqa: PLC0415
    import secrets  # noqa: PLC0415
    import uuid  # noqa: PLC0415

    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> list[Any]:
            return [secrets.token_hex(), random.random(), str(uuid.uuid4()), random.Random().random()]

        return main

    recording, other = recorded(program), recorded(program)

    check_ok(recording)
    assert not set(recording.result.value) & set(other.result.value)
    replayed(program, recording)


def _append(numbers: list[int], number: int) -> None:
    numbers.append(number)
