"""What one schedule leaves in the program's modules, the next does not find there."""

from __future__ import annotations

import asyncio
import ctypes
import faulthandler
import sys
from pathlib import Path
from typing import Any

import pytest

from detrun.cli.target import load
from detrun.errors import RunError
from detrun.explore.attempt import Attempts
from detrun.explore.forked import Forked
from detrun.explore.fresh import Anew, Audit
from detrun.explore.performing import Performer
from detrun.explore.schedules import Schedule
from detrun.explore.together import Together
from detrun.model import Plan
from detrun.scheduler.catch import install
from detrun.scheduler.strategies.default import Default

SCRIPT = """
import asyncio
import fresh_helper

async def main():
    fresh_helper.SEEN.append(1)
    assert len(fresh_helper.SEEN) == 1, fresh_helper.SEEN

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    install()  # before the path is another one, which would hide that it was done
    (tmp_path / "fresh_program.py").write_text(SCRIPT)
    (tmp_path / "fresh_helper.py").write_text("SEEN = []\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "argv", sys.argv[:])
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    yield str(tmp_path / "fresh_program.py")
    for name in ("fresh_program", "fresh_helper"):
        sys.modules.pop(name, None)


def outcomes(attempts: Attempts) -> list[str]:
    return [attempts.attempt(Default()).outcome for _ in range(3)]


def test_a_script_and_its_modules_are_executed_for_each_schedule(script: str) -> None:
    assert outcomes(Attempts(Anew(lambda: load(script, ()), whole=True))) == ["ok", "ok", "ok"]


def test_a_function_is_imported_for_each_schedule_if_that_is_asked_for(script: str) -> None:
    assert outcomes(Attempts(Anew(lambda: load(f"{script}:main", ()), whole=False))) == ["ok", "ok", "ok"]


def test_without_that_the_second_schedule_finds_what_the_first_left(script: str) -> None:
    program = load(f"{script}:main", ())

    assert outcomes(Attempts(lambda: program)) == ["ok", "failed", "failed"]


def test_a_process_for_each_schedule_leaves_nothing(script: str) -> None:
    program = load(f"{script}:main", ())

    assert outcomes(Forked(lambda: program)) == ["ok", "ok", "ok"]


def test_an_attempt_tells_from_its_process_how_it_failed() -> None:
    async def main() -> None:
        raise ValueError("gone wrong")

    attempt = Forked(lambda: main).attempt(Default(), traced=True)

    assert attempt.failure is not None
    assert (attempt.failure.message, attempt.story is not None) == ("ValueError: gone wrong", True)


def test_an_audit_names_what_changed_in_a_module(script: str) -> None:
    program = load(f"{script}:main", ())
    audit = Audit()
    outcomes(Attempts(lambda: program))

    assert [name for name in audit.changed() if name.startswith("fresh")] == ["fresh_helper.SEEN"]


def test_that_a_program_ends_its_process_is_no_error_of_detruns() -> None:
    async def main() -> None:
        await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.002))
        faulthandler.disable()  # which would tell of it as if these tests had crashed
        ctypes.string_at(0)

    alone, shared = Forked(lambda: main), Together(Performer(Attempts(lambda: main)), 2)

    with pytest.raises(RunError, match="was ended by SIGSEGV"):
        alone.attempt(Default())
    with pytest.raises(RunError, match="was ended by SIGSEGV"):
        list(shared.perform([Schedule(1, "holds", plan=Plan())]))
    shared.close()
