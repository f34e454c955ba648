"""What the user's interrupt does to a simulated run: the first one ends the program, the second the process."""

import _signal  # type: ignore[import-not-found]
import os
import signal
import threading
from asyncio import events
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world import leaving, swap

_set = swap.twin(_signal.signal)
_STATUS = 130


@contextmanager
def stopping(path: Path) -> Iterator[None]:
    """Have the first interrupt stop the program, as Python and asyncio do, and say then where its journal is."""
    asked = False

    def interrupt(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            # Whoever asks twice waits for nobody: what is unwound may be in the way.
            os.write(2, f"\n{at_once(path)}\n".encode())
            leaving.at_once(_STATUS)
        asked = True
        engine = ACTIVE.engine
        loop = events._get_running_loop()  # noqa: SLF001  # which asyncio itself asks
        if engine is None or loop is None or engine.baton.current is not engine.baton.main:
            signal.default_int_handler(number, frame)
        else:
            engine.stop_soon()
            os.write(2, b"\ndetrun: the program is asked to stop; who asks twice ends it at once\n")

    handles = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is not None
    # A shell that starts something in the background has it ignore interrupts.
    handles = handles and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    before = _set(signal.SIGINT, interrupt) if handles else None
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"detrun: the journal has the run up to here: {path}", err=True)
        raise
    finally:
        if handles:
            _set(signal.SIGINT, before)


def at_once(path: Path) -> str:
    """What is said as a process ends without waiting for its program."""
    return f"detrun: ended at once; the journal is whole up to its last block: {path}"
