"""The generator behind decisions: small, cheap to seed, and the program's own randomness never touches it."""

_MASK = (1 << 64) - 1


class Draws:
    """A stream of numbers from a seed: a linear congruential generator of 64 bits, of which the upper half is used.

    Seeding `random.Random` costs as much as a third of a short run.
    """

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = _scrambled(seed)

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        self._state = state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (state >> 32) * bound >> 32


def _scrambled(seed: int) -> int:
    # The finalizer of splitmix64: seeds that follow each other shall not draw alike.
    seed = (seed + 0x9E3779B97F4A7C15) & _MASK
    seed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    seed = ((seed ^ (seed >> 27)) * 0x94D049BB133111EB) & _MASK
    return seed ^ (seed >> 31)
