"""What the host does itself is no event of a worker's, and no path is the host's own."""

from __future__ import annotations

from typing import Any

import pytest

from detrun.scenarios.app import App
from tests.runtime.applications import play, worker
from tests.runtime.versions import states

WEB = worker(
    "web",
    """
    class Default(WorkerEntrypoint):
        def fetch(self, request):
            return Response(request.url)
    """,
)
PATHS = ["/", "/.well-known/security.txt", "/__api/rpc", "/cdn-cgi/handler/scheduled", "/favicon.ico"]


@pytest.mark.parametrize("seed", range(3))
def test_each_path_is_the_workers_and_nothing_that_the_host_does_is_an_event_of_one(seed: int) -> None:  # F-GEN-12
    names: list[str] = []

    async def scenario(app: App) -> Any:
        app.application.engine.trace.observers.append(lambda event: names.append(getattr(event, "path", "")))
        urls = [await (await app.fetch(path)).text() for path in PATHS]
        asked = len([name for name in names if name.startswith("web/call of ")])
        app.disconnect()
        await app.sleep(1)
        names.clear()
        # Whatever the host does with a worker, or finds out of it.
        app.save({"web/main.py": WEB.source + "\n# new"})
        await app.sleep(1)
        await app.reload()
        app.jump(3_600)
        app.crash("web")
        await app.sleep(5)
        assert [number for number, _ in states(app)] == [1, 2, 3, 4]
        assert app.application.watching.files() == ["/app/web/main.py"]
        return urls, asked

    urls, asked = play(scenario, WEB, seed=seed).result()
    assert urls == [f"http://localhost{path}" for path in PATHS]
    assert asked == len(PATHS)
    assert names
    # Its own steps have names of their own, in the context of the supervisor or of a generation.
    assert not [name for name in names if name.startswith("web/") and not name.startswith("web/supervisor/")]
    contexts = {name.partition("/")[0] for name in names if name and not name.startswith("main/")}
    assert contexts <= {"web", "web@1", "web@2", "web@3", "web@4"}
