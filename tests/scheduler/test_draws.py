"""The generator behind decisions."""

from collections import Counter

import pytest

from detrun.scheduler.draws import Draws


def drawn(seed: int, bound: int, count: int) -> list[int]:
    draws = Draws(seed)
    return [draws.below(bound) for _ in range(count)]


def test_the_same_seed_draws_the_same() -> None:
    assert drawn(7, 10, 100) == drawn(7, 10, 100) != drawn(8, 10, 100)


@pytest.mark.parametrize("bound", [1, 2, 3, 7, 100])
def test_draws_are_even(bound: int) -> None:
    counts = Counter(drawn(1, bound, 1_000 * bound))

    assert set(counts) == set(range(bound))
    assert 800 < min(counts.values()) <= max(counts.values()) < 1_200


def test_seeds_that_follow_each_other_do_not_draw_alike() -> None:
    first = Counter(tuple(drawn(seed, 2, 4)) for seed in range(1_600))

    assert len(first) == 16
    assert max(first.values()) < 200


def test_the_stream_of_a_seed_never_changes() -> None:
    """A seed that somebody noted years ago shall still be worth something."""
    assert drawn(7, 1_000, 5) == drawn(7 + 2**64, 1_000, 5) == EXPECTED


EXPECTED = [704, 429, 577, 565, 414]
