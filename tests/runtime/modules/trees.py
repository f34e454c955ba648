"""An application with modules of all kinds, and the same with other contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from detrun.runtime.modules.graph import Graph

TREE = {
    "main.py": "import helper\nimport package.deep.leaf as leaf\nfrom package import sibling\nVALUE = 1\n",
    "helper.py": "VALUE = 'helper 1'\n",
    "package/__init__.py": "",
    "package/sibling.py": "from . import deep\nfrom .deep.leaf import VALUE\n",
    "package/deep/__init__.py": "from .. import sibling\n",
    "package/deep/leaf.py": "VALUE = 'leaf 1'\n",
    "package/data/text.txt": "text 1",
    "space/inner/module.py": "VALUE = 'space 1'\n",
    "lazy.py": "VALUE = 'lazy 1'\n",
    "late.py": "def get():\n    import lazy\n    return lazy.VALUE\n",
}
SECOND = {path: text.replace("1", "2") for path, text in TREE.items()}


def main_of(graph: Graph) -> ModuleType:
    """Its main module."""
    return graph.modules["main"]


def differences(one: dict[str, ModuleType], other: dict[str, ModuleType]) -> set[str]:
    """The names whose modules are not the same ones. To show how two thousands differ takes minutes."""
    return {name for name in {*one, *other} if one.get(name) is not other.get(name)}
