"""What runs of a test print and log: pytest gets to see that of one run, and of no other."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.logging import LogCaptureHandler
from _pytest.terminal import TerminalReporter

from detrun.explore.quiet import silence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@contextmanager
def unseen(item: Any, values: Sequence[object]) -> Iterator[None]:
    """Have nothing reported of what runs print, log and warn of meanwhile; who looks at what is printed sees it."""
    live = [handler for handler in _handlers() if isinstance(getattr(handler, "stream", None), TerminalReporter)]
    for handler in live:
        # It still takes its lock: where there are threads, without that it would be another run.
        vars(handler)["emit"] = _written_nowhere
    try:
        looked_at = any(isinstance(value, pytest.CaptureFixture) for value in values)
        # Warnings are kept, and by whom they would be told of is left alone: a filter may make an error of one.
        with warnings.catch_warnings(record=True), nullcontext() if looked_at else silence():
            yield
    finally:
        for handler in live:
            del vars(handler)["emit"]
        forget(values)
        capturing = None if item is None else item.config.pluginmanager.getplugin("capturemanager")
        if capturing is not None:
            # Whoever has kept the stream that there was before printed to that.
            capturing.read_global_capture()


def forget(values: Iterable[object]) -> None:
    """Have a run find nothing of what an earlier one has printed or logged."""
    for value in values:
        if isinstance(value, pytest.CaptureFixture):
            value.readouterr()
    for handler in _handlers():
        if isinstance(handler, LogCaptureHandler):
            handler.clear()


def _written_nowhere(_: logging.LogRecord) -> None:
    """What a handler does that says nothing."""


def _handlers() -> list[logging.Handler]:
    return logging.getLogger().handlers
