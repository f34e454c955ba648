"""Deterministic asyncio: programs run on seeded loops in virtual time, and the same seed is the same run.

A name is imported when it is first asked for: the command line should not pay for what it does not use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detrun.assertions import always as always
    from detrun.assertions import eventually as eventually
    from detrun.assertions import sometimes as sometimes
    from detrun.assertions import unreachable as unreachable
    from detrun.errors import Aborted as Aborted
    from detrun.errors import BindingError as BindingError
    from detrun.errors import BodyUsed as BodyUsed
    from detrun.errors import BudgetSpent as BudgetSpent
    from detrun.errors import Corrupt as Corrupt
    from detrun.errors import CrossContextError as CrossContextError
    from detrun.errors import DetrunError as DetrunError
    from detrun.errors import Disconnected as Disconnected
    from detrun.errors import Divergence as Divergence
    from detrun.errors import Forbidden as Forbidden
    from detrun.errors import FormatUnknown as FormatUnknown
    from detrun.errors import Hung as Hung
    from detrun.errors import InternalError as InternalError
    from detrun.errors import JournalError as JournalError
    from detrun.errors import LimitReached as LimitReached
    from detrun.errors import NondeterminismError as NondeterminismError
    from detrun.errors import NotAccepted as NotAccepted
    from detrun.errors import NotReceivable as NotReceivable
    from detrun.errors import NotSendable as NotSendable
    from detrun.errors import NotUpgraded as NotUpgraded
    from detrun.errors import Released as Released
    from detrun.errors import RemoteError as RemoteError
    from detrun.errors import RunError as RunError
    from detrun.errors import SocketClosed as SocketClosed
    from detrun.errors import Stuck as Stuck
    from detrun.errors import Truncated as Truncated
    from detrun.errors import Unavailable as Unavailable
    from detrun.errors import Unwritable as Unwritable
    from detrun.errors import UsageError as UsageError
    from detrun.model import Answer as Answer
    from detrun.model import Decision as Decision
    from detrun.model import EventId as EventId
    from detrun.model import Failure as Failure
    from detrun.model import Hold as Hold
    from detrun.model import Plan as Plan
    from detrun.model import Run as Run
    from detrun.runtime.entrypoints import WorkerEntrypoint as WorkerEntrypoint
    from detrun.runtime.entrypoints import wait_until as wait_until
    from detrun.runtime.environment import env as env
    from detrun.runtime.http.headers import Headers as Headers
    from detrun.runtime.http.request import Request as Request
    from detrun.runtime.http.response import Response as Response
    from detrun.runtime.http.signals import AbortController as AbortController
    from detrun.runtime.http.signals import AbortSignal as AbortSignal
    from detrun.runtime.members import RpcTarget as RpcTarget
    from detrun.runtime.sockets import ReadyState as ReadyState
    from detrun.runtime.sockets import WebSocket as WebSocket
    from detrun.runtime.sockets import WebSocketPair as WebSocketPair
    from detrun.scheduler.program import run as run
    from detrun.scheduler.strategies.default import Default as Default
    from detrun.scheduler.strategies.holds import Holds as Holds
    from detrun.scheduler.strategies.random import Random as Random
    from detrun.scheduler.strategies.recorded import Recorded as Recorded
    from detrun.scheduler.strategies.strategy import Strategy as Strategy
    from detrun.testing.decorator import test as test

_HOMES = {
    "detrun.assertions": "always eventually sometimes unreachable",
    "detrun.errors": (
        "Aborted BindingError BodyUsed BudgetSpent Corrupt CrossContextError DetrunError Disconnected "
        "Divergence Forbidden FormatUnknown Hung InternalError JournalError LimitReached NondeterminismError "
        "NotAccepted NotReceivable NotSendable NotUpgraded Released RemoteError RunError SocketClosed Stuck "
        "Truncated Unavailable Unwritable UsageError"
    ),
    "detrun.model": "Answer Decision EventId Failure Hold Plan Run",
    "detrun.runtime.entrypoints": "WorkerEntrypoint wait_until",
    "detrun.runtime.environment": "env",
    "detrun.runtime.http.headers": "Headers",
    "detrun.runtime.http.request": "Request",
    "detrun.runtime.http.response": "Response",
    "detrun.runtime.http.signals": "AbortController AbortSignal",
    "detrun.runtime.members": "RpcTarget",
    "detrun.runtime.sockets": "ReadyState WebSocket WebSocketPair",
    "detrun.scheduler.program": "run",
    "detrun.scheduler.strategies.default": "Default",
    "detrun.scheduler.strategies.holds": "Holds",
    "detrun.scheduler.strategies.random": "Random",
    "detrun.scheduler.strategies.recorded": "Recorded",
    "detrun.scheduler.strategies.strategy": "Strategy",
    "detrun.testing.decorator": "test",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'detrun' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value
