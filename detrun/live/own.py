"""Which functions an executor is given are run inside of a live run, and not as jobs beside it."""

from __future__ import annotations

import os
import socket
from functools import partial
from inspect import unwrap
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from detrun.live.jobs import Stand
from detrun.live.pipes import PipeFile
from detrun.scheduler.own import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Container

_FILES = {"_io", "io"}
# Packages that reach the outside by children and by Python's own sockets alone. What comes there is recorded as it is
# read; what becomes of it, an answer or a connection, could hardly be.
_FOLLOWED = {"ftplib", "http", "imaplib", "poplib", "smtplib", "socket", "socketserver", "ssl", "subprocess", "urllib"}
_FOLLOWED |= {"boto3", "botocore", "httpcore", "httpx", "pg8000", "pymysql", "redis", "requests", "urllib3", "xmlrpc"}
_FOLLOWED.add("detrun")  # whose sockets are the program's


def is_own(function: Any, given: Container[str] = ()) -> bool:
    """Whether a function has to run inside: the program's own, which may do anything to its state, or one like it.

    The methods of what jobs have given are jobs, too: of these kinds a replay has stand-ins.
    """
    while isinstance(function, partial):
        # `asyncio.to_thread` has the function called in the variables of its caller.
        inside = function.args[:1] if getattr(function.func, "__name__", "") == "run" else ()
        function = inside[0] if inside else function.func
    if type(function) is Stand:
        return False
    function = unwrap(getattr(function, "__func__", function))
    if (getattr(function, "__module__", None) or "").partition(".")[0] in _FOLLOWED or function is os.popen:
        return True
    called: Any = type(function)
    called = getattr(function, "__init__") if isinstance(function, type) else called.__call__  # noqa: B009  # of a class
    code = getattr(function, "__code__", None) or getattr(called, "__code__", None)
    if code is not None:
        return not code.co_filename.startswith(("<frozen", *LIBRARIES))
    # Made in C: a function of a module, or a dispatcher there; the method of a file, or of the program's list.
    owner = getattr(function, "__self__", None)
    if type(owner).__module__ in _FILES:
        return _is_followed(owner)
    if f"{type(owner).__module__}.{type(owner).__qualname__}" in given:
        return False
    return not (owner is None or isinstance(owner, ModuleType | FunctionType))


def _is_followed(file: Any) -> bool:
    """Whether a file object is one of the run's own pipes or sockets, below its buffers."""
    raw = getattr(getattr(file, "buffer", file), "raw", file)
    return isinstance(raw, PipeFile | socket.SocketIO)
