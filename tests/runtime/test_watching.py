"""Files that are saved while an application runs: who is loaded again, when, and of which sources. F-GEN-13."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from detrun.runtime.watching import LONGEST, PAUSE
from detrun.scenarios.app import App
from tests.runtime.applications import IMPORTS, play, played, with_files, worker
from tests.runtime.versions import active, states

MAIN = """
import importlib
import helper

VERSION = 1

class Default(WorkerEntrypoint):
    def versions(self):
        return VERSION, helper.VERSION

    def plugged(self, name):
        return importlib.import_module(name).VERSION
"""
WEB = with_files(worker("web", MAIN), helper="VERSION = 1\n", plugin="VERSION = 1\n")
OTHER = worker("other", "class Default(WorkerEntrypoint): pass")


def main(number: int, line: str = "") -> dict[str, str | None]:
    return {"web/main.py": f"{line}\n{IMPORTS}{MAIN.replace('VERSION = 1', f'VERSION = {number}')}"}


def module(name: str, number: int) -> dict[str, str | None]:
    return {f"web/{name}.py": f"VERSION = {number}\n"}


def watched(app: App) -> list[str]:
    """The paths of the files that matter, in the folder of the worker."""
    return [path.removeprefix("/app/web/") for path in app.application.watching.files() if "/web/" in path]


async def saved(app: App, changes: Mapping[str, str | None]) -> None:
    """Save, and wait until what follows from it has happened."""
    app.save(changes)
    await app.sleep(2 * PAUSE)


def test_who_depends_on_what_was_saved_is_loaded_again_and_nobody_else() -> None:  # F-GEN-13, R-GEN-32
    async def scenario(app: App) -> Any:
        web = app.service("web")
        seen: list[Any] = [watched(app), await web.versions()]
        await saved(app, module("helper", 2))
        seen.append(await web.versions())
        # The same content, a file that nobody imports, one that nobody could, and one that lies nowhere in a worker.
        await saved(app, {**module("helper", 2), **module("plugin", 5), "web/notes.txt": "", "README": ""})
        return [*seen, states(app), len(app.application.worker("other").generations)]

    expected = [["helper.py", "main.py"], (1, 1), (1, 2), [(1, "stopped"), (2, "active")], 1]
    assert played(scenario, OTHER, WEB) == expected


def test_what_was_saved_while_nobody_depended_on_it_is_what_is_loaded_when_somebody_does() -> None:  # F-GEN-13
    async def scenario(app: App) -> Any:
        await saved(app, module("plugin", 2))
        await saved(app, main(2, "import plugin"))
        by_saving = await app.service("web").plugged("plugin")
        await app.reload(module("later", 3))
        await app.reload(main(3, "import later"))
        return by_saving, await app.service("web").plugged("later")

    assert played(scenario, OTHER, WEB) == (2, 3)


def test_what_was_imported_by_a_name_made_up_late_is_watched_from_then_on() -> None:  # F-GEN-13
    async def scenario(app: App) -> Any:
        seen = [await app.service("web").plugged("plugin"), watched(app)]
        await saved(app, module("plugin", 2))
        return *seen, await app.service("web").plugged("plugin")

    assert played(scenario, OTHER, WEB) == (1, ["helper.py", "main.py", "plugin.py"], 2)


def test_what_changes_while_it_is_loaded_and_is_known_only_then_is_loaded_again() -> None:  # F-GEN-13
    """A name that is made up at the top level is not in what the sources say that they import."""
    late = "import importlib\nVALUE = importlib.import_module('plug' + 'in').VERSION"

    async def scenario(app: App) -> Any:
        order = app.application.order_reload(main(2, late))
        app.save(module("plugin", 7))
        await asyncio.gather(*(each.wait() for each in order))
        await app.sleep(2 * PAUSE)
        return await app.service("web").plugged("plugin")

    assert played(scenario, OTHER, WEB) == 7


def test_data_that_a_module_reads_is_watched_too() -> None:  # F-GEN-13
    reading = worker(
        "web",
        """
        import pkgutil
        TEXT = pkgutil.get_data(__name__, "package/text.txt").decode()

        class Default(WorkerEntrypoint):
            def text(self):
                return TEXT
        """,
    )
    files = {"package/text.txt": "old", "package/other.txt": "old"}

    async def scenario(app: App) -> Any:
        await saved(app, {"web/package/other.txt": "new"})
        before = await app.service("web").text(), len(states(app))
        await saved(app, {"web/package/text.txt": "new"})
        return *before, await app.service("web").text(), len(states(app))

    assert played(scenario, OTHER, replace(reading, beside=files)) == ("old", 1, "new", 2)


BROKEN = {
    "a file that was missing": [main(2, "import added"), module("added", 4)],
    "a file that was broken": [{**main(2, "import added"), "web/added.py": "def"}, module("added", 4)],
    "a file that is missing in one that was added": [
        {**main(2, "import added"), "web/added.py": "from further import VERSION"},
        module("further", 4),
    ],
    "a file that failed twice": [{**main(2, "import added"), "web/added.py": "1 / 0"}, {"web/added.py": "def"}],
}


@pytest.mark.parametrize("saves", BROKEN.values(), ids=BROKEN)
def test_a_load_that_failed_is_mended_by_whatever_it_failed_of(  # F-GEN-13, R-GEN-31
    saves: list[dict[str, str | None]], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(app: App) -> Any:
        seen = []
        for changes in saves:
            await saved(app, changes)
            seen.append(await app.service("web").versions())
        if seen[-1] == (1, 1):
            await saved(app, module("added", 4))
        return seen[0], await app.service("web").versions(), await app.service("web").plugged("added"), app.complaints

    assert played(scenario, OTHER, WEB) == ((1, 1), (2, 1), 4, [])
    # Nobody waits for what an editor saves: it is told of.
    assert "web could not be loaded again" in [record.getMessage() for record in caplog.records]


VANISHING: list[list[dict[str, str | None]]] = [
    [{"web/.main.py.swp": "x"}, {"web/.main.py.swp": None}],
    [{"web/main.py~": "x"}, {"web/main.py~": None}],
    [{"web/4913": None}],
    [{"web/__pycache__/main.cpython-311.pyc": "x"}, {"web/__pycache__/main.cpython-311.pyc": None}],
    # The file is taken away and put in place again.
    [{"web/main.py": None}, main(1)],
]


@pytest.mark.parametrize("changes", VANISHING, ids=lambda changes: str(*changes[0]))
def test_files_of_editors_that_come_and_go_change_nothing(changes: list[dict[str, str | None]]) -> None:  # R-GEN-41
    async def scenario(app: App) -> Any:
        for each in changes:
            app.save(each)
        await app.sleep(1)
        await saved(app, main(2))
        return await app.service("web").versions(), app.complaints

    assert played(scenario, OTHER, WEB) == ((2, 1), [])


@pytest.mark.parametrize("by_saving", [True, False])
def test_an_application_without_its_main_module_goes_on_until_there_is_one_again(  # F-GEN-04, R-GEN-41
    *, by_saving: bool
) -> None:
    gone: dict[str, str | None] = {"web/main.py": None}

    async def scenario(app: App) -> Any:
        if by_saving:
            await saved(app, gone)
        else:
            with pytest.raises(Exception, match="expected the main module to be one of the application"):
                await app.reload(gone)
        seen = await app.service("web").versions()
        await saved(app, main(2))
        return seen, await app.service("web").versions()

    assert played(scenario, OTHER, WEB) == ((1, 1), (2, 1))


def test_what_is_saved_together_is_loaded_together_in_every_order() -> None:  # F-GEN-13, R-GEN-01, R-GEN-11
    """No answer is of one file before and another after a save, and the last one is of all that was saved."""

    async def scenario(app: App) -> Any:
        seen = []
        for number in (2, 3, 4):
            app.save(main(number))
            await app.sleep(0.001)
            app.save(module("helper", number))
            for _ in range(3):
                seen.append(await app.service("web").versions())
                await app.sleep(PAUSE)
        await app.sleep(1)
        return [*seen, await app.service("web").versions()], len(app.application.worker("web").generations)

    orders = set()
    for seed in range(40):
        seen, generations = play(scenario, OTHER, WEB, seed=seed).result()
        assert all(mine == its for mine, its in seen), seen
        assert seen[-1] == (4, 4)
        assert generations <= 4
        orders.add(tuple(seen))
    assert len(orders) > 1


def test_what_is_saved_during_a_reload_is_loaded_once_after_it() -> None:  # F-GEN-03, F-GEN-13, R-GEN-11
    async def scenario(app: App) -> Any:
        order = app.application.order_reload(main(2))
        for number in (3, 4, 5):
            app.save(main(number))
        await asyncio.gather(*(each.wait() for each in order))
        await app.sleep(1)
        return await app.service("web").versions(), len(app.application.worker("web").generations)

    for seed in range(20):
        versions, generations = play(scenario, OTHER, WEB, seed=seed).result()
        assert versions == (5, 1)
        assert generations <= 4


def test_who_never_stops_saving_is_loaded_all_the_same() -> None:  # F-GEN-13
    async def scenario(app: App) -> Any:
        seen = []
        for number in range(2, 200):
            app.save(main(number))
            await app.sleep(PAUSE / 3)
            seen.append((await app.service("web").versions())[0])
        return len(set(seen)), len(app.application.worker("web").generations)

    versions, generations = play(scenario, OTHER, WEB, strategy="default").result()
    assert versions == generations
    assert 3 <= versions <= 2 + 198 * PAUSE / 3 / LONGEST


def test_a_crash_brings_back_what_ran_and_not_what_could_not_be_loaded(  # F-GEN-10, F-GEN-13
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "detrun.runtime")

    async def scenario(app: App) -> Any:
        await saved(app, main(2, "def"))
        tried = len(app.application.worker("web").generations)
        app.crash("web")
        await app.sleep(5)
        seen = await app.service("web").versions(), len(app.application.worker("web").generations) - tried
        await saved(app, main(3))
        return *seen, await app.service("web").versions(), active(app).state.value

    assert played(scenario, OTHER, WEB) == ((1, 1), 1, (3, 1), "active")


def test_what_crashed_comes_back_whenever_something_is_saved_that_cannot_be_loaded(  # F-GEN-10, F-GEN-13
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "detrun.runtime")

    async def scenario(app: App) -> Any:
        app.crash("web")
        # What is saved is loaded just when the crashed one is to come back, or a little before or after that.
        await app.sleep(1 - PAUSE)
        app.save(main(2, "def"))
        # New calls wait for it, and are not told of what could not be loaded.
        return await asyncio.wait_for(app.service("web").versions(), 5)

    for seed in range(40):
        assert play(scenario, OTHER, WEB, seed=seed).result() == (1, 1)


def test_what_crashed_before_it_crashed_again_with_newer_sources_does_not_come_back() -> None:  # F-GEN-10
    async def scenario(app: App) -> Any:
        app.crash("web")
        await app.sleep(0.4)
        await app.reload(main(2))
        app.crash("web")
        return (await app.service("web").versions())[0], asyncio.get_running_loop().time()

    version, moment = play(scenario, OTHER, WEB, strategy="default").result()
    assert version == 2
    # The second pause is twice as long as the first.
    assert moment > 2.4


def test_a_save_is_an_event_that_says_what_was_saved() -> None:  # F-GEN-13
    names: list[str] = []

    async def scenario(app: App) -> Any:
        app.application.engine.trace.observers.append(lambda event: names.append(getattr(event, "path", "")))
        await saved(app, {**main(2), **module("helper", 2)})

    play(scenario, OTHER, WEB, strategy="default").result()

    assert [name for name in names if "saved" in name] == ["other/supervisor/saved web/main.py, web/helper.py"]
