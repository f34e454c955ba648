"""Signals: inside a run they are sent, blocked, handled and died of in the run alone, and the process never knows.

What asyncio makes of them is its own: its loops and runners ask the module `signal`, which is answered here.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import errno
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from detrun import errors
from detrun.errors import Forbidden
from detrun.model import EventId
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.network.files import Stream
from detrun.scheduler.world import swap
from detrun.scheduler.world.alarms import Alarms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from detrun.scheduler.channels import Channel
    from detrun.scheduler.engine import Engine

Handler: TypeAlias = Any

_ONE_OF_US = os.path.dirname(errors.__file__) + os.sep
_ORIGIN = hash((-7,))
# The descriptors by which loops are told of signals are none of the network's.
_FIRST_DOOR = 2_000_000
_UNCATCHABLE = {signal.SIGKILL, signal.SIGSTOP}
_CATCHABLE = {int(number) for number in signal.valid_signals()} - _UNCATCHABLE
# What Python itself ignores from its start.
_IGNORED = {number for name in ("SIGPIPE", "SIGXFSZ") if (number := getattr(signal, name, None)) is not None}
_HARMLESS = {signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH, signal.SIGCONT}
_STOPPING = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
_ONLY_ITSELF = "a program can send signals to itself alone, by signal.raise_signal() or os.kill(os.getpid(), ...)"

_kill, _killpg = swap.twin(os.kill), swap.twin(os.killpg)
_FROM_THERE = "hand signal.raise_signal to the loop of the main thread, with its call_soon_threadsafe()"


class Killed(SystemExit):
    """What ends a program that a signal has killed. It passes through tasks and loops as an exit does."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number

    def __str__(self) -> str:
        return f"killed by {named(self.number)}"


class Signals:
    """The signals of one run: who handles which, and which are blocked. A process has no others in the beginning."""

    def __init__(self, engine: Engine) -> None:
        self.alarms = Alarms(engine, self.send)
        # Whether the program was interrupted by itself, and whether by whoever started us.
        self.interrupted = self.interrupted_by_user = False
        self._engine = engine
        self._handlers: dict[int, Handler] = {}
        self._blocked: set[int] = set()
        self._pending: set[int] = set()
        self._sent = 0
        self._handling = 0
        self._wakeup = -1
        self._doors: dict[int, Channel] = {}

    # What a program asks of the module `signal`.

    def handler(self, number: int, /) -> Handler:
        """Who handles a signal."""
        _check_range(number)
        if number in self._handlers:
            return self._handlers[number]
        if number == signal.SIGINT:
            return self._engine.interrupt or signal.default_int_handler
        return _signal.SIG_IGN if number in _IGNORED else _signal.SIG_DFL

    def handle(self, number: int, handler: Handler, /) -> Handler:
        """Let somebody handle a signal; who did before."""
        self._check_thread()
        _check_range(number)
        if not callable(handler) and handler not in (_signal.SIG_DFL, _signal.SIG_IGN):
            raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
        if number not in _CATCHABLE:
            raise _refused()
        before, self._handlers[number] = self.handler(number), handler
        return before

    def send(self, number: int, /) -> None:
        """Send a signal to the program, which is at once what happens."""
        if not 0 <= number < signal.NSIG:
            raise _refused()
        if not number:
            return
        if not self.at_home:
            raise Forbidden(f"to send {named(number)} from another thread", _FROM_THERE)
        self._sent += 1
        self._engine.trace.note(EventId((_ORIGIN, self._sent)))
        if number in self._blocked:
            self._pending.add(number)
        else:
            self._deliver(number)

    def kill(self, pid: int, number: int, /) -> None:
        """Send a signal to a process, of which a simulation has one."""
        if pid == os.getpid():
            self.send(number)
        elif self._engine.system is not None:
            self._engine.system.kill(_kill, pid, number)
        else:
            raise Forbidden(f"os.kill({pid}, ...)", _ONLY_ITSELF)

    def kill_group(self, group: int, number: int, /) -> None:
        """Send a signal to the processes of a group; in a simulation there is no other."""
        if self._engine.system is None:
            raise Forbidden("os.killpg()", _ONLY_ITSELF)
        self._engine.system.kill(_killpg, group, number)

    def kill_thread(self, thread: int, number: int, /) -> None:
        """Send a signal to a thread; Python handles it where it handles all."""
        if thread != threading.get_ident():
            raise Forbidden("signal.pthread_kill() of another thread", _ONLY_ITSELF)
        self.send(number)

    def interrupt(self, number: int = signal.SIGINT, /) -> None:
        """Pretend that a signal came, as `_thread.interrupt_main` does: only if it is handled."""
        _check_range(number)
        if callable(self.handler(number)):
            self.send(number)

    def mask(self, how: int, numbers: Iterable[int], /) -> set[int]:
        """Block signals, or let them through; which were blocked before."""
        before, asked = set(self._blocked), {int(number) for number in numbers}
        masks = {_signal.SIG_BLOCK: before | asked, _signal.SIG_UNBLOCK: before - asked, _signal.SIG_SETMASK: asked}
        if how not in masks:
            raise _refused()
        for number in asked:
            _check_range(number)
        self._blocked = masks[how] - _UNCATCHABLE
        for number in sorted(self._pending - self._blocked):
            self._pending.discard(number)
            self._deliver(number)
        return before

    def pending(self) -> set[int]:
        """Those that were sent and are blocked."""
        return set(self._pending)

    def pause(self) -> None:
        """Wait for a signal; only an alarm can bring one."""
        if not self.alarms.wait():
            raise Forbidden("waiting for a signal that no alarm sends", "await something that a handler wakes instead")

    def wait(self, numbers: Iterable[int], /) -> int:
        """Wait for one of these signals, which are blocked, and take it."""
        asked = set(numbers)
        while not (there := sorted(asked & self._pending)):
            self.pause()
        self._pending.discard(there[0])
        return there[0]

    def set_wakeup(self, fd: int, /, *, warn_on_full_buffer: bool = True) -> int:
        """Have the number of each signal that is handled written there; where it was written before."""
        self._check_thread()
        if fd != -1 and fd not in self._doors:
            if not self._engine.network.simulates(fd):
                raise Forbidden(f"signal.set_wakeup_fd({fd})", "give it one end of socket.socketpair()")
            self._engine.network.file(fd)  # raises if it is closed
        before, self._wakeup = self._wakeup, fd
        return before

    def set_restart(self, number: int, flag: bool, /) -> None:
        """Nothing to do: no call of a simulation's is interrupted half-way."""
        _check_range(number)

    # What happens then.

    @property
    def at_home(self) -> bool:
        """Whether the thread runs in which Python handles signals."""
        return self._engine.baton.current is self._engine.baton.main

    def open(self, channel: Channel) -> int:
        """A descriptor by which signals come on a channel."""
        door = _FIRST_DOOR + len(self._doors)
        self._doors[door] = channel
        return door

    def interrupt_by_default(self) -> None:
        """Note that what Python does by default about an interrupt happens."""
        # The machine calls it out of nowhere; a simulated signal, or its handler, while that is handled.
        if not self._handling:
            self.interrupted_by_user = True

    def _deliver(self, number: int) -> None:
        handler = self.handler(number)
        if callable(handler):
            self.interrupted |= number == signal.SIGINT
            self._wake(number)
            with self._handled():
                handler(number, _frame())
        elif handler == _signal.SIG_DFL:
            self._act_by_default(number)

    @contextmanager
    def _handled(self) -> Iterator[None]:
        self._handling += 1
        try:
            yield
        finally:
            self._handling -= 1

    def _act_by_default(self, number: int) -> None:
        if number in _STOPPING:
            raise Forbidden(f"to be stopped by {named(number)}", "nobody is there to let the program go on")
        if number not in _HARMLESS:
            self._engine.kill(Killed(number))

    def _wake(self, number: int) -> None:
        if self._wakeup in self._doors:
            self._doors[self._wakeup].put(number)
        elif self._wakeup != -1:
            # As CPython has it, who is closed or does not read is not told.
            with suppress(OSError):
                file = self._engine.network.file(self._wakeup)
                if isinstance(file, Stream):
                    file.send(bytes([number]))

    def _check_thread(self) -> None:
        if not self.at_home:
            raise ValueError("signal only works in main thread of the main interpreter")


class Door:
    """What a loop has in the place of the socket that wakes it: signals that are written there come as messages."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self._fd: int | None = None

    def fileno(self) -> int:
        """Its descriptor."""
        if self._fd is None:
            home = self._loop.home
            self._fd = home.engine.signals.open(home.engine.channel(home, "signals", self._loop._handle_signal))
        return self._fd


_ANSWERS: dict[str, Callable[..., Any]] = {
    "signal": Signals.handle,
    "getsignal": Signals.handler,
    "raise_signal": Signals.send,
    "pthread_kill": Signals.kill_thread,
    "pthread_sigmask": Signals.mask,
    "sigpending": Signals.pending,
    "pause": Signals.pause,
    "sigwait": Signals.wait,
    "set_wakeup_fd": Signals.set_wakeup,
    "siginterrupt": Signals.set_restart,
    "setitimer": lambda signals, *given: signals.alarms.set(*given),
    "getitimer": lambda signals, which, /: signals.alarms.get(which),
    "alarm": lambda signals, seconds, /: signals.alarms.alarm(seconds),
}
_MISSING = {
    "sigwaitinfo": "use signal.sigwait(), or a handler",
    "sigtimedwait": "use signal.sigwait(), or a handler",
    "pidfd_send_signal": _ONLY_ITSELF,
}


def catch() -> None:
    """Put a dispatcher at everything that sends or handles signals."""
    for name, answer in _ANSWERS.items():
        _dispatch(_signal, name, answer)
    for name, hint in _MISSING.items():
        _dispatch(_signal, name, _refusing(f"signal.{name}()", hint))
    swap.builtin(_signal.default_int_handler, _interrupt)
    _dispatch(_thread, "interrupt_main", Signals.interrupt)
    _dispatch(os, "kill", Signals.kill)
    _dispatch(os, "killpg", Signals.kill_group)


def named(number: int) -> str:
    """What a signal is called."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _dispatch(module: Any, name: str, answer: Callable[..., Any]) -> None:
    # Not every machine has them all.
    if hasattr(module, name):
        swap.builtin(
            getattr(module, name), swap.asked(lambda engine, *given, **more: answer(engine.signals, *given, **more))
        )


def _refusing(what: str, hint: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any) -> NoReturn:
        raise Forbidden(what, hint)

    return refuse


def _interrupt(real: Callable[..., Any]) -> Callable[..., Any]:
    def interrupt(*arguments: Any) -> Any:
        if ACTIVE.engine is not None:
            ACTIVE.engine.signals.interrupt_by_default()
        return real(*arguments)

    return interrupt


def _frame() -> FrameType | None:
    """What the program was about to do: the innermost frame that is not ours."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(_ONE_OF_US):
        frame = frame.f_back
    return frame


def _check_range(number: int) -> None:
    if not 1 <= number < signal.NSIG:
        raise ValueError("signal number out of range")


def _refused() -> OSError:
    return OSError(errno.EINVAL, os.strerror(errno.EINVAL))
