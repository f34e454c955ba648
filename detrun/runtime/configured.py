"""What the runtime needs to know of an application's configuration; it does not know how that is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Bound(Protocol):
    """A binding to an entrypoint of a worker."""

    @property
    def binding(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def entrypoint(self) -> str | None: ...
    @property
    def props(self) -> Any: ...


class Limits(Protocol):
    """What bounds an event, and everything that it leads to."""

    @property
    def subrequests(self) -> int: ...
    @property
    def message_bytes(self) -> int: ...
    @property
    def stream_window(self) -> int: ...


class ConfiguredWorker(Protocol):
    """A worker: its name, its main module, and what it finds in its environment."""

    @property
    def name(self) -> str: ...
    @property
    def main(self) -> str: ...
    @property
    def directory(self) -> Path: ...
    @property
    def variables(self) -> Mapping[str, Any]: ...
    @property
    def services(self) -> Sequence[Bound]: ...
    @property
    def limits(self) -> Limits: ...


class Configured(Protocol):
    """An application: its workers, and the name of the one that requests from outside come to."""

    @property
    def main(self) -> str: ...
    @property
    def directory(self) -> Path: ...
    @property
    def workers(self) -> Sequence[ConfiguredWorker]: ...

    def answering(self, host: str, path: str) -> str:
        """The name of the worker that answers a request."""
