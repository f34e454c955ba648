"""Bindings: what of a service is kept where it is found, and what cannot be changed."""

from __future__ import annotations

from typing import Any

from detrun.scenarios.app import App
from tests.runtime.applications import Bound, played, worker

API = worker("api", "class Default(WorkerEntrypoint):\n    def number(self, n):\n        return n + 1\n")
WEB = worker(
    "web",
    """
    class Default(WorkerEntrypoint):
        async def kept(self):
            api = self.env.API
            return api.number is api.number, await api.number(1), await api.number(2)

        async def set(self, name):
            setattr(self.env.API, name, 1)

        async def many(self):
            for n in range(1_000):
                getattr(self.env.API, f"number_{n}")
            return len(vars(self.env.API))
    """,
    Bound("API", "api"),
)


def test_a_binding_keeps_the_members_that_it_was_asked_for() -> None:
    async def scenario(app: App) -> Any:
        return await app.service("web").kept()

    assert played(scenario, API, WEB) == (True, 2, 3)


def test_members_that_are_made_up_do_not_pile_up() -> None:
    async def scenario(app: App) -> Any:
        return await app.service("web").many()

    assert played(scenario, API, WEB) < 500


def test_nothing_can_be_set_on_a_binding() -> None:
    async def scenario(app: App) -> Any:
        refused = []
        for name in ("number", "anything", "__dict__"):
            try:
                await app.service("web").set(name)
            except AttributeError as error:
                refused.append(str(error))
        return refused

    names = ("number", "anything", "__dict__")
    assert played(scenario, API, WEB) == [
        f"expected nothing to be set on <service API>, got {name!r}" for name in names
    ]
