"""Frames: everything that travels between two contexts. An array each, told apart by its first element.

A frame is for one end of a session, whose number travels beside it. Values inside are bytes already (see `values`).
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Frame(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What frames have in common."""


class Call(Frame, tag=1, frozen=True, gc=False):
    """Find a member and call it, or read it. The target is an end of the session, or 0 for what the door leads to.

    Whom it is for and what was configured for it travel with the first kind only; `root` and `depth` with each.
    """

    target: int
    path: tuple[str, ...]
    arguments: bytes
    reads: bool
    # How many answers the side that asks has heard: what they said need not be kept for it.
    heard: int
    root: int
    depth: int
    entrypoint: str = ""
    props: bytes = b""


class Abort(Frame, tag=2, frozen=True, gc=False):
    """Nobody waits for this call any more."""

    reason: str


class Reply(Frame, tag=3, frozen=True, gc=False):
    """What a call gave."""

    value: bytes


class Refusal(Frame, tag=4, frozen=True, gc=False):
    """What a call raised."""

    error: bytes


class Chunk(Frame, tag=5, frozen=True, gc=False):
    """A piece of a stream."""

    data: bytes


class Finish(Frame, tag=6, frozen=True, gc=False):
    """A stream is complete: so many chunks it had."""

    chunks: int


class Break(Frame, tag=7, frozen=True, gc=False):
    """There will be no more of this stream, stub or session, for this reason."""

    error: bytes


class Cancel(Frame, tag=8, frozen=True, gc=False):
    """Nobody reads this stream any more."""

    reason: str


class Credit(Frame, tag=9, frozen=True, gc=False):
    """So many more chunks may be sent."""

    chunks: int


class Release(Frame, tag=10, frozen=True, gc=False):
    """A stub that was received so many times is used no more."""

    times: int


class Text(Frame, tag=11, frozen=True, gc=False):
    """A message of a socket, as text."""

    data: str


class Binary(Frame, tag=12, frozen=True, gc=False):
    """A message of a socket, as bytes."""

    data: bytes


class Close(Frame, tag=13, frozen=True, gc=False):
    """A socket is closed from the other side."""

    code: int
    reason: str
    clean: bool


class Bye(Frame, tag=14, frozen=True, gc=False):
    """The side that began the session has ended it, and all that it carries."""

    reason: str


AnyFrame: TypeAlias = (
    Call | Abort | Reply | Refusal | Chunk | Finish | Break | Cancel | Credit | Release | Text | Binary | Close | Bye
)

encode = msgspec.msgpack.Encoder().encode
