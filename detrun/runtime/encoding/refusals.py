"""Why something cannot travel, and what to do instead, in words."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence, Set
from io import IOBase
from socket import socket
from types import BuiltinFunctionType, FrameType, FunctionType, MethodType, ModuleType, TracebackType

from detrun.runtime.encoding.packing import Refused

_LOCKS = (
    *(type(make()) for make in (threading.Lock, threading.RLock)),
    *(threading.Condition, threading.Event, threading.Semaphore, threading.Barrier),
    *(asyncio.Lock, asyncio.Condition, asyncio.Event, asyncio.Semaphore),
)
# The first that fits is taken.
_KINDS: list[tuple[type | tuple[type, ...], str, str]] = [
    (_LOCKS, "a lock", "send what it protects"),
    (Coroutine, "a coroutine", "await it, and send what it gives"),
    (asyncio.Future, "a future", "await it, and send what it gives"),
    ((FunctionType, MethodType, BuiltinFunctionType), "a function", "send what it gives"),
    (type, "a class", "send an instance, or its name"),
    (ModuleType, "a module", "send its name"),
    (IOBase, "a file", "read it, and send bytes"),
    (socket, "a socket", "send what it receives"),
    (threading.Thread, "a thread", "send what it makes"),
    ((FrameType, TracebackType), "a frame", "send it as text"),
    (AsyncIterator, "an asynchronous iterator", "send a list of what it gives"),
    (Iterator, "an iterator", "send a list of what it gives"),
]
_PLAIN: list[tuple[type, str]] = [
    *((kind, kind.__name__) for kind in (str, bytes, bytearray, int, float, complex)),
    *((Mapping, "dict"), (Set, "set"), (Sequence, "list")),
]


def refusal(value: object) -> Refused:
    """Why this cannot travel."""
    kind = type(value)
    for kinds, noun, hint in _KINDS:
        if issubclass(kind, kinds):
            return Refused(f"{noun} cannot travel between contexts", hint)
    for base, plain in _PLAIN:
        if issubclass(kind, base):
            return Refused(f"{_named(kind)} is not a plain {plain}, and cannot travel", f"send {plain}(...) of it")
    return Refused(
        f"an instance of {_named(kind)} cannot travel between contexts",
        "make its class a dataclass, an msgspec.Struct or an RpcTarget, or send its parts",
    )


def local(kind: type) -> Refused:
    """Why instances of a class within a function cannot travel."""
    return Refused(
        f"the class {_named(kind)} is within a function, where no receiver finds it", "define it in a module"
    )


def _named(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
