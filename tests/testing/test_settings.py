"""Settings of tests: what is asked for that there is not is refused where it stands."""

from __future__ import annotations

import pytest

import detrun
from detrun.errors import UsageError
from detrun.testing import Failed
from detrun.testing.settings import Settings
from tests.testing.races import count_to_three, double_booking


def test_without_a_bound_there_are_two_hundred_runs_and_with_seconds_none() -> None:
    assert (Settings.of().runs, Settings.of(seconds=1.0).runs, Settings.of(seconds=1.0, runs=7).runs) == (200, None, 7)


@pytest.mark.parametrize(
    ("settings", "objection"),
    [
        ({"run": 3}, "expected settings out of runs, seconds, level, faults, entropy, verify, got 'run'"),
        ({"entropy": "real"}, "expected entropy that is one of drawn, fixed, got 'real'"),
        ({"runs": 0}, "expected runs to be int >= 1, got 0"),
        ({"runs": "many"}, "expected runs to be int, got 'many'"),
        ({"runs": None}, "expected a bound of runs or of seconds, got none"),
        ({"seconds": 0}, "expected seconds to be float > 0.0, got 0"),
        ({"level": 4}, "expected level to be int <= 3, got 4"),
        ({"faults": 3}, "expected faults to be array, got 3"),
        ({"faults": [3]}, r"expected faults to be str, got \[3\]"),
        ({"faults": "split"}, None),
    ],
)
def test_settings_of_the_wrong_kind_are_refused(settings: dict[str, object], objection: str | None) -> None:
    if objection is None:
        assert Settings.of(**settings).faults == ("split",)
        return
    with pytest.raises(UsageError, match=objection):
        Settings.of(**settings)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(UsageError, match="expected an async function to test, got 3"):
        detrun.test(3)  # type: ignore[call-overload]


def test_a_decorated_function_can_be_called_by_whoever_likes(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    detrun.test(runs=5)(count_to_three)()

    with pytest.raises(Failed, match="fails iff"):
        detrun.test(runs=50)(double_booking)()
