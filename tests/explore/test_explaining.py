"""Explanations: what they claim is so."""

from __future__ import annotations

import asyncio
import json
import random
import re
from functools import cache

import msgspec
import pytest

from detrun.explore import labels
from detrun.explore.budget import Budget
from detrun.explore.explaining import RUNS, Explaining
from detrun.explore.explanation import Explanation, Rate
from detrun.explore.finding import smallest
from detrun.explore.minimizing import Minimizer
from detrun.explore.telling import told, turning_point
from detrun.scheduler.clock import FOREVER
from detrun.scheduler.endless import bounded
from tests.explore.failures import Program, first, trials
from tests.explore.races import RACES, init_order
from tests.planted.zoo.keeping import row
from tests.planted.zoo.patterns import abba, check_then_act, depth, double_delivery, permutation
from tests.planted.zoo.peers import ask, serving
from tests.planted.zoo.planting import ZOO

LABELS = {
    "init_order": labels.ORDER,
    "check_then_act": labels.ATOMICITY,
    "lost_wakeup": labels.LOST_WAKEUP,
    "abba": labels.DEADLOCK,
    "double_delivery": labels.DUPLICATE,
    "reload_race": labels.TORN,
    "early_stop": labels.ATOMICITY,
}


@cache
def explained(program: Program, delay: int | None = None) -> Explanation:
    """The first failure of a program, minimized and explained."""
    signature, plan = first(program, delay)
    tries = trials(program)
    minimizer = Minimizer(tries, signature, Budget())
    return Explaining(tries, minimizer, signature, Budget()).explain(minimizer.minimize(plan).plan)


@pytest.mark.parametrize("name", LABELS)
def test_a_failure_is_called_what_it_is(name: str) -> None:
    assert explained(RACES[name]).label == LABELS[name]


@pytest.mark.parametrize("program", [check_then_act, init_order, abba], ids=lambda program: program.__name__)
def test_one_order_is_needed_and_is_enough(program: Program) -> None:
    explanation = explained(program)
    (flip,) = explanation.flips

    assert (flip.necessary, flip.sufficient) == (True, True)
    assert explanation.around is not None
    assert (explanation.around.failed, explanation.around.runs) == (RUNS, RUNS)
    assert explanation.sentence.startswith("fails iff ")


def test_the_chance_is_that_of_walks_through_all_that_the_plan_has() -> None:
    """Also where something has to come along; what fails whatever is drawn is not drawn a hundred times."""
    bug, plan = ZOO["answer_lost_with_its_timeout"], row("answer_lost_with_its_timeout").plan
    tries = trials(bug)
    signature = tries(plan).signature
    assert signature is not None
    chance = Explaining(tries, Minimizer(tries, signature, Budget()), signature, Budget()).explain(plan).chance

    assert chance is not None
    assert (chance.runs, 0 < chance.failed < chance.runs) == (RUNS, True)
    assert explained(check_then_act).chance == Rate(20, 20)


def test_nothing_is_counted_for_which_there_was_no_time() -> None:
    signature, plan = first(check_then_act)
    tries = trials(check_then_act)
    minimizer = Minimizer(tries, signature, Budget())
    none = Explaining(tries, minimizer, signature, Budget(runs=0)).explain(minimizer.minimize(plan).plan)

    assert (none.around, none.chance, none.curve) == (Rate(0, 0), Rate(0, 0), ())
    assert none.sentence.startswith("fails if ")


def test_of_two_orders_each_is_needed_and_none_is_enough() -> None:
    assert [(flip.necessary, flip.sufficient) for flip in explained(depth).flips] == [(True, False)] * 2


def test_what_needs_more_than_is_named_is_not_said_to_be_certain() -> None:
    explanation = explained(permutation)

    assert explanation.around is not None
    assert explanation.around.failed < explanation.around.runs
    assert explanation.sentence.startswith("fails if ")


def test_both_sides_are_shown_with_what_they_see() -> None:
    (flip,) = explained(check_then_act).flips

    assert flip.late.where is not None
    assert flip.late.where.endswith("in ask: return (await reader.readline()).strip()")
    assert flip.first.where is not None
    assert flip.first.where.endswith("in book: await asyncio.sleep(after)")
    assert flip.differs == {"seats": ("1", "0")}


def test_it_is_said_what_stock_asyncio_needs_for_it() -> None:
    assert "`connection#1 receives#2` to come more than 20 ms later" in explained(double_delivery).possible
    assert "2 ms late, because what ran before took so long" in explained(init_order).possible


async def lost_permit() -> None:
    """Who is handed a permit is cancelled before he knows of it, by a timeout that comes in the very turn."""
    free, waiting = 0, asyncio.get_running_loop().create_future()

    async def release() -> None:
        await asyncio.sleep(0.040)
        if not waiting.done():
            waiting.set_result(None)

    async def acquire() -> None:
        nonlocal free
        try:
            async with asyncio.timeout(0.055):
                await waiting
            free += 1
        except TimeoutError:
            free += not waiting.done() or waiting.cancelled()

    await asyncio.gather(release(), acquire())
    assert free == 1


def test_the_exact_turn_is_named_where_only_that_one_makes_the_difference() -> None:
    explanation = explained(lost_permit)

    assert explanation.sentence == "fails iff `acquire#1/timeout#1` comes in turn 2 after `release#1/sleep#1`"
    # Runs in which something else kept the timeout from coming in that turn do not count.
    assert explanation.around is not None
    assert explanation.around.failed == explanation.around.runs > 0


def test_a_timeout_that_comes_first_is_shown_with_whom_it_cancels_and_where() -> None:
    (flip,) = explained(lost_permit).flips

    assert flip.first.task == "acquire#1"
    assert flip.first.where is not None
    assert flip.first.where.endswith("in acquire: await waiting")


async def outbid() -> None:
    """A lower bid wins unless its bidder is told of the higher one; both ask at once."""
    highest = 0

    async def bid(amount: int) -> None:
        nonlocal highest
        if highest < amount:
            await ask()
            highest = amount

    async with serving():
        await asyncio.gather(bid(20), bid(10))
    assert highest == 20, highest


def test_what_fails_when_nothing_is_late_is_said_to_pass_in_the_orders_in_which_it_does() -> None:
    explanation = explained(outbid)
    (order,) = explanation.unless

    assert explanation.sentence == (
        f"fails when nothing is late, unless `{order.first.event}` comes before `{order.late.event}`"
    )
    assert (order.first.event[:6], order.late.event[:6]) == ("bid#2/", "bid#1/")
    assert explanation.label != labels.ALWAYS
    assert [line[:11] for line in told(explanation) if line[2:8] in {"unless", "before"}] == [
        "  unless   ",
        "  before   ",
    ]


def test_what_always_fails_is_no_race() -> None:
    explanation = explained(careless)

    assert (explanation.sentence, explanation.label) == ("fails whatever comes first", labels.ALWAYS)
    assert explanation.unless == ()


def test_what_a_simulation_cannot_give_is_not_said_to_fail_elsewhere() -> None:
    async def starting() -> None:
        await asyncio.create_subprocess_exec("true")

    assert explained(starting).possible == "in a simulation alone, which cannot give what is asked for"


async def named_like_turns() -> None:
    """As `check_then_act`, by those whose names have words in them that names of turns have."""
    left = 1

    async def buy(after: float) -> None:
        nonlocal left
        await asyncio.sleep(after)
        if left:
            await ask()
            left -= 1

    async with serving():
        sales = [asyncio.create_task(buy(0.010 * number), name=f"turn {number} after closing") for number in range(2)]
        await asyncio.gather(*sales)
    assert left == 0, left


def test_any_name_will_do_for_a_task() -> None:
    sentence = explained(named_like_turns).sentence

    assert sentence.endswith(
        "`turn 1 after closing/sleep#1` comes before `turn 0 after closing/connection#1 receives#2`"
    )


def test_the_course_tells_whose_turn_came_when() -> None:
    course = explained(lost_permit).course
    (line,) = [line for line in told(explained(lost_permit)) if line.startswith("  course")]

    assert [(turn.task, turn.how) for turn in course[:3]] == [
        ("release#1", "goes on"),
        ("acquire#1", "is cancelled"),
        ("acquire#1", "goes on"),
    ]
    assert [turn.seconds for turn in course] == sorted(turn.seconds for turn in course)
    assert re.fullmatch(r"  course    55 ms  release#1 goes on at tests/explore/\w+\.py:\d+ in release: await .*", line)


async def busy_from_the_start() -> None:
    """Somebody who began to wait only after the first turn is late for what the first turn waits for."""
    done: list[str] = []

    async def other() -> None:
        await asyncio.sleep(0.001)
        done.append("other")

    task = asyncio.create_task(other())
    await asyncio.sleep(0.010)
    assert done
    await task


async def impatient() -> None:
    """An answer that takes longer than the program waits for it."""
    async with serving(), asyncio.timeout(5):
        await ask()


def test_a_turn_that_lasts_from_the_beginning_is_said_to_last_as_long_as_it_does() -> None:
    explanation = explained(busy_from_the_start)

    assert explanation.flips[0].late.event.endswith(" after the beginning")
    assert "10 ms late, because what ran before took so long" in explanation.possible


def test_seconds_are_said_in_seconds() -> None:
    lines = [line for line in told(explained(impatient, FOREVER)) if line.startswith("  latency")]
    assert [line.rpartition(" takes ")[2] for line in lines] == ["5 s longer"]
    assert "to come more than 5.0 s later than it could" in explained(impatient, FOREVER).possible


def test_an_explanation_is_lines_and_an_object_of_json() -> None:
    explanation = explained(check_then_act)

    assert told(explanation)[0] == "fails iff `book#2/sleep#1` comes before `book#1/connection#1 receives#2`"
    assert json.loads(msgspec.json.encode(explanation))["flips"][0]["first"]["event"] == "book#2/sleep#1"


def test_where_it_became_inevitable_is_where_the_minimal_story_says() -> None:
    (flip,) = (explanation := explained(double_delivery)).flips
    turn = turning_point(explanation.curve)

    assert turn is not None
    assert turn[0] == flip.first.event
    assert turn[1] < turn[2] == 1


CURVES = [
    ((), None),
    ((("a", 0.5),), None),
    ((("a", 1.0), ("b", 1.0)), None),
    ((("a", 0.2), ("b", 0.9), ("c", 0.8), ("d", 1.0), ("e", 1.0)), ("d", 0.8, 1.0)),
    ((("a", 0.2), ("b", 0.6), ("c", 0.7)), ("b", 0.2, 0.6)),
]


@pytest.mark.parametrize(("curve", "turn"), CURVES)
def test_a_failure_turns_on_what_makes_it_certain_or_likelier(
    curve: tuple[tuple[str, float], ...], turn: tuple[str, float, float] | None
) -> None:
    assert turning_point(curve) == turn


async def unlucky() -> None:
    """Fails with some random numbers, whatever the order."""
    await asyncio.sleep(random.random())
    assert random.random() < 0.5


async def careless() -> None:
    """Draws, and fails whatever it draws."""
    random.random()
    await asyncio.sleep(0.001)
    raise ValueError


def test_it_is_said_whether_random_numbers_matter() -> None:
    draws = [explained(program).draws for program in (unlucky, careless, check_then_act)]

    assert draws[0] is not None
    assert 0 < draws[0].failed < draws[0].runs
    assert draws[1] is not None
    assert draws[1].failed == draws[1].runs
    assert draws[2] is None


def test_a_turn_that_never_ends_is_a_livelock_of_one_hold() -> None:
    async def spinning() -> None:
        done = False

        async def work() -> None:
            nonlocal done
            await asyncio.sleep(0.001)
            for _ in range(3):
                await asyncio.sleep(0)
            done = True

        async def spin() -> None:
            await asyncio.sleep(0.010)
            while not done:
                pass

        await asyncio.gather(work(), spin())

    with bounded(0.2):
        signature, plan = first(spinning)
        found = smallest(trials(spinning), plan, signature, 5)

    assert signature.kind == "limit"
    assert len(found.plan.holds) == 1
    assert found.explanation.label == "livelock"
    assert "in spin: while not done" in (found.explanation.where or "")
