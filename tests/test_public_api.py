"""The exported names: whoever adds or removes one does it here too."""

import pytest

import detrun

NAMES = [
    "AbortController",
    "AbortSignal",
    "Aborted",
    "Answer",
    "BindingError",
    "BodyUsed",
    "BudgetSpent",
    "Corrupt",
    "CrossContextError",
    "Decision",
    "Default",
    "DetrunError",
    "Disconnected",
    "Divergence",
    "EventId",
    "Failure",
    "Forbidden",
    "FormatUnknown",
    "Headers",
    "Hold",
    "Holds",
    "Hung",
    "InternalError",
    "JournalError",
    "LimitReached",
    "NondeterminismError",
    "NotAccepted",
    "NotReceivable",
    "NotSendable",
    "NotUpgraded",
    "Plan",
    "Random",
    "ReadyState",
    "Recorded",
    "Released",
    "RemoteError",
    "Request",
    "Response",
    "RpcTarget",
    "Run",
    "RunError",
    "SocketClosed",
    "Strategy",
    "Stuck",
    "Truncated",
    "Unavailable",
    "Unwritable",
    "UsageError",
    "WebSocket",
    "WebSocketPair",
    "WorkerEntrypoint",
    "always",
    "env",
    "eventually",
    "run",
    "sometimes",
    "test",
    "unreachable",
    "wait_until",
]


def test_these_names_are_exported_and_no_others() -> None:
    assert detrun.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_there_when_it_is_asked_for(name: str) -> None:
    assert getattr(detrun, name) is not None


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'detrun' has no attribute 'Loop'"):
        detrun.Loop  # noqa: B018
