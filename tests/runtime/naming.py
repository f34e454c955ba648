"""Which tests there are, by their names, and what each of them says that it shows."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).parents[1]
# A test with what stands directly above it, up to whatever comes next.
_TEST = re.compile(r"^(?:[#@)\]} ].*\n)*?(?:async )?def (test_\w+)\((?:.*\n)(?:[ )\n].*\n|\n)*", re.MULTILINE)

TESTS = {match[1]: match[0] for path in _ROOT.rglob("test_*.py") for match in _TEST.finditer(path.read_text())}
"""Each test's text, by its name."""


def numbered(kind: str, groups: dict[str, int]) -> list[str]:
    """All ids of some groups, each of which counts up to its last."""
    return [f"{kind}-{group}-{number:02}" for group, last in groups.items() for number in range(1, last + 1)]
