"""The entropy of a live run: what the system gives, drawn once and recorded."""

from __future__ import annotations

import os
from _random import Random
from typing import TYPE_CHECKING

from detrun.journal.entries import InputKind
from detrun.scheduler.origins import Origin
from detrun.scheduler.world import swap
from detrun.scheduler.world.entropy import Entropy, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.edge import Edge

_SEED = 32
_urandom = swap.twin(os.urandom)


class LiveEntropy(Entropy):
    """Keys and tokens come from the system, each an input; a generator that is no secret gets its seed from there."""

    def __init__(self, edge: Edge) -> None:
        super().__init__("real", 0)
        self._edge = edge
        self._origin = Origin(-2)

    def stream(self, purpose: int) -> Stream:
        stream = self._streams.get(purpose)
        if stream is None:
            assert self._trace is not None  # nobody draws before the run
            seed = self._edge.ask(InputKind.ENTROPY, self._origin, _urandom, _SEED)
            stream = self._streams[purpose] = Stream(self._trace, Random(int.from_bytes(seed, "little")))
        return stream

    def bytes(self, count: int, real: Callable[[int], bytes]) -> bytes:
        return self._edge.ask(InputKind.ENTROPY, self._origin, real, count)
