"""Latencies: what a message's taking longer does, and that it is said only where it does it."""

from __future__ import annotations

import asyncio
from itertools import islice

import pytest

from detrun.explore.explanation import Latency
from detrun.explore.finding import smallest
from detrun.explore.latencies import Late, rounded
from detrun.explore.telling import told
from detrun.model import EventId, Plan
from tests.explore.failures import Program, first, trials
from tests.explore.races import init_order
from tests.planted.zoo.patterns import double_delivery


async def impatient() -> None:
    """Gives up after 20 ms, and does not expect to."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 8000)
    reader, writer = await asyncio.open_connection("127.0.0.1", 8000)
    writer.write(b"hello\n")
    answer = await asyncio.wait_for(reader.readline(), 0.020)
    assert answer == b"hello\n"
    writer.close()
    server.close()


def latencies(program: Program) -> list[Latency | None]:
    """Those that are said of a program's failure."""
    signature, plan = first(program)
    return [flip.latency for flip in smallest(trials(program), plan, signature, 10).explanation.flips]


def test_a_slow_link_is_said_with_a_round_number() -> None:
    assert latencies(impatient) == [Latency("connection#1 receives", link=True, seconds=0.02)]


def test_it_is_told_beside_the_order() -> None:
    signature, plan = first(impatient)
    lines = told(smallest(trials(impatient), plan, signature, 10).explanation)

    assert any(
        line.startswith("  latency   it fails as well if whatever comes by connection#1 receives takes ")
        for line in lines
    )


def test_a_turn_that_lasts_is_a_natural_cause_already() -> None:
    assert latencies(init_order) == [None]


def test_what_is_said_was_tried() -> None:
    signature, plan = first(double_delivery)
    found = smallest(trials(double_delivery), plan, signature, 10)
    (flip,) = found.explanation.flips
    assert flip.latency is not None
    (hold,) = found.plan.holds
    late = Late(Plan(), hold.event, round(flip.latency.seconds * 1e9), link=flip.latency.link)

    assert trials(double_delivery).attempts(1).attempt(late).signature == signature


@pytest.mark.parametrize("nanoseconds", [0, 1_000_000])
def test_what_is_late_by_less_than_it_takes_changes_nothing(nanoseconds: int) -> None:
    signature, plan = first(impatient)
    (hold,) = smallest(trials(impatient), plan, signature, 10).plan.holds
    late = Late(Plan(), hold.event, nanoseconds, link=True)

    assert trials(impatient).attempts(1).attempt(late).signature is None


def test_what_is_no_message_of_the_run_is_late_for_nobody() -> None:
    assert trials(impatient).attempts(1).attempt(Late(Plan(), EventId((1, 1)), 10**9, link=False)).signature is None


def test_numbers_are_round_and_larger_than_what_is_asked() -> None:
    milliseconds = [[number / 1e6 for number in rounded(seconds)] for seconds in (0, 0.0123, 4)]

    assert milliseconds == [[1, 2, 5], [20, 50, 100], [5_000, 10_000, 20_000]]
    assert len(list(islice(rounded(1), 10))) == 3
