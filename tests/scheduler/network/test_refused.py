"""Libraries that go to the network past asyncio are refused inside a run, and nowhere else."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import detrun
from detrun.scheduler.network.refused import REFUSED, guards

NAMES = [(module, path) for module, (paths, _) in REFUSED.items() for path in paths]


def _source(path: str) -> str:
    """A module with something callable at this path."""
    owner, _, name = path.rpartition(".")
    if not owner:
        return f"def {name}(): return 'real'\n"
    if name == "__init__":
        return f"class {owner}:\n    def __init__(self): self.kind = 'real'\n"
    return f"class {owner}:\n    @classmethod\n    def {name}(cls): return 'real'\n"


def _call(module: Any, path: str) -> Any:
    """Call what is at a path of a module."""
    found = module
    for name in path.removesuffix(".__init__").split("."):
        found = getattr(found, name)
    result = found()
    return getattr(result, "kind", result)


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of these names, and nothing more, in the place of the libraries."""
    libraries = {name.partition(".")[0] for name in REFUSED}
    known = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in libraries}
    for name in known:
        del sys.modules[name]
    for module, path in NAMES:
        _write(tmp_path, module, _source(path))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in libraries]:
        del sys.modules[name]
    sys.modules.update(known)


def _write(root: Path, module: str, source: str) -> None:
    *packages, last = module.split(".")
    folder = root
    for package in packages:
        folder /= package
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    (folder / f"{last}.py").write_text(source)


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize(("module", "path"), NAMES)
def test_a_library_that_is_imported_inside_a_run_is_refused_there(module: str, path: str) -> None:
    failure = detrun.run(lambda: _call(importlib.import_module(module), path)).failure

    assert failure is not None
    assert failure.kind == "forbidden"
    assert f"the network of {module.partition('.')[0]}" in failure.message
    assert REFUSED[module][1] in failure.message


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize(("module", "path"), NAMES)
def test_a_library_is_left_alone_outside_a_run(module: str, path: str) -> None:
    detrun.run(lambda: importlib.import_module(module)).result()

    assert _call(sys.modules[module], path) == "real"


def test_what_a_library_does_not_have_is_not_missed() -> None:
    module = types.ModuleType("pycares")
    guards(lambda: True)["pycares"](module)

    assert not hasattr(module, "Channel")
