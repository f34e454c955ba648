"""Modules are swapped while requests go on: nobody sees half of a load, or two, or one that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from detrun.runtime.watching import PAUSE
from detrun.scenarios.app import App
from tests.runtime.applications import IMPORTS, with_files, worker
from tests.runtime.heard import HEARD
from tests.runtime.injecting import at_each_step
from tests.runtime.versions import active

# Each module says when its top level begins and ends; two need each other, and one is imported when it is needed.
SAYING = "from tests.runtime.heard import HEARD\nHEARD.append(({name!r}, {number}, 'begins'))\n"
SAID = "VERSION = {number}\nHEARD.append(({name!r}, {number}, 'ends'))\n"
MAIN = f"""{IMPORTS}
import importlib, sys
import middle, leaf

class Default(WorkerEntrypoint):
    async def look(self):
        seen = []
        for pause in (0, 0.001, 0):
            HEARD.append(("request", VERSION, "looks"))
            import late
            seen += [VERSION, middle.VERSION, leaf.VERSION, middle.leaf.VERSION, leaf.middle.VERSION, late.VERSION]
            seen += [sys.modules[name].VERSION for name in ("middle", "leaf", "late", __name__)]
            seen.append(importlib.import_module("leaf").VERSION)
            await asyncio.sleep(pause)
        return seen
"""
BODIES = {"main": MAIN, "middle": "import leaf\n", "leaf": "import middle\n", "late": "import leaf\n"}


def source(name: str, number: int, failing: str = "") -> str:
    body = f"{BODIES[name]}{failing}\n"
    return (SAYING + body.replace("{", "{{").replace("}", "}}") + SAID).format(name=name, number=number)


WEB = with_files(worker("web", source("main", 1)), **{name: source(name, 1) for name in BODIES if name != "main"})


def version(number: int, **failing: str) -> dict[str, str | bytes | None]:
    return {f"web/{name}.py": source(name, number, failing.get(name, "")) for name in BODIES}


def reload(app: App) -> None:
    app.application.order_reload(version(2))


def reload_twice(app: App) -> None:
    app.application.order_reload(version(2))
    app.application.order_reload(version(3))


def save_file_by_file(app: App) -> None:
    for name, content in version(2).items():
        app.save({name: content})


def fail(app: App) -> None:
    app.application.order_reload(version(2, main="1 / 0"))


def fail_in_the_middle(app: App) -> None:
    app.application.order_reload(version(2, leaf="raise LookupError('half-way')"))


def fail_and_mend(app: App) -> None:
    app.application.order_reload(version(2, leaf="1 / 0"))
    app.application.order_reload(version(3))


async def two_clients(app: App) -> Any:
    app.application.engine.trace.observers.append(lambda _: HEARD.append(("anybody", 0, "has an event")))

    async def ask() -> list[set[int]]:
        seen = []
        for _ in range(3):
            seen.append(set(await app.service("web").look()))
            await app.sleep(1.2 * PAUSE)
        return seen

    both = await asyncio.gather(ask(), ask())
    await app.sleep(1)
    module: Any = active(app).module
    return *both, module.VERSION, len(app.application.worker("web").generations)


# What is loaded in the end, and how often a main module was evaluated at least to get there.
SWAPS = [(reload, 2), (reload_twice, 3), (save_file_by_file, 2), (fail, 1), (fail_in_the_middle, 1), (fail_and_mend, 3)]


@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 40), marks=pytest.mark.soak)], ids=str)
@pytest.mark.parametrize(("swap", "last"), SWAPS, ids=lambda value: getattr(value, "__name__", ""))
def test_two_requests_see_one_load_each_whenever_modules_are_swapped(  # F-GEN-02, F-GEN-14
    swap: Callable[[App], None], last: int, seeds: range
) -> None:
    """R-GEN-38, R-GEN-39: a load is one turn, whole or nothing, and none happens within another."""
    seen = set()
    for step, (*clients, after, generations) in at_each_step(two_clients, [WEB], swap, (None, *seeds)):
        for versions in clients:
            # One version in each answer, and never an older one after a newer one.
            assert all(len(each) == 1 for each in versions), f"at event {step}: {versions}"
            numbers = [min(each) for each in versions]
            assert numbers == sorted(numbers), f"at event {step}"
            seen.add(tuple(numbers))
        assert after == last, f"at event {step}"
        assert loads(step, fails="fail" in swap.__name__) == generations
    # Requests came before, after, and in between.
    assert seen >= ({(1, 1, 1)} if last == 1 else {(1, 1, 1), (1, 1, last), (1, last, last)})


def loads(step: int, *, fails: bool) -> int:
    """How many main modules were evaluated; raises if anything happened in the midst of one, or if one came twice."""
    loading: list[tuple[str, int]] = []
    begun: list[int] = []
    for name, number, what in HEARD:
        if what == "begins":
            assert all(number == other for _, other in loading), f"at event {step}: {number} within {loading}"
            loading.append((name, number))
            begun += [number] if name == "main" else []
        elif what == "ends":
            assert loading.pop() == (name, number)
        elif what == "looks":
            assert not loading, f"at event {step}: a request looks while {loading} are loaded"
        elif loading:
            # What has not ended in its turn has failed.
            assert fails, f"at event {step}: an event while {loading} are loaded"
            loading.clear()
    return len(begun)
