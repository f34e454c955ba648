"""Exceptions made again of what was told of them, without a line of their own classes' code being run."""

from __future__ import annotations

from contextlib import suppress
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from detrun.errors import RemoteError
from detrun.runtime.encoding.describing import HEAP_TYPE, Told, own_state
from detrun.scheduler.raised import RemoteTraceback

if TYPE_CHECKING:
    from collections.abc import Callable

# These mean something to whoever awaits: raised in a task, they would not arrive as errors.
_CONTROL = (StopIteration, StopAsyncIteration)


class Raiser:
    """Makes the exceptions of one error. What cannot be made of one of them is left out, and nothing else."""

    def __init__(
        self, told: list[Told], find: Callable[[str, str], type], unpack: Callable[[bytes], object], *, remote: bool
    ) -> None:
        self._told = told
        self._find = find
        self._unpack = unpack
        self._remote = remote
        self._made: dict[int, BaseException] = {}
        self._open: set[int] = set()

    def value(self) -> BaseException:
        """The first, of its own class if that is here."""
        first = self._make(0)
        if first is None:
            raise ValueError("expected an exception, got none")
        self._link()
        return first

    def error(self) -> Exception:
        """The first, so that it can be raised in a task."""
        first = self.value()
        if issubclass(type(first), Exception) and not issubclass(type(first), _CONTROL):
            return first  # type: ignore[return-value]
        made = self._substitute(self._told[0])
        self._finish(made, self._told[0])
        self._tie(made, self._told[0])
        return made

    def _make(self, number: int | None) -> BaseException | None:
        if number is None or not 0 <= number < len(self._told) or number in self._open:
            return None
        if number not in self._made:
            self._open.add(number)
            told = self._told[number]
            made = self._of_class(told)
            # Not by its truth, which may be a method of its class.
            self._made[number] = made = self._substitute(told) if made is None else made
            self._finish(made, told)
            self._open.discard(number)
        return self._made[number]

    def _of_class(self, told: Told) -> BaseException | None:
        try:
            kind = self._find(told.module, told.qualname)
            return self._new(kind, told) if issubclass(kind, BaseException) else None
        # A class that is not here, or that is made of other things here than there.
        except Exception:
            return None

    def _new(self, kind: type[BaseException], told: Told) -> BaseException | None:
        native: Any = next(base for base in kind.__mro__ if not base.__flags__ & HEAP_TYPE)
        arguments = self._arguments(told)
        if issubclass(kind, BaseExceptionGroup):
            members = [made for made in map(self._make, told.members or ()) if made is not None]
            arguments = (*arguments[:1], members)
        made: BaseException = native.__new__(kind, *arguments)
        # The arguments may be those of a class of the application, which hands other ones to its base.
        with suppress(TypeError, ValueError):
            native.__init__(made, *arguments)
        if not issubclass(kind, BaseExceptionGroup):
            BaseException.args.__set__(made, arguments)  # type: ignore[attr-defined]
        return made

    def _substitute(self, told: Told) -> RemoteError:
        return RemoteError(told.module, told.qualname, told.text, self._arguments(told))

    def _arguments(self, told: Told) -> tuple[object, ...]:
        return tuple(self._bit(bit, "<an argument that has no meaning here>") for bit in told.arguments)

    def _bit(self, bit: bytes, otherwise: object) -> object:
        try:
            return self._unpack(bit)
        except Exception:
            return otherwise

    def _finish(self, made: BaseException, told: Told) -> None:
        lost = object()
        found = {name: self._bit(bit, lost) for name, bit in told.attributes.items()}
        for name, item in found.items():
            if item is not lost and not (name.startswith("__") or (name in _FIELDS and type(made) is RemoteError)):
                _set(made, name, item)
        if self._remote:
            _set(made, "remote", True)  # noqa: FBT003
        if notes := [*told.notes, *([RemoteTraceback(told.traceback)] if told.traceback else [])]:
            own_state(made)["__notes__"] = notes

    def _link(self) -> None:
        for number, told in enumerate(self._told):
            if (made := self._make(number)) is not None:
                self._tie(made, told)

    def _tie(self, made: BaseException, told: Told) -> None:
        links: Any = BaseException
        links.__cause__.__set__(made, self._make(told.cause))
        links.__context__.__set__(made, self._make(told.context))
        links.__suppress_context__.__set__(made, told.suppressed)


_FIELDS = frozenset(vars(RemoteError("", "", "")))


def _set(made: BaseException, name: str, item: object) -> None:
    """Set an attribute without asking the class, which may have something to say about it."""
    for kind in type(made).__mro__:
        descriptor = vars(kind).get(name)
        if isinstance(descriptor, MemberDescriptorType | GetSetDescriptorType):
            try:
                descriptor.__set__(made, item)
            except (AttributeError, TypeError, ValueError):
                # Read-only, as the message of a group is, or of another type than here.
                return
            return
    own_state(made)[name] = item
