"""Scenarios: what is said of an application that cannot be played with, before anything of it runs."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from detrun.errors import UsageError
from detrun.testing.scenarios import checked, read

TWO = """
[[workers]]
name = "web"
main = "web.py"
services = [{ binding = "API", service = "ap" }]

[[workers]]
name = "api"
main = "api.py"
"""


def test_a_service_that_no_worker_has_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "detrun.toml").write_text(TWO)
    for name in ("web", "api"):
        (tmp_path / f"{name}.py").touch()

    with pytest.raises(UsageError, match=r"one of web, api, got 'ap': API of the worker 'web'"):
        read(str(tmp_path))


def test_what_is_worth_a_warning_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "detrun.toml").write_text('name = "web"\nmain = "web.py"\n')
    (tmp_path / "wrangler.toml").write_text('name = "web"\nmain = "web.py"\n')
    (tmp_path / "web.py").touch()
    # Other tests here want nothing logged.
    logging.disable(logging.NOTSET)

    read(str(tmp_path))

    assert caplog.messages == [f"{tmp_path}/detrun.toml is the configuration: wrangler.toml is not read"]


async def _of_two(app: object, more: object) -> None: ...


def _not_async(app: object) -> None: ...


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (_of_two, r"take the application and nothing else, got here\(app: .*, more: .*\)"),
        (_not_async, "to be an async function, got .*: here"),
    ],
)
def test_a_function_that_cannot_be_a_scenario_is_refused(scenario: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        checked(scenario, "here")
