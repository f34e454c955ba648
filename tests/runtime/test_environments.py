"""What code of a worker finds around it is its own worker's, by whichever way it is reached, and after each reload."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import detrun
from detrun.errors import BudgetSpent
from detrun.scenarios.app import App
from detrun.scenarios.playing import playing, read
from tests.runtime.applications import IMPORTS, Bound, limited, play, played, scopes_left, with_files, worker
from tests.runtime.injecting import all_steps, injected

# Both workers have modules of these names, and a class that is made for each call, in a module that is imported then.
LAZY = f"""
{IMPORTS}
import detrun
import own

class Room(WorkerEntrypoint):
    async def look(self):
        import late
        await asyncio.sleep(0.001)
        return own.NAME, late.NAME, self.env.NAME, detrun.env.NAME, self.env.NUMBERS, __file__

class Default(Room):
    async def spend(self, calls):
        for _ in range(calls):
            await self.env.ME.nothing()

    def nothing(self):
        pass
"""


def room(name: str) -> Any:
    source = worker(name, LAZY, Bound("ME", name), NAME=name, NUMBERS=[name])
    return with_files(source, own=f"NAME = {name!r}\n", late=f"NAME = {name!r}\n")


CALLS = {"aux": 4, "main": 2}
WORKERS = tuple(limited(room(name), subrequests=calls) for name, calls in CALLS.items())


def reload_aux(app: App) -> None:
    app.application.order_reload({"aux/own.py": "NAME = 'new'\n"})


def reload_both(app: App) -> None:
    app.application.order_reload({"aux/own.py": "NAME = 'new'\n", "main/own.py": "NAME = 'new'\n"})


def crash_main(app: App) -> None:
    app.crash("main")


async def rooms(app: App) -> Any:
    async def look(name: str, entrypoint: str) -> Any:
        return [await app.service(name, entrypoint).look() for _ in range(2)]

    async def spend(name: str) -> None:
        await app.service(name).spend(CALLS[name])
        with pytest.raises(BudgetSpent, match=f"the limit of {CALLS[name]} calls"):
            await app.service(name).spend(CALLS[name] + 1)

    looks = [look(name, room) for name in CALLS for room in ("", "Room")]
    return (await asyncio.gather(*looks, *map(spend, CALLS)))[: len(looks)]


@pytest.mark.parametrize("seed", [None, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("action", [reload_aux, reload_both, crash_main], ids=lambda action: action.__name__)
def test_what_is_made_of_a_worker_is_of_its_own_configuration_whoever_is_reloaded(  # R-GEN-30
    action: Callable[[App], None], seed: int | None
) -> None:
    """An object of one worker is made, late modules included, at every step of a reload of the other one."""
    for step in all_steps(rooms, WORKERS, seed):
        run, _ = injected(rooms, WORKERS, step, action, seed)
        if run.outcome != "ok" and action is crash_main:
            assert "crashed by the scenario" in str(run.error)
            continue
        for name, seen in zip(("aux", "aux", "main", "main"), run.result(), strict=True):
            for own, *others in seen:
                assert own in (name, "new"), f"at event {step}"
                assert others == [name, name, name, [name], f"/app/{name}/main.py"], f"at event {step}"


CONFIGURATION = """
name = "web"
main = "web.py"
services = [{ binding = "SELF", service = "web" }, { binding = "NAMED", service = "web", entrypoint = "Named" }]

[vars]
MODE = "fast"
SECRET = "in the open"
NUMBERS = [1, 2]
"""
WEB = """
from detrun import Response, RpcTarget, WebSocketPair, WorkerEntrypoint, env

def told(found):
    return {name: getattr(found, name) for name in ("MODE", "SECRET", "ONLY_SECRET", "NUMBERS")}

AT_IMPORT = told(env)

class Item(RpcTarget):
    def look(self):
        return told(env)

class Base(WorkerEntrypoint):
    def look(self):
        return told(self.env)

    def look_without(self):
        return told(env)

    async def look_far(self):
        self.env.NUMBERS.append(3)
        return [told(env), await self.ctx.exports.Named.look(), await self.ctx.exports.Default(props={}).look()]

    async def look_by_bindings(self):
        return [await self.env.SELF.look(), await self.env.NAMED.look_without()]

    def at_import(self):
        return AT_IMPORT

    def item(self):
        return Item()

    async def call(self, function):
        # Whoever is called back looks around in the scenario, and its answer says nothing.
        await function()
        return told(env)

    async def later(self, tell):
        tell = tell.dup()
        async def work():
            with tell:
                await tell(told(env))
        self.ctx.wait_until(work())

class Default(Base):
    async def fetch(self, request):
        client, server = WebSocketPair()
        server.add_event_listener("message", lambda event: server.send(repr(told(self.env) == told(env) == AT_IMPORT)))
        server.accept()
        return Response(web_socket=client)

class Named(Base):
    pass
"""
ALL = {"MODE": "fast", "SECRET": "hidden", "ONLY_SECRET": "x", "NUMBERS": [1, 2]}


async def ways(app: App) -> list[Any]:
    """The environment by each way to get at it."""
    found: list[Any] = []
    for entrypoint in ("", "Named"):
        service = app.service("web", entrypoint)
        found += [await service.look(), await service.look_without(), await service.at_import()]
        found += [*await service.look_by_bindings(), await service.call(_nothing)]
        with await service.item() as item:
            found.append(await item.look())
        await service.later(found.append)
        await app.sleep(0.1)
    socket = await app.websocket("/")
    socket.send("look")
    assert await socket.receive() == "True"
    socket.close()
    return found


async def _nothing() -> None: ...


@pytest.mark.parametrize("seed", range(3))
def test_there_is_one_environment_by_whichever_way_it_is_reached_and_after_each_reload(  # F-VAR-01, R-GEN-36, R-GEN-37
    tmp_path: Path, seed: int
) -> None:
    files = {"detrun.toml": CONFIGURATION, ".dev.vars": "SECRET=hidden\nONLY_SECRET=x\n", "web.py": WEB}
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    async def scenario(app: App) -> Any:
        found = await ways(app)
        for entrypoint in ("", "Named"):
            # What one does to it is seen by all of its generation, and by no other.
            (first, *others) = await app.service("web", entrypoint).look_far()
            assert all(other == first for other in others)
            await app.reload({"web.py": WEB + f"\n# {entrypoint}"})
            found += await ways(app)
        app.crash("web")
        await app.sleep(2)
        found += await ways(app)
        app.save({"web.py": WEB})
        await app.sleep(1)
        return found + await ways(app), await scopes_left(app)

    found, left = detrun.run(playing(*read(str(tmp_path)), scenario), seed=seed).result()
    assert (len(found), left) == (5 * 16, 0)
    assert found == [ALL] * len(found)


AROUND = worker(
    "web",
    """
    import os, random, secrets, time, uuid

    class Default(WorkerEntrypoint):
        async def draw(self):
            return [random.random(), secrets.token_hex(), uuid.uuid4().hex, os.urandom(8).hex()]

        async def times(self):
            clocks = (time.time, time.monotonic, asyncio.get_running_loop().time)
            before = [clock() for clock in clocks]
            for _ in range(1_000):
                pass
            still = [clock() for clock in clocks] == before
            await asyncio.sleep(3_600)
            return still, [round(clock() - then, 6) for clock, then in zip(clocks, before)]
    """,
)


def test_time_of_a_worker_is_virtual_and_what_it_draws_follows_from_the_seed() -> None:  # F-REQ-06
    async def draw(app: App) -> Any:
        return [await app.service("web").draw() for _ in range(2)]

    async def times(app: App) -> Any:
        return await app.service("web").times()

    drawn = [play(draw, AROUND, seed=seed).result() for seed in (1, 1, 2)]
    values = [value for event in (*drawn[0], *drawn[2]) for value in event]
    assert drawn[0] == drawn[1]
    assert len(set(values)) == len(values) == 16
    # Nothing passes while code runs, and what is slept for is what passes.
    still, passed = played(times, AROUND)
    assert still
    assert passed == [pytest.approx(3_600, abs=0.1)] * 3
    assert len(set(passed)) == 1
