"""Libraries that walk sets of what hashes by address walk them in order of insertion."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

import pytest

import detrun
from detrun.scheduler.ordering import OrderedSet, keep_order


class Thing:
    pass


def test_it_is_walked_in_order_of_insertion() -> None:
    things = [Thing() for _ in range(100)]
    members = OrderedSet(things)
    members.discard(things[3])
    members.discard(things[3])
    members.remove(things[5])
    members.add(things[0])

    expected = [thing for number, thing in enumerate(things) if number not in (3, 5)]
    assert list(members) == list(members.copy()) == expected
    assert things[3] not in members
    assert len(members) == 98


def test_it_gives_up_its_members_oldest_first() -> None:
    members = OrderedSet([3, 1, 2])

    assert [members.pop() for _ in range(3)] == [3, 1, 2]
    with pytest.raises(KeyError):
        members.pop()


def test_it_objects_as_a_set_does() -> None:
    members = OrderedSet([1])
    members.clear()

    assert isinstance(members, set)
    assert not members
    assert list(members) == []
    with pytest.raises(KeyError):
        members.remove(1)


def test_its_operators_and_methods_are_those_of_a_set_and_keep_order() -> None:
    members = OrderedSet("dacb")

    assert list(members | {"e"}) == list(members.union("e")) == [*"dacbe"]
    assert list(members & {"b", "c", "x"}) == list(members.intersection("xbc")) == [*"cb"]
    assert list(members - {"a"}) == list(members.difference("a")) == [*"dcb"]
    assert members == {*"abcd"}
    assert members >= {"a"}
    assert members.issuperset("ab")
    assert repr(members) == "{'d', 'a', 'c', 'b'}"


def test_it_changes_in_place_as_a_set_does() -> None:
    members = OrderedSet("dacb")
    members |= {"e"}
    members.update("f", "g")
    members -= {"a"}
    members.difference_update("b")
    members.intersection_update("gfed")

    assert list(members) == [*"defg"]
    assert len(members) == 4
    assert set.__len__(members) == 4


def test_a_module_makes_ordered_sets_from_then_on() -> None:
    module = types.ModuleType("walks")
    exec("def made(): return set()", vars(module))
    keep_order(module)

    assert type(module.made()) is OrderedSet


def test_a_module_that_is_imported_in_the_middle_of_a_run_keeps_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "uvicorn"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "server.py").write_text("def made(): return set()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "uvicorn"]:
        monkeypatch.delitem(sys.modules, name)

    def main() -> str:
        return type(importlib.import_module("uvicorn.server").made()).__name__

    result = detrun.run(main).result()
    for name in ("uvicorn", "uvicorn.server"):
        del sys.modules[name]
    assert result == "OrderedSet"
