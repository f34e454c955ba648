"""Values made again of extensions. It believes nothing about the bytes, and lets no error but its own out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.msgpack import decode

from detrun.errors import NotReceivable
from detrun.runtime.encoding import classes, codes
from detrun.runtime.encoding.describing import Told
from detrun.runtime.encoding.raising import Raiser
from detrun.runtime.encoding.scalars import REVIVED

if TYPE_CHECKING:
    from collections.abc import Callable


class Importer(Protocol):
    """Makes in the receiving context what only it has: its own classes, and what was exported."""

    def find_class(self, module: str, qualname: str) -> type:
        """The receiver's class of this name; any exception means that it has none."""

    def revive(self, code: int, payload: object) -> object:
        """What was exported with this code; the payload is as msgspec decodes it without a type."""


class Reviver:
    """Makes the values of one message."""

    __slots__ = ("_importer",)

    def __init__(self, importer: Importer) -> None:
        self._importer = importer

    def revive(self, code: int, payload: memoryview) -> object:
        """What an extension stands for; any exception means that it stands for nothing."""
        if code in REVIVED:
            return REVIVED[code](payload)
        if code in _MANY:
            return _MANY[code](decode(payload, ext_hook=self.revive, type=list))
        if code == codes.PAIRS:
            parts = decode(payload, ext_hook=self.revive, type=list)
            return dict(zip(parts[::2], parts[1::2], strict=True))
        if code == codes.EXPORTED:
            return self._importer.revive(*decode(payload, type=tuple[int, object]))
        if code == codes.ERROR:
            return self.raiser(payload, remote=False).value()
        return self._instance(code, payload)

    def raiser(self, payload: memoryview, *, remote: bool) -> Raiser:
        """What makes the exceptions of one error."""
        return Raiser(decode(payload, type=list[Told]), self.find, self._unpacked, remote=remote)

    def _unpacked(self, bit: bytes) -> object:
        return decode(bit, ext_hook=self.revive)

    def _instance(self, code: int, payload: memoryview) -> object:
        if code == codes.MEMBER:
            module, qualname, name, value = decode(
                payload, ext_hook=self.revive, type=tuple[str, str, str | None, object]
            )
            return classes.member(self.find(module, qualname), name, value)
        if code not in (codes.NAMED_TUPLE, codes.DATACLASS, codes.STRUCT):
            raise ValueError(f"no value has the extension {code}")
        module, qualname, fields = decode(payload, ext_hook=self.revive, type=tuple[str, str, dict[str, object]])
        return classes.instance(code, self.find(module, qualname), fields)

    def find(self, module: str, qualname: str) -> type:
        """The receiver's class."""
        try:
            found = self._importer.find_class(module, qualname)
        except Exception as error:
            raise NotReceivable(
                f"the receiver has no class {module}.{qualname}",
                "sender and receiver must have it in a module of the same name",
            ) from error
        if not isinstance(found, type):
            raise NotReceivable(f"{module}.{qualname} is no class", "a name must mean the same where it is received")
        return found


_MANY: dict[int, Callable[[list[object]], object]] = {codes.TUPLE: tuple, codes.SET: set, codes.FROZENSET: frozenset}
