"""A process that stays as it was when it began, and forks one patient after the other: each finds the same heap.

Forked processes share where everything lies, so that two of them differ in no address unless something is changed.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec

from detrun.doctor.job import Job, Told
from detrun.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# A number of so many digits is a command: a folder, in which there are a job and a pipe that tells who lives.
DIGITS = 4
# How often it is looked whether the process that forks is still there, and whoever takes too long.
_GLANCE = 200


class Ward:
    """The process, started with these words and this environment; it serves jobs in folders within one."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        # A session of its own, so that whoever it has forked can be ended with it.
        self._process = subprocess.Popen(
            [sys.executable, *words],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def begin(self, job: Job) -> Life:
        """Have a job run."""
        life = Life(job, self)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(Path(job.folder).name.encode())
            self._process.stdin.flush()
        return life

    def check(self) -> None:
        """Raise if the process is not there any more."""
        if self._process.poll() is not None:
            raise InternalError("the process that was to run the program has ended")

    def close(self) -> None:
        """End it, and whatever it runs."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(BrokenPipeError):
            self._process.communicate()


class Life:
    """A job that is run: it holds the reading end of a pipe, of which its process has the other end while it lives."""

    def __init__(self, job: Job, ward: Ward) -> None:
        self.job = job
        self.ward = ward
        self._began = time.monotonic()
        self._process = 0
        Path(job.folder, "job").write_bytes(msgspec.json.encode(job))
        pipe = os.path.join(job.folder, "pipe")
        os.mkfifo(pipe)
        self.pipe = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def is_over(self) -> bool:
        """Whether the process has come and gone; to be asked when the pipe has something to say."""
        said = os.read(self.pipe, 100)
        if said:
            self._process = int(said)
        return not said and self._process > 0

    def limit(self, seconds: float) -> None:
        """End it if it has taken longer than this."""
        if self._process and time.monotonic() - self._began > seconds:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)

    def told(self) -> Told:
        """What it left behind."""
        os.close(self.pipe)
        folder = Path(self.job.folder)
        try:
            return msgspec.json.decode((folder / "told").read_bytes(), type=Told)
        except FileNotFoundError:
            error = folder / "error"
            return Told(message=error.read_text() if error.exists() else "")


def attend(jobs: Sequence[tuple[Ward, Job]], at_once: int, seconds: float) -> list[Told]:
    """Have these run, at most so many at the same time and each for so many seconds; what they told."""
    waiting, running, ended = list(jobs), dict[int, Life](), dict[str, Told]()
    poll = select.poll()
    while waiting or running:
        while waiting and len(running) < at_once:
            ward, job = waiting.pop(0)
            life = ward.begin(job)
            running[life.pipe] = life
            poll.register(life.pipe, select.POLLIN | select.POLLHUP)
        spoke = poll.poll(_GLANCE)
        for pipe, _ in spoke:
            if running[pipe].is_over():
                poll.unregister(pipe)
                life = running.pop(pipe)
                ended[life.job.folder] = life.told()
        if not spoke:
            for life in running.values():
                life.ward.check()
                life.limit(seconds)
    return [ended[job.folder] for _, job in jobs]


def serve(folder: str, perform: Callable[[Job], None]) -> None:
    """Fork a patient for each command from standard input, until that ends.

    Nothing is kept meanwhile, not even who was forked: the next one is to find the heap that the one before found.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while command := os.read(0, DIGITS):
        if not os.fork():
            _live(f"{folder}/{command.decode()}", perform)


def _live(folder: str, perform: Callable[[Job], None]) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    pipe = os.open(f"{folder}/pipe", os.O_WRONLY)
    os.write(pipe, str(os.getpid()).encode())
    try:
        perform(msgspec.json.decode(Path(folder, "job").read_bytes(), type=Job))
    except BaseException:
        Path(folder, "error").write_text(traceback.format_exc())
    finally:
        # Not as the interpreter ends: what follows a run is no part of it. The pipe closes with the process.
        os._exit(0)
