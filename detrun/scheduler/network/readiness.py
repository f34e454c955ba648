"""The selector of a simulated loop: asyncio's own transports register their interest here."""

from __future__ import annotations

from contextvars import Context as Variables
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import TYPE_CHECKING, Any

from detrun.scheduler.handles import Handle
from detrun.scheduler.origins import ORIGIN

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.network.files import File

# A handle of asyncio's brings its own variables.
_NONE = Variables()


class Readiness:
    """Who waits for which file of one loop. It searches for nothing: files tell when there is something to see.

    What they are ready for is read between two iterations, as a kernel is asked by a selector.
    """

    # What makes the transports of its loop, if that is not asyncio itself.
    transport: Any = None

    def __init__(self, engine: Engine, loop: Any) -> None:
        self._engine = engine
        self._loop = loop
        self._keys: dict[int, SelectorKey] = {}
        # Callbacks that are going to be called.
        self.fired: set[Any] = set()
        # Always this one dictionary, which the engine looks at before every iteration.
        self.due: dict[int, File] = {}

    def register(self, file: Any, events: int, data: Any = None) -> SelectorKey:
        """Begin to wait for a descriptor, or whatever has one."""
        fd = descriptor(file)
        watched = self._engine.network.file(fd)
        before = self._keys.get(fd)
        known = () if before is None else before.data or ()
        key = self._keys[fd] = SelectorKey(fd, fd, events, data)
        for handle in data or ():
            # Who waited already may be the one that runs and changes this: nobody enters his variables a second time.
            if handle is not None and handle not in known:
                # asyncio made these variables for this callback alone.
                handle._context.run(ORIGIN.set, watched.origin)
        watched.watch(self, fd)
        return key

    modify = register

    def unregister(self, file: Any) -> SelectorKey:
        """Wait for it no more."""
        fd = descriptor(file)
        self._engine.network.unwatch(fd, self)
        self.due.pop(fd, None)
        return self._keys.pop(fd)

    def get_key(self, file: Any) -> SelectorKey:
        """What is waited for; `KeyError` if nothing is."""
        return self._keys[descriptor(file)]

    def get_map(self) -> dict[int, SelectorKey]:
        """Everything that is waited for."""
        return self._keys

    def close(self) -> None:
        """Wait for nothing."""
        for fd in list(self._keys):
            self.unregister(fd)

    def wants(self, fd: int, file: File) -> bool:
        """Whether the file is ready for what somebody waits for."""
        key = self._keys.get(fd)
        return key is not None and bool(file.events(key.events))

    def look(self, fd: int, file: File) -> None:
        """Have the loop see the file when it selects next."""
        if not self.due:
            self._loop.home.attend()
        self.due[fd] = file

    def select(self) -> None:
        """Queue the callbacks of whoever waits for what is ready now."""
        if not self.due:
            return
        due = list(self.due.items())
        self.due.clear()
        for fd, file in due:
            self._fire(fd, file)

    def _fire(self, fd: int, file: File) -> None:
        key = self._keys.get(fd)
        if key is None:
            return
        ready, (reader, writer) = file.events(key.events), key.data
        if ready & EVENT_READ and reader is not None:
            self.queue(reader, file)
        if ready & EVENT_WRITE and writer is not None:
            self.queue(writer, file)

    def queue(self, handle: Any, file: File) -> None:
        """Have a callback called that waits for a file, unless it is going to be."""
        if handle not in self.fired:
            self.fired.add(handle)
            self._loop.ready.append(Handle((self.run, handle, file), _NONE))

    def run(self, handle: Any, file: File) -> None:
        """Call it, unless it was cancelled meanwhile."""
        self.fired.discard(handle)
        try:
            if not handle.cancelled():
                handle._run()
        finally:
            file.poll()  # whoever did not read everything is told again, as by a selector


def descriptor(file: Any) -> int:
    """The descriptor of a file, which may be one."""
    return file if isinstance(file, int) else int(file.fileno())
