"""What is reported of a test: to whom reads it, to JUnit, and the command that repeats it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from detrun.testing import plugin
from detrun.testing.saved import as_word, from_word

if TYPE_CHECKING:
    from detrun.explore.kept import KeptPlan
    from detrun.model import Failure

# The hash seed of the process in which a failure is verified.
_PINNED = "1"
# How long that may take, in seconds.
_PATIENCE = 120
_FAILED = 1


class Found(NamedTuple):
    """A failure in words: what was raised, the plan of it if there is one, and the explanation."""

    failure: Failure
    plan: KeptPlan | None
    lines: tuple[str, ...]


class Report:
    """The report of the test that runs now; without pytest, that of no test in particular."""

    def __init__(self, item: Any) -> None:
        self._item = item
        self.test: str = "a test" if item is None else item.nodeid
        self.root = Path.cwd() if item is None else Path(item.config.rootpath)
        word = None if item is None else item.config.getoption("detrun_plan")
        # The only schedule that is asked for, if one is.
        self.plan = None if word is None else from_word(word)

    @classmethod
    def current(cls) -> Report:
        """That of the test that runs now."""
        return cls(plugin.current)

    def note(self, schedules: int, plan: KeptPlan | None = None, *, seed: int = 0) -> None:
        """Have it in the report for JUnit how much was tried, and what failed."""
        if self._item is None:
            return
        holds = "; ".join(plan.story) if plan is not None else ""
        properties = {"detrun.schedules": schedules, "detrun.seed": seed, "detrun.holds": holds}
        self._item.user_properties += list(properties.items())

    def text(self, found: Found, *, verify: bool) -> str:
        """All that is said of a failure."""
        failure = found.failure
        # What pytest has of it in the line that sums up.
        summary = (failure.message.splitlines() or [failure.kind])[0].removesuffix(":")
        lines = [summary, *found.lines, (failure.traceback or failure.message).rstrip()]
        if verify and found.plan is not None and self._item is not None and self.plan is None:
            lines.append(self._verified(found.plan))
        return "\n".join([*lines, self._repro(found.plan)])

    def _repro(self, plan: KeptPlan | None) -> str:
        words = ["pytest", self.test]
        if plan is not None:
            words += [plugin.PLAN, as_word(plan)]
        return f"repro: {shlex.join(words)}"

    def _verified(self, plan: KeptPlan) -> str:
        """Whether it also fails in a process in which nothing ran before, with a hash seed that is known."""
        config = self._item.config
        words = [sys.executable, "-m", "pytest", self.test, plugin.PLAN, as_word(plan), "-q", "-p", "no:cacheprovider"]
        words += ["-n0"] if config.pluginmanager.hasplugin("xdist") else []
        words += ["--rootdir", os.fspath(config.rootpath)]
        # Where detrun is not installed, it was asked for by its module.
        words += ["-p", plugin.__name__] if config.pluginmanager.hasplugin(plugin.__name__) else []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        try:
            ended = subprocess.run(
                words,
                cwd=config.rootpath,
                env=environment | {"PYTHONHASHSEED": _PINNED},
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"not verified: a fresh process was not done with it after {_PATIENCE} s"
        if ended.returncode == _FAILED and "repro:" in ended.stdout:
            return "verified: it fails in a fresh process as well"
        if ended.returncode == 0:
            return (
                "not verified: in a fresh process it passes; it depends on what ran before, or on the hash seed "
                f"(try {plugin.HASH_SEED} {_PINNED})"
            )
        return f"not verified: a fresh process ended with status {ended.returncode}"
