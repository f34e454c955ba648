"""Where two runs part, by their notes."""

from __future__ import annotations

from detrun.doctor.causes import Lens, lens
from detrun.doctor.notes import Note
from detrun.doctor.places import Parting, partings


def read(line: int, *, frame: int = 1, step: int = 1, thread: int = 0, importing: bool = False, **values: str) -> Note:
    return Note("read", step, thread, frame, "a.py", line, "main", values, importing)


def call(name: str, line: int, caller: str) -> Note:
    return Note("call", 1, 0, 0, "a.py", line, caller, {"()": name})


def first(one: list[Note], two: list[Note], lens: Lens | None = None) -> Parting | None:
    return next(partings(one, two, lens or Lens()), None)


def test_runs_with_the_same_notes_do_not_part() -> None:
    assert first([read(1), read(2, a="1")], [read(1), read(2, a="1")]) is None


def test_a_value_that_differs_is_named_with_both() -> None:
    parting = first([read(1), read(2, a="1", b="2")], [read(1), read(2, a="1", b="3")])

    assert parting is not None
    assert (parting.place, parting.values, parting.ways) == (("a.py", 2), {"b": ("2", "3")}, None)


def test_all_values_are_named_up_to_where_the_runs_go_different_ways() -> None:
    one = [read(1, a="1"), read(2), read(3), read(4, a="9")]
    two = [read(1, a="2"), read(2), read(5), read(4, a="8")]

    assert [(parting.line, parting.ways) for parting in partings(one, two, Lens())] == [
        (1, None),
        (2, ("line 3 in main", "line 5 in main")),
    ]


def test_the_branch_is_to_blame_and_not_what_ran_in_between() -> None:
    between = read(20, frame=2)

    parting = first([read(1), between, read(2)], [read(1), between, read(3)])

    assert parting is not None
    assert parting.line == 1


def test_a_call_that_nobody_made_is_to_blame_itself() -> None:
    parting = first([read(1), read(2)], [read(1), call("Node.__del__", 40, "Node.__del__")])

    assert parting is not None
    assert (parting.line, parting.ways) == (40, ("line 2 in main", "a call of Node.__del__()"))


def test_a_call_that_one_run_makes_is_to_blame_where_it_is_made() -> None:
    parting = first([read(7), call("rate", 7, "main")], [read(7), read(8)])

    assert parting is not None
    assert parting.line == 7


def test_a_run_may_be_over_before_the_other() -> None:
    parting = first([read(1), read(2)], [read(1)])

    assert parting is not None
    assert parting.ways == ("line 2 in main", "the end")


def test_at_another_rate_of_the_clock_values_say_nothing() -> None:
    assert first([read(1, now="1")], [read(1, now="2")], lens("clock rate")) is None
    assert first([read(1), read(2)], [read(1), read(3)], lens("clock rate")) is not None


def test_what_is_imported_says_nothing_after_an_earlier_run() -> None:
    assert first([read(1), read(9, importing=True), read(2)], [read(1), read(2)], lens("earlier run")) is None


def test_other_threads_say_nothing_about_threads() -> None:
    assert first([read(9, thread=1), read(1)], [read(1), read(9, thread=1)], lens("thread latency")) is None
