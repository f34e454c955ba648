"""What fails where nobody waits for it: work after the answer, and tasks that are forgotten; whatever it raises."""

from __future__ import annotations

from typing import Any

import pytest

from detrun.scenarios.app import App
from tests.runtime.applications import played, worker

UNSEEN = worker(
    "web",
    """
    kept = []

    class Final(BaseException):
        pass

    ERRORS = {"LookupError": LookupError, "GeneratorExit": GeneratorExit, "Final": Final}

    async def fails(name):
        raise ERRORS[name]("unseen")

    class Default(WorkerEntrypoint):
        def outlives(self, name):
            self.ctx.wait_until(fails(name))
            return "answered"

        async def forgets(self, name):
            kept.append(asyncio.ensure_future(fails(name)))
            await asyncio.sleep(0.001)
            return "answered"
    """,
)


@pytest.mark.parametrize("method", ["outlives", "forgets"])
@pytest.mark.parametrize("name", ["LookupError", "GeneratorExit", "Final"])
def test_what_fails_unseen_is_logged_and_there_is_a_complaint(  # F-REQ-02
    method: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(app: App) -> Any:
        answer = await getattr(app.service("web"), method)(name)
        await app.sleep(0.1)
        return answer, [repr(complaint.error) for complaint in app.complaints]

    assert played(scenario, UNSEEN) == ("answered", [f"{name}('unseen')"])
    assert "unseen" in caplog.text
