"""Data beside modules comes from the snapshot."""

from __future__ import annotations

import importlib.resources
import pkgutil
from typing import TYPE_CHECKING

import pytest

from tests.runtime.modules.trees import TREE

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App


def test_resources_are_those_of_the_generation(app: App) -> None:
    files = TREE | {"main.py": "import package, package.data\n"}
    first = app.loaded(app.write(files))
    second = app.loaded(app.write({"package/data/text.txt": "text 2"}))
    app.write({"package/data/text.txt": "text of the disk"})

    for graph, text in ((first, "text 1"), (second, "text 2")):
        with graph:
            assert importlib.resources.files("package").joinpath("data", "text.txt").read_text() == text
            assert importlib.resources.files("package.data").joinpath("text.txt").read_bytes() == text.encode()
            assert pkgutil.get_data("package", "data/text.txt") == text.encode()
            with importlib.resources.as_file(importlib.resources.files("package") / "data" / "text.txt") as path:
                assert path.read_text() == text


def test_resources_are_walked(app: App) -> None:
    graph = app.loaded(app.write(TREE | {"main.py": "import package\n"}))

    with graph:
        package = importlib.resources.files("package")
        assert [place.name for place in package.iterdir()] == ["__init__.py", "data", "deep", "sibling.py"]
        assert [place.is_dir() for place in package.iterdir()] == [False, True, True, False]
        assert not (package / "nothing").is_file()
        with pytest.raises(FileNotFoundError, match=r"expected a file of the snapshot, .* got 'package/nothing'"):
            (package / "nothing").read_text()
