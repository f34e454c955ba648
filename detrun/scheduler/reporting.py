"""What becomes of exceptions that nobody awaits: asyncio's exception handlers."""

from __future__ import annotations

import traceback
from asyncio import base_events
from collections.abc import Callable
from typing import Any

from detrun.errors import Divergence
from detrun.scheduler.handles import Handle, described
from detrun.scheduler.outside import Outside

Report = dict[str, Any]
Handler = Callable[[Any, Report], object]

_HEADINGS = {"source_traceback": "Object created at", "handle_traceback": "Handle created at"}


class Reporting(Outside):
    """The part of a loop that reports; it has one handler, or asyncio's own way, which is to log."""

    _exception_handler: Handler | None = None

    def get_exception_handler(self) -> Handler | None:
        return self._exception_handler

    def set_exception_handler(self, handler: Handler | None) -> None:
        if handler is not None and not callable(handler):
            raise TypeError(f"A callable object or None is expected, got {handler!r}")
        self._exception_handler = handler

    def default_exception_handler(self, context: Report) -> None:
        self._home.engine.claims.report(context, self._home.name)
        error = context.get("exception")
        lines = [context.get("message") or "Unhandled exception in event loop"]
        lines += [_line(key, context[key]) for key in sorted(context) if key not in ("message", "exception")]
        _log("\n".join(lines), error is not None and (type(error), error, error.__traceback__))

    def call_exception_handler(self, context: Report) -> None:
        error, engine = context.get("exception"), self._home.engine
        if engine.killed or isinstance(error, Divergence) or (engine.error and isinstance(error, SystemExit)):
            return  # whoever is killed says nothing more, and how a run is ended is no concern of the program's
        try:
            self._handle(context)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._handle_failed(error, context)

    def report_callback(self, handle: Handle, error: BaseException) -> None:
        """Report what a callback raised."""
        report: Report = {
            "message": f"Exception in callback {described(handle.call)}",
            "exception": error,
            "handle": handle,
        }
        if (source := getattr(handle, "source_traceback", None)) is not None:
            report["source_traceback"] = source
        self.call_exception_handler(report)

    def _handle(self, context: Report) -> None:
        if self._exception_handler is None:
            self.default_exception_handler(context)
        elif (variables := _variables(context)) is not None:
            variables.run(self._exception_handler, self, context)
        else:
            self._exception_handler(self, context)

    def _handle_failed(self, error: BaseException, context: Report) -> None:
        if self._exception_handler is None:
            _log("Exception in default exception handler", error=True)
            return
        try:
            message = "Unhandled error in exception handler"
            self.default_exception_handler({"message": message, "exception": error, "context": context})
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:
            message = (
                "Exception in default exception handler while handling an unexpected error in custom exception handler"
            )
            _log(message, error=True)


def _log(message: str, error: Any) -> None:
    # By the name under which asyncio's own loops know their logger, for that is where tests put another.
    base_events.logger.error(message, exc_info=error)  # type: ignore[attr-defined]


def _variables(context: Report) -> Any:
    # A custom handler runs with the context variables of whatever failed.
    for key in ("task", "future", "handle"):
        if context.get(key) is not None:
            thing = context[key]
            return thing.get_context() if hasattr(thing, "get_context") else None
    return None


def _line(key: str, value: Any) -> str:
    if key not in _HEADINGS:
        return f"{key}: {value!r}"
    stack = "".join(traceback.format_list(value)).rstrip()
    return f"{key}: {_HEADINGS[key]} (most recent call last):\n{stack}"
