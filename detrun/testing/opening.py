"""The fixture `app`: which application it is, and that each run gets one for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.scenarios.playing import Opened, read
from detrun.testing.values import EachRun

if TYPE_CHECKING:
    import pytest


def opened(request: pytest.FixtureRequest, setting: str) -> EachRun:
    """The application of the nearest marker of this name, or of the setting; it is read here, once for all runs."""
    marker = request.node.get_closest_marker(setting)
    directory = marker.args[0] if marker is not None and marker.args else request.config.getini(setting)
    if not directory:
        raise UsageError(
            f"expected to be told which application `app` is: set {setting} in the configuration of pytest, or mark "
            f"the test with pytest.mark.{setting}(directory)"
        )
    configured, snapshots = read(str(request.config.rootpath / directory))
    return EachRun(lambda: Opened(configured, snapshots))
