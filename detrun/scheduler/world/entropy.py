"""The entropy of one run: what every source of randomness draws from, unless the program seeds that itself."""

from __future__ import annotations

from _random import Random
from typing import TYPE_CHECKING

from detrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.trace import Trace

KINDS = ("seeded", "fixed", "real")
# Streams by what draws from them: how often one is asked changes nothing for the others.
BYTES, MODULE, INSTANCES, NAMES, ARRAYS, SEQUENCES = range(6)
# No run has this for a seed.
FIXED = 1 << 64
_BITS = 256


class Entropy:
    """Independent streams that follow from the seed of a run; each is made when something is drawn from it.

    What is drawn is folded into the digest, so that a run which draws something else is another run. These are
    Mersenne twisters: good enough for a simulation, and no secret from anybody.
    """

    def __init__(self, kind: str, seed: int) -> None:
        if kind not in KINDS:
            raise UsageError(f"expected entropy that is one of {', '.join(KINDS)}, got {kind!r}")
        self.real = kind == "real"
        self._seed = FIXED if kind == "fixed" else seed
        self._streams: dict[int, Stream] = {}
        self._trace: Trace | None = None

    def enter(self, trace: Trace) -> None:
        """Be drawn from by the run that this is the trace of."""
        self._trace = trace

    @property
    def drew(self) -> bool:
        """Whether anything was drawn."""
        return bool(self._streams)

    def stream(self, purpose: int) -> Stream:
        """What is drawn from for this purpose."""
        stream = self._streams.get(purpose)
        if stream is None:
            assert self._trace is not None  # nobody draws before the run
            # The type made in C asks the operating system itself when it gets no seed.
            source = Random() if self.real else Random(self._seed << 3 | purpose)
            stream = self._streams[purpose] = Stream(self._trace, source)
        return stream

    def bytes(self, count: int, real: Callable[[int], bytes]) -> bytes:
        """As `os.urandom`, which stands ready for a run that wants the real thing."""
        if not self.real:
            return self.stream(BYTES).bits(8 * count).to_bytes(count, "little")
        assert self._trace is not None
        drawn = real(count)
        self._trace.fold(int.from_bytes(drawn, "little"))
        return drawn

    def seed(self, purpose: int) -> int:
        """Something to begin a generator with that the program makes without a seed."""
        return self.stream(purpose).bits(_BITS)


class Stream:
    """One stream of draws, each of which is folded into the digest of its run."""

    __slots__ = ("_trace", "following", "source")

    def __init__(self, trace: Trace, source: Random) -> None:
        self._trace = trace
        self.source = source
        # The second of two numbers that `random.gauss` made at once.
        self.following: float | None = None

    def random(self) -> float:
        """A number from 0 to 1."""
        drawn = self.source.random()
        trace = self._trace
        trace.digest = hash((trace.digest, trace.step, drawn))
        return drawn

    def bits(self, count: int) -> int:
        """A number of so many bits."""
        drawn = self.source.getrandbits(count)
        trace = self._trace
        trace.digest = hash((trace.digest, trace.step, drawn))
        return drawn
