"""Nothing of a graph is left when it is forgotten, however many there were."""

from __future__ import annotations

import contextlib
import gc
import sys
import weakref
from typing import TYPE_CHECKING

import msgspec.json
import pytest

from tests.runtime.modules.trees import differences

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App

MAIN = """
import abc, dataclasses, enum, functools, helper, typing
import msgspec

class Base(abc.ABC):
    items: list["Base"]

@dataclasses.dataclass
class Data(Base):
    other: "Data | None" = None

class Colour(enum.Enum):
    RED = 1

class Struct(msgspec.Struct):
    inner: "Struct | None" = None

@functools.lru_cache
def cached(x): return x

@functools.singledispatch
def of(x): return cached(x)

of.register(Data, lambda data: data)
typing.get_type_hints(Data)
msgspec.json.decode(b"{}", type=Struct)
of(Data())
of(1)
FILLING = [0] * 10_000
"""
HELPER = "import main\nFAIL = False\ndef f():\n    return main\n"


@pytest.mark.parametrize("failing", [False, True])
def test_a_thousand_graphs_leave_nothing(app: App, *, failing: bool) -> None:  # R-GEN-21
    """Half of them share their sources, half have their own; forgotten as they are dropped, or because one says so."""
    snapshot = app.write({"main.py": MAIN, "helper.py": HELPER})
    modules: list[weakref.ref[object]] = []

    def once(n: int) -> None:
        graph = app.graph(snapshot.changed({"helper.py": f"{HELPER}N = {n % 2 and n}\n" + "1 / 0\n" * failing}))
        with contextlib.suppress(ZeroDivisionError):
            modules.append(weakref.ref(graph.load()))
        app.graphs.clear()
        if n % 2:
            graph.forget()

    def rounds(begin: int, end: int) -> int:
        for n in range(begin, end):
            once(n)
        gc.collect()
        modules[:] = [module for module in modules if module() is not None]
        return sys.getallocatedblocks()

    # Which no graph is the first to import.
    assert msgspec.json.__name__ in sys.modules
    before = set(sys.modules)
    early = rounds(0, 100)
    late = rounds(100, 1000)

    assert modules == []
    # A graph is some thousand blocks of memory.
    assert late - early < 300
    assert set(sys.modules) - before == set()


def test_a_graph_that_is_in_place_is_forgotten_too(app: App) -> None:
    graph = app.loaded(app.write({"main.py": ""}))
    before = dict(sys.modules)

    graph.install()
    graph.forget()

    assert differences(sys.modules, before) == set()
    assert graph.modules == {}
    graph.forget()
