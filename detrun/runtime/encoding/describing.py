"""An exception as plain data. It believes nothing about an exception, which may have methods that raise.

An exception and all it refers to are a list, and refer to each other by number: so what is cause and context at once
stays one, and what is its own cause ends.
"""

from __future__ import annotations

import os
import re
import traceback
from contextlib import suppress
from pathlib import Path
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.errors import RemoteError
from detrun.scheduler.raised import RemoteTraceback

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

DEEPEST = 8
"""Causes of causes, members of members, and errors within errors."""
MOST = 64
"""Exceptions in one error."""
LARGEST = 1024 * 1024
"""Bytes of all arguments and attributes of one error; what is more is left out."""
HEAP_TYPE = 1 << 9
"""A flag of classes that are not made in C once and for all."""
_LONGEST = 16 * 1024
_FRAMES = 50
# What of a traceback says nothing about the code that raised.
_OWN = (str(Path(__file__).parents[2]) + os.sep, "<frozen ")
# Where libraries lie is another place on another machine, and what travels has to be the same there.
_LIBRARIES = tuple(
    sorted({os.path.dirname(os.__file__), str(Path(msgspec.__file__).parents[1])}, key=len, reverse=True)
)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
# The object that lacked an attribute, or all of a failed import: nobody meant to send that.
_UNSENT = frozenset({"args", "obj", "exceptions"})
_REMOTE = frozenset(vars(RemoteError("", "", "")))


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What is told of one exception; others are the numbers of their places in the list."""

    module: str
    qualname: str
    text: str
    arguments: list[bytes]
    attributes: dict[str, bytes]
    notes: list[str]
    traceback: str
    cause: int | None = None
    context: int | None = None
    suppressed: bool = False
    members: list[int] | None = None


class Describer:
    """Tells of exceptions, those among the arguments of others too. There is an end to what it tells."""

    __slots__ = ("_left", "_most", "_open", "_pack")

    def __init__(self, pack: Callable[[object, Describer], bytes]) -> None:
        self._pack = pack
        self._open: set[int] = set()
        self._most = MOST
        self._left = LARGEST

    def describe(self, error: BaseException, where: str | None) -> list[Told]:
        """The exception, followed by those that it refers to; tracebacks go with it if it was raised somewhere."""
        if id(error) in self._open or len(self._open) >= DEEPEST or self._most <= 0:
            raise ValueError("expected an error within fewer others")
        self._open.add(id(error))
        try:
            found = self._reached(error)
            numbers = {id(each): number for number, each in enumerate(found)}
            return [self._told(each, numbers, where) for each in found]
        finally:
            self._open.discard(id(error))

    def _reached(self, error: BaseException) -> list[BaseException]:
        found = {id(error): error}
        layer = [error]
        for _ in range(DEEPEST):
            near = {id(other): other for each in layer for other in _others(each) if id(other) not in found}
            layer = list(near.values())[: self._most - len(found)]
            found |= {id(other): other for other in layer}
        self._most -= len(found)
        return list(found.values())

    def _told(self, error: BaseException, numbers: dict[int, int], where: str | None) -> Told:
        module, qualname, arguments = _identity(error)
        cause, context, suppressed = _links(error)
        members = _members(error)
        notes = _notes(error)
        return Told(
            module,
            qualname,
            _text(error),
            [self._argument(item) for item in arguments],
            self._attributes(error),
            [_clean(note) for note in notes if not isinstance(note, RemoteTraceback)],
            "" if where is None else _traceback(error, notes, where),
            numbers.get(id(cause)),
            numbers.get(id(context)),
            suppressed,
            None if members is None else [numbers[id(each)] for each in members if id(each) in numbers],
        )

    def _argument(self, item: object) -> bytes:
        found = self._bit(item)
        return found if found is not None else self._pack(f"<{_name(type(item))} that did not travel>", self)

    def _attributes(self, error: BaseException) -> dict[str, bytes]:
        found = {_clean(name): self._bit(item) for name, item in _state(error).items()}
        return {name: bit for name, bit in found.items() if bit is not None}

    def _bit(self, item: object) -> bytes | None:
        try:
            found = self._pack(item, self)
        # Whatever it is that its methods raise, an error has to get through.
        except BaseException:
            return None
        if len(found) > self._left:
            return None
        self._left -= len(found)
        return found


def _others(error: BaseException) -> list[BaseException]:
    cause, context, _ = _links(error)
    return [other for other in (cause, context, *(_members(error) or ())) if other is not None]


def _links(error: BaseException) -> tuple[BaseException | None, BaseException | None, bool]:
    # The descriptors themselves, for a class may have a `__getattribute__`.
    fields: Any = BaseException
    return (
        fields.__cause__.__get__(error),
        fields.__context__.__get__(error),
        fields.__suppress_context__.__get__(error),
    )


def _members(error: BaseException) -> tuple[BaseException, ...] | None:
    fields: Any = BaseExceptionGroup
    if not _is(error, BaseExceptionGroup):
        return None
    found: tuple[BaseException, ...] = fields.exceptions.__get__(error)
    return found


def _is(error: BaseException, kind: type) -> bool:
    # Whatever its `__class__` claims.
    return issubclass(type(error), kind)


def _identity(error: BaseException) -> tuple[str, str, tuple[object, ...]]:
    fields: Any = BaseException
    arguments: tuple[object, ...] = fields.args.__get__(error)
    if type(error) is RemoteError:
        # What could not be made here may be made at the next receiver.
        return _clean(error.module), _clean(error.qualname), error.arguments
    if _is(error, BaseExceptionGroup):
        arguments = arguments[:1]
    return _clean(type(error).__module__), _name(type(error)), arguments


def _state(error: BaseException) -> dict[str, object]:
    """Attributes, in `__dict__` or in slots, of C or of Python."""
    found: dict[str, object] = {}
    for kind in type(error).__mro__:
        for name, descriptor in vars(kind).items():
            if isinstance(descriptor, MemberDescriptorType | GetSetDescriptorType) and not name.startswith("__"):
                _read(found, name, descriptor, error)
    found |= {name: item for name, item in own_state(error).items() if type(name) is str}
    skipped = _UNSENT | _REMOTE if type(error) is RemoteError else _UNSENT
    return {name: item for name, item in found.items() if name not in skipped and not name.startswith("__")}


def _read(found: dict[str, object], name: str, descriptor: Any, error: BaseException) -> None:
    # A slot that is empty, or what C has no value for.
    with suppress(AttributeError, TypeError, ValueError):
        item = descriptor.__get__(error)
        # What C reads as `None` may be nothing at all, which is another thing to it.
        if item is not None or descriptor.__objclass__.__flags__ & HEAP_TYPE:
            found.setdefault(name, item)


def own_state(error: BaseException) -> dict[str, object]:
    """Its `__dict__`, whatever its class has by that name."""
    own: dict[str, object] = vars(BaseException)["__dict__"].__get__(error)
    return own


def _notes(error: BaseException) -> list[str]:
    notes = own_state(error).get("__notes__")
    return [note for note in notes if isinstance(note, str)] if isinstance(notes, list | tuple) else []


def _text(error: BaseException) -> str:
    try:
        # Addresses are others in every process.
        return _ADDRESS.sub("0x...", _clean(error.text if type(error) is RemoteError else str(error)))
    except BaseException:
        return "<an error that cannot be printed>"


def _traceback(error: BaseException, notes: list[str], where: str) -> str:
    """Frames of this context, then those of contexts that this one called."""
    fields: Any = BaseException
    frames = _frames(fields.__traceback__.__get__(error))
    heading = [f"remote traceback of {_clean(where)} (most recent call last):\n{frames}"] if frames else []
    return _cut("\n".join([*heading, *(_clean(note) for note in notes if isinstance(note, RemoteTraceback))]))


def _frames(found: TracebackType | None) -> str:
    summary = traceback.StackSummary.extract(traceback.walk_tb(found), limit=-_FRAMES)
    theirs = [frame for frame in summary if not frame.filename.startswith(_OWN)]
    text = "".join(traceback.StackSummary.from_list(theirs).format())
    for library in _LIBRARIES:
        text = text.replace(f'File "{library}{os.sep}', 'File "')
    return _clean(text).rstrip("\n")


def _name(kind: type) -> str:
    # A class can have anything as its `__module__`, but no `__qualname__` that is not a string.
    return _clean(type.__dict__["__qualname__"].__get__(kind))


def _clean(text: object) -> str:
    """A plain string that any encoding has, and that is not too long."""
    if not isinstance(text, str):
        return "?"
    return _cut(str.encode(text, "utf-8", "backslashreplace").decode())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}\n...\n{text[-_LONGEST // 2 :]}"
