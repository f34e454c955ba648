"""An application as configured: its workers, and who answers what. It does not know what serves their bindings."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from detrun.runtime.configuration.declarations import Assets, Declaration, DurableObject, Limits, Service
from detrun.runtime.configuration.routes import Route, worker_for
from detrun.runtime.configuration.settings import Settings


class Worker(Struct, frozen=True, kw_only=True):
    """One worker in one environment; whatever else is declared of it is in `settings`."""

    name: str
    directory: Path
    main: str
    """The file of its main module, below the directory; empty if it has nothing but assets."""
    file: Path
    """Where all this is written."""
    environment: str | None
    vars: dict[str, object]
    secrets: dict[str, str]
    """From files that stay on the machine; they go before variables of the same name."""
    settings: Settings

    @property
    def services(self) -> tuple[Service, ...]:
        return self.settings.services

    @property
    def durable_objects(self) -> tuple[DurableObject, ...]:
        return self.settings.durable_objects.bindings

    @property
    def assets(self) -> Assets | None:
        return self.settings.assets

    @property
    def limits(self) -> Limits:
        return self.settings.limits

    @property
    def compatibility_date(self) -> str | None:
        date = self.settings.compatibility_date
        return None if date is None else str(date)

    @property
    def compatibility_flags(self) -> frozenset[str]:
        return frozenset(self.settings.compatibility_flags)

    @property
    def variables(self) -> dict[str, object]:
        """What `env` has of variables and secrets."""
        return self.vars | self.secrets

    @property
    def bindings(self) -> dict[str, Declaration]:
        """What `env` has besides, each with what was declared of it."""
        return {declared.binding: declared for _, declared in self.settings.declared()}


class Application(Struct, frozen=True, kw_only=True):
    """The workers of one run; the main one answers what no route gives to another."""

    workers: tuple[Worker, ...]
    main: str
    directory: Path
    routes: tuple[Route, ...]
    warnings: tuple[str, ...]

    def worker(self, name: str) -> Worker:
        """The worker of this name; `KeyError` if there is none."""
        for worker in self.workers:
            if worker.name == name:
                return worker
        raise KeyError(name)

    def answering(self, host: str, path: str) -> str:
        """The name of the worker that answers a request."""
        return worker_for(self.routes, self.main, host, path)
