"""Kinds: everything but plain data that travels between contexts, in the order in which they are asked.

A request is also something that gives bytes, so that requests come before streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.runtime.exchanges import HeaderLists, Requests, Responses
from detrun.runtime.streams import Streams
from detrun.runtime.stubs import References

if TYPE_CHECKING:
    from detrun.runtime.carrying import Kind

KINDS: tuple[Kind, ...] = (Requests(), Responses(), HeaderLists(), References(), Streams())
