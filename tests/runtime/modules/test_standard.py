"""What looks its own module up works in each of two generations: that is why they are in the real `sys.modules`."""

from __future__ import annotations

import inspect
import pickle
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App

DATACLASS = """
from __future__ import annotations
import dataclasses, typing

@dataclasses.dataclass
class Node:
    number: typing.ClassVar[int] = N
    keep: dataclasses.InitVar[int]
    next: Node | None = None

def check():
    assert [field.name for field in dataclasses.fields(Node)] == ["next"]
    return Node(1, Node(2)).next.number
"""
HINTS = """
from __future__ import annotations
import typing

class Mine:
    number = N

def take(mine: Mine, others: list[Mine]) -> Mine: ...

def check():
    hints = typing.get_type_hints(take)
    assert hints["return"] is hints["mine"] is Mine and hints["others"] == list[Mine]
    return hints["mine"].number
"""
MSGSPEC = """
from __future__ import annotations
import msgspec

class Inner(msgspec.Struct):
    number: int

class Outer(msgspec.Struct):
    inner: Inner
    other: Outer | None = None

def check():
    outer = msgspec.json.decode(b'{"inner": {"number": N}, "other": {"inner": {"number": 0}}}', type=Outer)
    assert type(outer.inner) is Inner and type(outer.other) is Outer
    return outer.inner.number
"""
PYDANTIC = """
from __future__ import annotations
import pydantic

class Outer(pydantic.BaseModel):
    inner: Inner
    other: Outer | None = None

class Inner(pydantic.BaseModel):
    number: int

def check():
    outer = Outer.model_validate_json('{"inner": {"number": N}, "other": {"inner": {"number": 0}}}')
    assert type(outer.inner) is Inner and type(outer.other) is Outer
    return outer.inner.number
"""
DISPATCH = """
import functools

class Mine: ...

@functools.singledispatch
def of(thing): return 0

@of.register
def _(thing: Mine): return N

def check(): return of(Mine())
"""
ENUM = """
import enum, pickle

class Colour(enum.Enum):
    RED = N

class Bits(enum.Flag):
    A = enum.auto()
    B = enum.auto()

def check():
    assert pickle.loads(pickle.dumps(Colour.RED)) is Colour.RED
    assert (Bits.A | Bits.B) & Bits.B is Bits.B
    return Colour["RED"].value
"""
PICKLE = """
import pickle, copy

class Point:
    number = N
    def __init__(self, x): self.x = x

def check():
    point = pickle.loads(pickle.dumps(Point(N)))
    assert type(point) is Point is type(copy.deepcopy(point))
    return point.x
"""
REGISTRY = """
KINDS = {}

class Base:
    def __init_subclass__(cls, *, name, **options):
        super().__init_subclass__(**options)
        KINDS[name] = cls

import plugin

def check():
    assert list(KINDS) == ["plugin"] and KINDS["plugin"].__mro__[1] is Base
    return KINDS["plugin"].number
"""
NAMED_TUPLE = """
import collections, typing, pickle

Point = collections.namedtuple("Point", "x y")
class Typed(typing.NamedTuple):
    x: "int"
class Options(typing.TypedDict, total=False):
    x: "Typed"

def check():
    assert Point.__module__ == Typed.__module__ == __name__
    assert typing.get_type_hints(Options)["x"] is Typed
    return pickle.loads(pickle.dumps(Point(N, 0))).x
"""
ABSTRACT = """
import abc

class Base(abc.ABC):
    @abc.abstractmethod
    def get(self): ...

class Other:
    def get(self): return N

Base.register(Other)

def check():
    assert isinstance(Other(), Base)
    return Other().get()
"""
CYCLE = """
import second
VALUE = N

def check():
    assert second.check() == N
    return second.first.VALUE
"""
PROGRAMS = {
    "dataclass": DATACLASS,
    "get_type_hints": HINTS,
    "msgspec": MSGSPEC,
    "pydantic": PYDANTIC,
    "singledispatch": DISPATCH,
    "enum": ENUM,
    "pickle": PICKLE,
    "registry": REGISTRY,
    "named_tuple": NAMED_TUPLE,
    "abstract": ABSTRACT,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_looks_up_its_own_module_works_in_two_generations(app: App, name: str) -> None:
    """F-GEN-02: each is checked where its generation is in place, early and late, in turn."""
    if name in ("pydantic", "msgspec") and find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    plugin = "import main\nclass Plugin(main.Base, name='plugin'):\n    number = main.N\n"
    graphs = [app.loaded(app.write({"main.py": numbered(PROGRAMS[name], n), "plugin.py": plugin})) for n in (1, 2)]

    for graph, n in zip(graphs * 2, (1, 2, 1, 2), strict=True):
        with graph:
            assert graph.modules["main"].check() == n


def numbered(program: str, n: int) -> str:
    """A program in which N is this number, in what it says and in what it reads."""
    first = "from __future__ import annotations\n"
    head = first if first in program else ""
    return f"{head}N = {n}\n{program.replace(first, '')}".replace("N}", f"{n}}}")


def test_modules_import_each_other(app: App) -> None:
    second = "import main as first\ndef check():\n    return first.VALUE\n"
    graphs = [app.loaded(app.write({"main.py": f"N = {n}\n{CYCLE}", "second.py": second})) for n in (1, 2)]

    for graph, n in zip(graphs * 2, (1, 2, 1, 2), strict=True):
        with graph:
            assert graph.modules["main"].check() == n


def test_what_one_generation_pickled_is_the_other_ones_class_there(app: App) -> None:
    first, second = (app.loaded(app.write({"main.py": f"class A:\n    number = {n}\n"})) for n in (1, 2))

    with first:
        pickled = pickle.dumps(first.modules["main"].A())
    with second:
        assert type(pickle.loads(pickled)) is second.modules["main"].A


def test_a_module_is_imported_by_a_name_that_is_made_up_late(app: App) -> None:
    main = "import importlib\ndef get(name):\n    return importlib.import_module(name, __package__).VALUE\n"
    graphs = [app.loaded(app.write({"main.py": main, "plugins/one.py": f"VALUE = {n}\n"})) for n in (1, 2)]

    for graph, n in zip(graphs, (1, 2), strict=True):
        with graph:
            assert graph.modules["main"].get("plugins.one") == n


THREADED = """
import threading

def get(kept):
    import lazy
    kept.append(lazy.VALUE)

def start(kept):
    thread = threading.Thread(target=get, args=(kept,))
    thread.start()
    thread.join()
"""


def test_threads_of_a_generation_run_its_code(app: App) -> None:
    graphs = [app.loaded(app.write({"main.py": THREADED, "lazy.py": f"VALUE = {n}\n"})) for n in (1, 2)]

    kept: list[int] = []
    for graph in graphs:
        with graph:
            graph.modules["main"].start(kept)

    assert kept == [1, 2]


def test_the_source_of_a_function_is_that_of_its_generation(app: App) -> None:
    first = app.loaded(app.write({"main.py": "def f():\n    return 'first'\n\nclass A:\n    first = 1\n"}))
    second = app.loaded(
        app.write({"main.py": "# moved\n\ndef f():\n    return 'second'\n\nclass A:\n    second = 1\n"})
    )
    app.write({"main.py": "nothing\nof\nthe\nkind\n"})

    for graph, name in ((first, "first"), (second, "second"), (first, "first")):
        with graph:
            main: Any = sys.modules["main"]
            assert inspect.getsource(main.f) == f"def f():\n    return {name!r}\n"
            assert inspect.getsource(main.A) == f"class A:\n    {name} = 1\n"
            assert inspect.getsource(main).count(name) == 2
