"""Frames: the one family of messages that all contexts talk in, and that a journal has as its lines."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from detrun.runtime import frames

KINDS: tuple[type[msgspec.Struct], ...] = get_args(frames.AnyFrame)


def example(kind: type[msgspec.Struct]) -> msgspec.Struct:
    """A frame of this kind, with something other than nothing in each field."""
    of_type = {int: 7, str: "text", bytes: b"bytes", bool: True, tuple[str, ...]: ("a", "b")}
    return kind(**{field.name: of_type[field.type] for field in msgspec.structs.fields(kind)})


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_is_itself_after_it_was_bytes(kind: type[msgspec.Struct]) -> None:  # F-RPC-01
    frame = example(kind)

    assert msgspec.msgpack.decode(frames.encode(frame), type=frames.AnyFrame) == frame


def test_no_two_kinds_have_one_tag() -> None:  # F-RPC-01
    tags = [kind.__struct_config__.tag for kind in KINDS]

    assert sorted(tags, key=str) == sorted(set(tags), key=str)
    assert all(isinstance(tag, int) for tag in tags)
