"""Exceptions of all sorts, on their way and back."""

from __future__ import annotations

from detrun.runtime.remote_errors import decode_error, encode_error
from tests.runtime.anything import RECEIVER
from tests.runtime.shapes import Receiver

WHERE = "Room:a"


class Teapot(Exception):
    """Hands its base something else than it was given."""

    def __init__(self, size: int, *, lid: bool) -> None:
        super().__init__(f"a teapot of {size}")
        self.size = size
        self.lid = lid


class Slotted(ValueError):
    __slots__ = ("code", "unset")

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Missing(OSError):
    def __init__(self, path: str) -> None:
        super().__init__(2, "gone", path)


class Choosy(Exception):
    def __new__(cls, *, word: str) -> Choosy:
        return super().__new__(cls, word)

    def __init__(self, *, word: str) -> None:
        self.word = word


class Terse(Exception):
    def __str__(self) -> str:
        return "terse"

    __repr__ = __str__


class Many(ExceptionGroup[Exception]):
    pass


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """The error with a traceback."""
    try:
        raise error from cause
    except BaseException as caught:
        return caught


def arrived(error: BaseException, receiver: Receiver = RECEIVER) -> Exception:
    return decode_error(encode_error(error, WHERE), receiver)


def told(error: BaseException) -> tuple[object, ...]:
    state = {name: item for name, item in vars(error).items() if name not in ("remote", "__notes__")}
    return type(error), error.args, str(error), state


class Nowhere(Receiver):
    def find_class(self, module: str, qualname: str) -> type:
        raise ModuleNotFoundError(module)
