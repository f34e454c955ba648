"""A process that was forked before the program ran, and can do one thing as if nothing had run yet.

What is found by running a program many times in one process is worth something only if it also happens in one that is
fresh: modules keep state.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from detrun.errors import InternalError, JournalError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable

# How a process ends that could not write what it was to write.
_CANNOT = 2


class Pristine:
    """Waits in a process of its own until it is told what to do, once."""

    def __init__(self, work: Callable[[bytes], bytes]) -> None:
        asks, self._ask = os.pipe()
        self._answer, answers = os.pipe()
        self._child = os.fork()
        if self._child:
            os.close(asks)
            os.close(answers)
            return
        os.close(self._ask)
        os.close(self._answer)
        _serve(asks, answers, work)

    def do(self, order: bytes) -> bytes:
        """Have it done, and what came of it; raises what the process could not write."""
        with open(self._ask, "wb") as ask:
            ask.write(order)
        with open(self._answer, "rb") as answer:
            answered = answer.read()
        _, status = os.waitpid(self._child, 0)
        if status == _CANNOT << 8:
            raise pickle.loads(answered)  # which another process of ours wrote
        if status:
            raise died(status)
        return answered

    def dismiss(self) -> None:
        """It is not needed after all."""
        os.close(self._ask)
        os.close(self._answer)
        os.waitpid(self._child, 0)


def at_once(work: Callable[[], bytes]) -> bytes:
    """Do something in a process that is forked for it, so that nothing of it is left; what came of it."""
    return Pristine(lambda _: work()).do(b"now")


def died(status: int) -> RunError | InternalError:
    """What it means that a process ended which was to answer: Python does not end by a signal of its own accord."""
    if not os.WIFSIGNALED(status):
        return InternalError(f"expected an answer of a process, got its end with status {status}")
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name if number in {*signal.Signals} else f"signal {number}"
    return RunError(
        f"expected a run to end by itself, its process was ended by {name}\n"
        "what it calls that is no Python may have done that, or somebody outside: `detrun run` shows how far it comes"
    )


def _serve(asks: int, answers: int, work: Callable[[bytes], bytes]) -> None:
    """Do it, and end without anything that a process does at its end, which is the parent's business."""
    status = 1
    # As long as it waits, the user's interrupt is the parent's business.
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with open(asks, "rb") as ask:
            order = ask.read()
        signal.signal(signal.SIGINT, interrupted)
        if order:
            status, answered = _done(order, work)
            with open(answers, "wb") as answer:
                answer.write(answered)
        else:
            status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _done(order: bytes, work: Callable[[bytes], bytes]) -> tuple[int, bytes]:
    try:
        return 0, work(order)
    except JournalError as error:
        return _CANNOT, pickle.dumps(error)
