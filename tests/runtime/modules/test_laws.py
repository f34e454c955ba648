"""Whatever anybody does to `sys.modules`, a generation that comes back finds its own, and others theirs."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.runtime.modules.table import Claim, Table, leave
from tests.runtime.modules.trees import differences

# Two generations of one application, and two of others that share a name with it; and who has the name of none.
OWNED = [frozenset({"qa", "qb"}), frozenset({"qa", "qb"}), frozenset({"qb", "qc"}), frozenset({"qd"})]
NAMES = ["qa", "qa.x", "qb", "qb.x", "qc", "qd", "qd.x"]
LIBRARIES = ["qlibrary1", "qlibrary2", "qlibrary3"]


class Act(NamedTuple):
    """Something that is done: coming into place, leaving, or a change of one module by whoever is in place."""

    kind: str
    who: int
    name: str


acts = st.lists(
    st.builds(
        Act,
        st.sampled_from(["enter", "enter", "leave", "import", "make", "take away", "library", "empty"]),
        st.integers(0, len(OWNED) - 1),
        st.sampled_from([*NAMES, *LIBRARIES]),
    ),
    max_size=40,
)


class Model:
    """What each would see if it had a `sys.modules` of its own for the names that are its own."""

    def __init__(self) -> None:
        claims = {owned: Claim(owned) for owned in OWNED}
        self.tables = [Table(claims[owned]) for owned in OWNED]
        self.own: list[dict[str, ModuleType]] = [{} for _ in OWNED]
        self.outer: dict[str, ModuleType] = {}
        self.place: int | None = None

    def whose(self, name: str) -> dict[str, ModuleType]:
        """Where a module of this name is looked for now."""
        if self.place is not None and name.partition(".")[0] in OWNED[self.place]:
            return self.own[self.place]
        return self.outer

    def seen(self) -> dict[str, ModuleType]:
        """What should be in `sys.modules`."""
        return {name: module for name in (*NAMES, *LIBRARIES) if (module := self.whose(name).get(name)) is not None}

    def act(self, act: Act) -> None:
        """Do it, to both."""
        name, here = act.name, self.whose(act.name)
        match act.kind:
            case "enter":
                self.tables[act.who].enter()
                self.place = act.who
            case "leave":
                leave()
                self.place = None
            case "empty":
                self.tables[act.who].empty()
                self.own[act.who] = {}
            case "take away" if name in here and here is not self.outer:
                # Of others' modules none is ever taken away here: see `Table`.
                del here[name], sys.modules[name]
            case "import" | "make" | "library":
                if act.kind == "import" and self.place is not None and here is not self.outer:
                    self.tables[self.place].asked[name] = None
                here[name] = sys.modules[name] = ModuleType(name)
            case _:
                pass


@given(acts)
@settings(max_examples=300)
def test_everybody_finds_their_own_modules(story: list[Act]) -> None:
    before = dict(sys.modules)
    model = Model()
    try:
        for act in story:
            model.act(act)
            assert {name: sys.modules[name] for name in (*NAMES, *LIBRARIES) if name in sys.modules} == model.seen()
        leave()
        assert differences(sys.modules, before | model.outer) == set()
    finally:
        leave()
        for name in set(sys.modules) - set(before):
            del sys.modules[name]
