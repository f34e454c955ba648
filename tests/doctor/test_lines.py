"""Which names a line reads and stores."""

from __future__ import annotations

from types import CodeType

import pytest

from detrun.doctor.lines import names_of

LINES = [
    ("a = b", {"b"}, {"a"}),
    ("a = b.c", {"b", "b.c"}, {"a"}),
    ("B.c += d", {"B", "B.c", "d"}, set()),
    ("a, b = b, a", {"a", "b"}, {"a", "b"}),
    ("f(a, b)", {"f", "a", "b"}, set()),
    ("print([c for c in a])", {"print", "a"}, set()),
    ("pass", set(), set()),
]


def function(line: str) -> CodeType:
    """The code of a function with this line as its second."""
    module = compile(f"def run(a, b):\n    {line}", "<lines>", "exec")
    return next(code for code in module.co_consts if isinstance(code, CodeType))


@pytest.mark.parametrize(("line", "read", "stored"), LINES)
def test_a_line_has_the_names_that_it_reads_and_stores(line: str, read: set[str], stored: set[str]) -> None:
    names = names_of(function(line)).get(2)

    # Where comprehensions are inlined, their own names are the function's.
    assert (set(names.read) if names else set()) - {"c"} == read
    assert (set(names.stored) if names else set()) - {"c"} == stored
