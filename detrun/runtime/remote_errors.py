"""The one codec of errors that pass from one context to another: whatever is raised arrives, as what it was if it can.

It gives an exception of the receiver's own class, with arguments, attributes, notes, causes and contexts, members, and
where it was raised. What of that cannot travel is left out piece by piece. Whatever methods an exception has, nothing
of what they raise gets out of here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.msgpack import encode

from detrun.errors import DetrunError, NotReceivable
from detrun.runtime.encoding.flattening import described
from detrun.runtime.encoding.reviving import Reviver

if TYPE_CHECKING:
    from detrun.runtime.encoding.reviving import Importer


def encode_error(error: BaseException, where: str) -> bytes:
    """The bytes of what was raised; `where` names what raised it, such as "API.total"."""
    return encode(described(error, where))


def decode_error(data: bytes, importer: Importer) -> Exception:
    """An error that can be raised in a task, and whose `remote` is true; bytes that are none are `NotReceivable`.

    What would mean something to whoever awaits, such as a cancellation or an exit, arrives as `RemoteError`: it was the
    other context that was cancelled.
    """
    try:
        return Reviver(importer).raiser(memoryview(data), remote=True).error()
    except DetrunError:
        raise
    except Exception as error:
        raise NotReceivable(
            f"no error has these bytes: {error}", "sender and receiver must be of one version"
        ) from error
