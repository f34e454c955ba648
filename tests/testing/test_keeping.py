"""Kept failures: a test that fails with the bug, passes without it, and is stale when the program is another one."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from detrun.errors import Stale
from detrun.explore.emitting import Subject, emit, source
from detrun.explore.kept import KeptPlan
from detrun.explore.portfolio import FOREVER
from detrun.testing import Back, Kept
from tests.cli.command import detrun, python
from tests.testing.shops import BROKEN, BUGGY, ELSEWHERE, FIXED, RENAMED

HOLDS = (("turn 3 after buy#1/sleep#1", "buy#2/sleep#1"),)


def shop(directory: Path, text: str) -> Kept:
    """The shop's program, and the failure that is kept of it."""
    (directory / "shop.py").write_text(text)
    return Kept("shop.py:main", root=directory, failure="AssertionError: -1", holds=HOLDS)


def test_a_kept_failure_is_back_while_the_bug_is_there(tmp_path: Path) -> None:
    with pytest.raises(Back, match=r"it fails again: AssertionError: -1\n  turn 3 after buy#1/sleep#1\n"):
        shop(tmp_path, BUGGY).check()


def test_it_is_not_once_the_bug_is_gone(tmp_path: Path) -> None:
    shop(tmp_path, FIXED).check()


def test_it_is_stale_after_a_rename_and_says_what_is_nearest(tmp_path: Path) -> None:
    with pytest.raises(Stale, match=r"expected an event 'turn 3 after buy#1/sleep#1'"):
        shop(tmp_path, RENAMED).check()
    with pytest.raises(Stale, match="the nearest is 'purchase#2/sleep#1'"):
        Kept("shop.py:main", root=tmp_path, holds=[("purchase#1/sleep#1", "buy#2/sleep#1")]).check()


@pytest.mark.parametrize("target", ["shop.py:main", "shops.py", "shops.py:main", "shops.shop", "shops.shop:main"])
def test_it_is_stale_without_its_program(target: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(ELSEWHERE)

    with pytest.raises(Stale, match=re.escape(f"expected a program {target!r}, and it is not there any more")):
        Kept(target, root=tmp_path, holds=HOLDS).check()


def test_an_event_that_could_be_and_never_is_makes_it_stale(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(BUGGY)

    with pytest.raises(Stale, match="'buy#2/sleep#9'"):
        Kept("shop.py:main", root=tmp_path, holds=[("turn 3 after buy#1/sleep#1", "buy#2/sleep#9")]).check()


def test_another_failure_in_its_place_is_one_too(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(BROKEN)

    with pytest.raises(Back, match=r"though not as it did \(AssertionError: -1\): RuntimeError: closed"):
        Kept("shop.py:main", root=tmp_path, failure="AssertionError: -1").check()


def test_the_process_is_left_as_it_was(tmp_path: Path) -> None:
    kept, before = shop(tmp_path, FIXED), (sys.path[:], sys.argv[:], sys.modules.get("shop"))
    kept.check()

    assert (sys.path, sys.argv, sys.modules.get("shop")) == before


def test_a_module_of_a_package_is_found_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "market_of_tests").mkdir()
    (tmp_path / "market_of_tests" / "__init__.py").write_text("")
    (tmp_path / "market_of_tests" / "stall.py").write_text(BUGGY)

    with pytest.raises(Back):
        Kept("market_of_tests.stall:main", root=tmp_path, holds=HOLDS).check()


@pytest.mark.parametrize("text", [BUGGY + "\nasyncio.run(main())\n"])
def test_a_script_is_kept_as_well(text: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(text)

    with pytest.raises(Back):
        Kept("shop.py", root=tmp_path, holds=HOLDS).check()


@pytest.mark.parametrize(("delay", "words"), [(5_000_000, "delay=5_000_000,"), (FOREVER, "delay=None,")])
def test_what_is_emitted_is_the_plan_that_it_was_made_of(delay: int, words: str, tmp_path: Path) -> None:
    plan = KeptPlan((("it's", 'a "b"'), ("c", "d\\e")), (("f", 2),), ("delay",), 3, 2, 4_000, delay)
    subject = Subject("shop.py:main", ("--x",), str(tmp_path), "sig", 'say "no"', 'fails iff """ \\ comes')
    (tmp_path / "run.bin").write_bytes(b"journal")
    path = emit(tmp_path / "kept", subject, plan, tmp_path / "run.bin")
    module = _imported(path)

    assert module.KEPT.plan == plan
    assert f"    {words}\n" in path.read_text()
    assert (module.KEPT.target, module.KEPT.failure) == ("shop.py:main", 'say "no"')
    assert (tmp_path / "kept" / module.KEPT.journal).read_bytes() == b"journal"
    assert source(subject, plan, "..", "x.bin").startswith('"""Fails iff')


def test_what_minimize_emits_fails_with_the_bug_and_passes_without(tmp_path: Path) -> None:
    program = tmp_path / "shop.py"
    program.write_text(BUGGY)
    for seed in range(20):
        if detrun("run", "shop.py:main", "--seed", str(seed), "--journal", f"{seed}.bin", cwd=tmp_path).returncode:
            break
    detrun("minimize", f"{seed}.bin", "--emit", "kept", cwd=tmp_path)

    statuses = []
    for text in (BUGGY, FIXED, RENAMED):
        program.write_text(text)
        ended = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "kept", cwd=tmp_path)
        statuses.append((ended.returncode, told_stale(ended.stdout)))
    assert statuses == [(1, False), (0, False), (1, True)]


def told_stale(stdout: str) -> bool:
    """Whether a test is said to be stale, in the first line and in the summary, and no frame of ours is shown."""
    assert "keeping.py" not in stdout
    return stdout.count("Stale: expected an event") == 2


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("emitted", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_explore_emits_is_the_failure_that_it_found(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(BUGGY)
    ended = detrun("explore", "shop.py:main", "--emit", "kept", "-o", "json", cwd=tmp_path)
    (failure,) = json.loads(ended.stdout)["failures"]

    with pytest.raises(Back, match="AssertionError: -1"):
        _imported(Path(failure["test"])).KEPT.check()
