"""What a runtime of workers has to do is numbered: a test names each number and shows it, or there is a reason."""

from __future__ import annotations

import pytest

from tests.runtime.naming import TESTS, numbered

FEATURES = numbered("F", {"GEN": 15, "RPC": 15, "STR": 13, "WS": 11, "REQ": 6, "MW": 3})
# What cannot be shown before something else is there.
LATER = {
    "F-WS-09": "hibernation comes with Durable Objects",
    "F-REQ-04": "what triggers a handler from outside comes with the server, queues and mail",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_is_shown_by_a_test_that_names_it(feature: str) -> None:
    shown = [name for name, text in TESTS.items() if feature in text]

    assert bool(shown) != (feature in LATER), f"{feature} is named by {shown or 'no test'}"
