"""Calls everything in the standard library that takes no arguments, in a run, and prints what came of it.

`python -m tests.scheduler.world.leaks` prints a line of JSON: by name, what each call gave, in a form in which nothing
is left of where things lie in memory. With the names of modules, their functions are called in no run instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import importlib
import inspect
import io
import json
import os
import pkgutil
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import detrun

# Modules that do something when they are imported, that belong to other systems, or that are about nothing but tests.
MODULES_LEFT_OUT = {
    "antigravity",  # opens a browser
    "idlelib",
    "lib2to3",
    "test",
    "this",  # prints a poem
    "tkinter",
    "turtle",
    "turtledemo",
}
# What waits for somebody, changes the process for those who come next, or leaves something behind that they find.
LEFT_OUT = {
    "bdb",
    "builtins.breakpoint",
    "curses",
    "ensurepip",
    "faulthandler",
    "gc.get_objects",  # everything
    "gc.get_stats",
    "http.server.test",  # serves for ever
    "logging.shutdown",
    "multiprocessing.shared_memory",  # the next process draws the same name, and finds it taken
    "os._exit",
    "os.abort",
    "os.closerange",
    "os.setpgrp",
    "os.setsid",
    "pdb",
    "pydoc.browse",  # serves, in a thread
    "signal.pause",
    "timeit",  # a million times over
    "posix._exit",
    "posix.abort",
    "posix.setpgrp",
    "posix.setsid",
    "sys.breakpointhook",
    "sys.setprofile",
    "sys.settrace",
    "venv",
    "webbrowser",
}
# Where things lie in memory, and the main thread, whose numbers stand in an attribute since before the run.
_MAIN = threading.main_thread()
_ADDRESS = re.compile(rf"0x[0-9a-fA-F]+|\b(id='\d+'|({_MAIN.ident}|{_MAIN.native_id})\b)")


def modules() -> Iterator[ModuleType]:
    """Every public module of the standard library that can be imported here, or those that were asked for."""
    for name in sorted(sys.argv[1:] or sys.stdlib_module_names):
        if name.startswith("_") or name in MODULES_LEFT_OUT or name in LEFT_OUT:
            continue
        with contextlib.suppress(BaseException):
            module = importlib.import_module(name)
            yield module
            yield from _below(module)


def _below(module: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        name = f"{module.__name__}.{found.name}"
        if not found.name.startswith("_") and not {found.name, name} & (LEFT_OUT | MODULES_LEFT_OUT | {"tests"}):
            with contextlib.suppress(BaseException):
                yield importlib.import_module(name)


def calls() -> Iterator[tuple[str, Callable[[], Any]]]:
    """What may take no arguments, by name."""
    for module in modules():
        for name, value in sorted(vars(module).items()):
            full = f"{module.__name__}.{name}"
            if not name.startswith("_") and full not in LEFT_OUT and callable(value) and _may_be_called(value):
                yield full, value


def _may_be_called(value: Any) -> bool:
    if isinstance(value, type) and issubclass(value, BaseException):
        return False
    try:
        inspect.signature(value).bind()
    except TypeError:
        return False
    except ValueError:
        pass  # it does not say; the call will
    return True


def outcome(call: Callable[[], Any]) -> str:
    """What a call gave, and what that gives in turn if it is something to be read once."""
    try:
        return told(call())
    except detrun.Forbidden:
        return "refused"
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {_ADDRESS.sub('0x', str(error))}"


def told(value: Any) -> str:
    """A value in words without addresses; sets have no order to be compared."""
    if inspect.iscoroutine(value):
        value.close()
    if isinstance(value, set | frozenset):
        return f"set {sorted(map(told, value))}"
    if isinstance(value, dict):
        return f"dict {sorted((told(key), told(entry)) for key, entry in value.items())}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} {list(map(told, value))}"
    if hasattr(value, "__dict__") and not isinstance(value, type | ModuleType) and not callable(value):
        return f"{type(value).__qualname__} {sorted((name, _repr(entry)) for name, entry in vars(value).items())}"
    return _repr(value)


def _repr(value: Any) -> str:
    return _ADDRESS.sub("0x", repr(value))


def outcomes() -> dict[str, str]:
    """All that the standard library tells a program that does nothing but ask."""
    found: dict[str, str] = {}
    for name, call in calls():
        sys.stdout, sys.stdin = io.StringIO(), io.StringIO()
        asyncio.set_event_loop(None)
        found[name] = outcome(call)
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    faulthandler.dump_traceback_later(60, exit=True)
    out, sys.stderr = sys.stdout, io.StringIO()
    run = None if sys.argv[1:] else detrun.run(outcomes, max_time=10**9)
    out.write(json.dumps({"digest": run.digest, **run.result()} if run is not None else outcomes()))
    out.flush()
    os._exit(0)  # whatever the calls left open stays as it is


if __name__ == "__main__":
    main()
