"""Imports point downwards, and name modules by their full path."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "detrun"

# Top to bottom; what shares a line are siblings, and neither imports the other. What is not built yet has its place.
LAYERS = [
    {"__init__", "__main__"},
    {"cli"},
    {"testing"},
    {"server", "explore", "doctor", "scenarios"},
    {"compat"},
    {"bindings"},
    {"runtime"},
    {"recording"},
    {"simulation", "live", "assertions"},
    {"scheduler", "journal"},
    {"model"},
    {"errors"},
]
DEPTH = {part: depth for depth, layer in enumerate(LAYERS) for part in layer}


def objections(path: str, source: str) -> list[str]:
    """What is wrong with the imports of a module at this path below the package."""
    part = path.partition("/")[0].removesuffix(".py")
    return [f"{path}: {wrong}" for node in ast.walk(ast.parse(source)) for wrong in _objections(part, node)]


def _objections(part: str, node: ast.AST) -> Iterator[str]:
    for name in _imported(node):
        match name.split("."):
            case ["", *_]:
                yield f"{name} is relative"
            case ["detrun"]:
                yield "names the package root"
            case ["detrun", other, *_] if other != part and DEPTH[other] <= DEPTH[part]:
                yield f"{name} is not below {part}"


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = "." * node.level + (node.module or "")
        # `from detrun import cli` names a part, not the root.
        yield from (
            f"{base}.{alias.name}" if base == "detrun" and alias.name in DEPTH else base for alias in node.names
        )


MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES)
def test_imports_point_downwards(path: str) -> None:
    assert objections(path, (PACKAGE / path).read_text()) == []


def test_every_part_has_its_layer() -> None:
    assert {path.partition("/")[0].removesuffix(".py") for path in MODULES} <= DEPTH.keys()


BAD = [
    ("model.py", "from detrun.scheduler.clock import Clock", "detrun.scheduler.clock is not below model"),
    ("scheduler/loop.py", "import detrun.cli.main", "detrun.cli.main is not below scheduler"),
    ("scheduler/loop.py", "from detrun import cli", "detrun.cli is not below scheduler"),
    ("scheduler/loop.py", "from detrun.journal.codec import encode", "detrun.journal.codec is not below scheduler"),
    ("journal/codec.py", "def f():\n    import detrun.scheduler.loop", "detrun.scheduler.loop is not below journal"),
    ("cli/run.py", "import detrun", "names the package root"),
    ("cli/run.py", "from detrun import run", "names the package root"),
    ("cli/run.py", "from . import report", ". is relative"),
    ("cli/run.py", "from ..model import Run", "..model is relative"),
]


@pytest.mark.parametrize(("path", "source", "objection"), BAD)
def test_a_bad_import_meets_an_objection(path: str, source: str, objection: str) -> None:
    assert objections(path, source) == [f"{path}: {objection}"]
