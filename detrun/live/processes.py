"""Child processes of a live run: that they begin leaves, what they say and how they end comes; at replay there is none.

`subprocess` and asyncio's transports and child watchers are as they are: what they ask of the system passes the edge.
"""

from __future__ import annotations

import errno
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.journal.entries import InputKind, OutputKind
from detrun.live.descriptors import Descriptors
from detrun.live.encoding import decoded, encoded
from detrun.live.lines import Line, unopened
from detrun.live.pipes import Pipe
from detrun.scheduler.active import aside
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.journal.entries import Received
    from detrun.live.engine import LiveEngine

# What is no single child's is said by this one, as lines are numbered from 1.
_PROCESSES = -3
# Where `_posixsubprocess.fork_exec` has what, in all versions that there are.
_ARGUMENTS, _KEPT, _DIRECTORY, _VARIABLES, _FIRST_FD, _ERRORS, _PREPARE = 0, 3, 4, 5, 6, 13, 21
_set_blocking, _getpid = swap.twin(os.set_blocking), swap.twin(os.getpid)


class Child:
    """A process that the program started, by number; its end is known when the run has learned of it."""

    def __init__(self, number: int, pid: int) -> None:
        self.number = number
        self.pid = pid
        self.status: int | None = None


class LiveSystem(Descriptors):
    """What is outside of a live run, beside its network: descriptors, and the processes that it starts."""

    def __init__(self, engine: LiveEngine) -> None:
        super().__init__(engine)
        self._line = Line(_PROCESSES, unopened())
        self._last = 0
        # Those that nobody has waited for yet, by the number that the system gave them.
        self._children: dict[int, Child] = {}

    def allow(self, real: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Do what the real thing does: what is below it passes the edge."""
        return real(*arguments, **options)

    # Beginning.

    def fork_exec(self, real: Callable[..., int], *given: Any) -> int:
        """Start a process, as `subprocess` asks for it."""
        arguments = list(given)
        kept = set(arguments[_KEPT]) - {arguments[_ERRORS]}
        if any(map(self.engine.network.simulates, kept)):
            raise Forbidden("a child process with pass_fds= of the run's own", "hand them over as stdin or stdout")
        if arguments[_VARIABLES] is None:
            arguments[_VARIABLES] = self._variables()
        words = encoded([os.fsencode(word) for word in arguments[_ARGUMENTS]])
        return self._begin(words, partial(self._fork, real, arguments))

    def spawn(self, real: Callable[..., int], path: Any, words: Sequence[Any], env: Any, **options: Any) -> int:
        """Start a process, as `os.posix_spawn` does."""
        said = encoded([os.fsencode(word) for word in words])
        variables = dict(self.engine.world.environment if env is None else env)
        try:
            return self._begin(said, partial(self._spawn, real, path, words, variables, options))
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None

    def shell(self, real: Callable[..., int], command: Any) -> int:
        """Run a command, and wait until it is done: everybody does."""
        said = encoded(os.fsencode(command))
        self._emit(said)
        return int(self._answer_of(lambda: encoded(real(command))))

    def _begin(self, said: bytes, perform: Callable[[], int]) -> int:
        self._emit(said)
        pid = int(self._answer_of(lambda: encoded(perform())))
        self._last = number = self._last + 1
        self._children[pid] = Child(number, pid)
        self.edge.await_end(number, pid)
        return pid

    def _fork(self, real: Callable[..., int], arguments: list[Any]) -> int:
        ours = [fd for fd in arguments[_FIRST_FD : _ERRORS + 1] if self.engine.network.simulates(fd)]
        numbers = {fd: self._handed_over(fd) for fd in ours}
        arguments[_FIRST_FD : _ERRORS + 1] = [numbers.get(fd, fd) for fd in arguments[_FIRST_FD : _ERRORS + 1]]
        arguments[_KEPT] = tuple(sorted(numbers.get(fd, fd) for fd in arguments[_KEPT]))
        with aside():  # what runs in the child before it is another program is no part of the run
            return real(*arguments)

    def _spawn(self, real: Callable[..., int], path: Any, words: Any, env: Any, options: dict[str, Any]) -> int:
        actions = [
            tuple(self._handed_over(item) if self._is_line(item) else item for item in action)
            for action in options.pop("file_actions", ())
        ]
        with aside():
            return real(path, words, env, file_actions=actions, **options)

    def _is_line(self, item: object) -> bool:
        return isinstance(item, int) and self.engine.network.simulates(item)

    def _handed_over(self, fd: int) -> int:
        """The descriptor that the system has for one of the run's: it waits if it does so for the program."""
        line = self.engine.network.line(fd)
        number = int(line.real.fileno())
        if line.blocks:
            _set_blocking(number, True)  # noqa: FBT003  # as `os` has it
        return number

    def _variables(self) -> list[bytes]:
        return [b"%b=%b" % pair for pair in self.engine.world.environment.items()]

    # Ending.

    def take(self, entry: Received) -> None:
        """A child has ended; whoever waits for it may look."""
        for child in self._children.values():
            if child.number == entry.origin:
                child.status = entry.code
                self.engine.baton.wake(self)
                self.engine.notify_of_child()
                return

    def wait(self, real: Callable[..., Any]) -> tuple[int, int]:
        """Wait for any child."""
        return self.waitpid(real, -1, 0)

    def waitpid(self, real: Callable[..., Any], pid: int, options: int) -> tuple[int, int]:
        """The status of a child that has ended, which is forgotten then; waits for it unless told otherwise."""
        if pid <= 0 and pid != -1:
            raise Forbidden(f"os.waitpid({pid}, ...)", "wait for one child, or for any with -1")
        while True:
            asked = list(self._children.values()) if pid == -1 else [self._child(pid)]
            if not asked:
                raise ChildProcessError(errno.ECHILD, os.strerror(errno.ECHILD))
            for child in asked:
                if child.status is not None:
                    return self._buried(child, child.status)
            if options & os.WNOHANG:
                return 0, 0
            self.engine.baton.wait(self, "the end of a child process")

    def pidfd_open(self, real: Callable[..., int], pid: int, flags: int) -> int:
        """A descriptor that is ready to be read when a process has ended."""
        network, end = self.engine.network, Pipe()
        number = _getpid() if pid == self.engine.world.pid else pid
        self._answer_of(partial(_watched, end, real, number, flags))
        return int(network.open(end).fd)

    # In between.

    def kill(self, real: Callable[..., None], pid: int, number: int) -> None:
        """Send a signal to another process, or to those of a group."""
        self._emit(encoded((pid, number)))
        self._answer_of(partial(_killed, real, pid, number))

    def getpgid(self, real: Callable[..., int], pid: int) -> int:
        """The group of a process."""
        return int(self._answer_of(lambda: encoded(real(pid))))

    def _emit(self, said: bytes) -> None:
        self.edge.emit(OutputKind.CHILD, self._line, said, _nothing)
        self.edge.release()

    def _answer_of(self, perform: Callable[[], bytes]) -> Any:
        return decoded(self.edge.ask(InputKind.PROCESS, self._line, perform))

    def _child(self, pid: int) -> Child:
        try:
            return self._children[pid]
        except KeyError:
            raise ChildProcessError(errno.ECHILD, os.strerror(errno.ECHILD)) from None

    def _buried(self, child: Child, status: int) -> tuple[int, int]:
        del self._children[child.pid]
        self.edge.bury(child.pid)
        return child.pid, status


def _watched(end: Pipe, real: Callable[..., int], pid: int, flags: int) -> bytes:
    end.become(real(pid, flags))
    return encoded(None)


def _killed(real: Callable[..., None], pid: int, number: int) -> bytes:
    real(pid, number)
    return encoded(None)


def _nothing() -> None:
    """What has left already."""
