"""A ratchet for sizes: what is long today is listed, and the lists only shrink."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST_FUNCTION = 60
LONGEST_FILE = 400

LONG_FUNCTIONS: set[str] = set()
LONG_FILES: set[str] = set()


def long_functions(path: str, source: str) -> Iterator[str]:
    """The functions in a file that are too long."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines(node) > LONGEST_FUNCTION:
            yield f"{path}: {node.name}"


def is_long(source: str) -> bool:
    """Whether a file is too long."""
    return len(source.splitlines()) > LONGEST_FILE


def _lines(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def _sources() -> Iterator[tuple[str, str]]:
    for folder in ("detrun", "tests", "benchmarks", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            yield str(path.relative_to(ROOT)), path.read_text()


def test_no_function_is_long_that_was_not() -> None:
    assert {name for path, source in _sources() for name in long_functions(path, source)} == LONG_FUNCTIONS


def test_no_file_is_long_that_was_not() -> None:
    assert {path for path, source in _sources() if is_long(source)} == LONG_FILES


def test_a_long_function_is_noticed_wherever_it_stands() -> None:
    line = "        pass\n"
    body = line * LONGEST_FUNCTION

    assert list(long_functions("a.py", f"class A:\n    async def f(self):\n{body}")) == ["a.py: f"]
    assert list(long_functions("a.py", f"class A:\n    def f(self):\n{body.removesuffix(line)}")) == []


def test_a_long_file_is_noticed() -> None:
    assert is_long("pass\n" * (LONGEST_FILE + 1))
    assert not is_long("pass\n" * LONGEST_FILE)
