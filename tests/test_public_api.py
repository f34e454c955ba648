"""The exported names: whoever adds or removes one does it here too."""

import pytest

import detrun

NAMES = [
    "Aborted",
    "Answer",
    "BindingError",
    "BodyUsed",
    "Corrupt",
    "Decision",
    "Default",
    "DetrunError",
    "Divergence",
    "EventId",
    "Failure",
    "Forbidden",
    "FormatUnknown",
    "Hold",
    "Holds",
    "InternalError",
    "JournalError",
    "LimitReached",
    "NondeterminismError",
    "NotReceivable",
    "NotSendable",
    "Plan",
    "Random",
    "Recorded",
    "RemoteError",
    "Run",
    "RunError",
    "Strategy",
    "Stuck",
    "Truncated",
    "Unwritable",
    "UsageError",
    "always",
    "eventually",
    "run",
    "sometimes",
    "test",
    "unreachable",
]


def test_these_names_are_exported_and_no_others() -> None:
    assert detrun.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there_when_it_is_asked_for(name: str) -> None:
    assert getattr(detrun, name) is not None


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'detrun' has no attribute 'Loop'"):
        detrun.Loop  # noqa: B018
