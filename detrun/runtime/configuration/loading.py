"""From a directory or a file to an application: what is found, read, checked and put together.

The first worker is the main one. Nothing of the application's own code is imported, and nothing is looked for in it.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from detrun.errors import UsageError
from detrun.runtime.configuration.application import Application, Worker
from detrun.runtime.configuration.checking import settings
from detrun.runtime.configuration.declarations import RoutePattern
from detrun.runtime.configuration.environments import chosen, names
from detrun.runtime.configuration.routes import Route, checked_host, duplicates, parsed
from detrun.runtime.configuration.source import LOOKED_FOR, PROJECT, Source, read, sources_in
from detrun.runtime.configuration.variables import secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from detrun.runtime.configuration.environments import Chosen
    from detrun.runtime.configuration.settings import Settings

_T = TypeVar("_T")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# What an entry of `[[workers]]` says beside what any worker does.
_ENTRY = frozenset({"directory"})
_REFERENCE = frozenset({"config", "hosts", "routes"})


def load(path: Path, environment: str | None = None) -> Application:
    """The application in a directory, or of one file."""
    return load_all([path], environment)


def load_all(paths: list[Path], environment: str | None = None) -> Application:
    """An application of several directories or files; the first has the main worker."""
    warnings: list[str] = []
    loader = _Loader(environment, warnings)
    found = [worker for path in paths for worker in loader.of_path(path)]
    workers = tuple(worker for worker, _ in found)
    routes = [route for _, its in found[1:] for route in its]
    if len(found) > 1 and found[0][1]:
        warnings.append(f"routes of {workers[0].name!r} are not needed: it is the main worker, and answers the rest")
    _check(workers, routes, warnings)
    directory = paths[0] if paths[0].is_dir() else paths[0].parent
    return Application(
        workers=workers,
        main=workers[0].name,
        directory=directory.resolve(),
        routes=tuple(routes),
        warnings=tuple(dict.fromkeys(warnings)),
    )


class _Loader:
    """Makes workers of sources, and collects what is worth a warning."""

    def __init__(self, environment: str | None, warnings: list[str]) -> None:
        self._environment = environment
        self._warnings = warnings
        self._first = True

    def of_path(self, path: Path) -> list[tuple[Worker, list[Route]]]:
        source = self._source(path)
        if "workers" in source.said and source.own:
            return self._several(source)
        return [self._worker(source, source.path.parent)]

    def _source(self, path: Path) -> Source:
        if not path.exists():
            raise UsageError(f"expected a directory with an application, or its configuration: {path} is not there")
        if not path.is_dir():
            source = read(path)
            if path.name == PROJECT and not source.said:
                raise UsageError(f"{path} has no application: expected [tool.detrun] in it")
            return source
        found = sources_in(path)
        if not found:
            raise UsageError(f"{path} has no application: expected {LOOKED_FOR}")
        if len(found) > 1:
            ignored = ", ".join(source.path.name for source in found[1:])
            self._warnings.append(f"{found[0].path} is the configuration: {ignored} is not read")
        return found[0]

    def _several(self, source: Source) -> list[tuple[Worker, list[Route]]]:
        entries = source.said["workers"]
        if surplus := [key for key in source.said if key != "workers"]:
            raise source.error((surplus[0],), "expected nothing beside [[workers]]: say it of each of them")
        if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
            raise source.error(("workers",), "expected at least one table [[workers]]")
        return [found for index, entry in enumerate(entries) for found in self._entry(source, index, entry)]

    def _entry(self, source: Source, index: int, entry: dict[str, object]) -> list[tuple[Worker, list[Route]]]:
        own = Source(source.path, entry, source.text, (*source.prefix, "workers", index))
        if "config" in entry:
            return [self._reference(own, entry)]
        directory = entry.get("directory", ".")
        if not isinstance(directory, str):
            raise own.error(("directory",), f"expected str, got {directory!r}")
        return [self._worker(own, source.path.parent / directory)]

    def _reference(self, own: Source, entry: dict[str, object]) -> tuple[Worker, list[Route]]:
        if surplus := sorted(entry.keys() - _REFERENCE):
            raise own.error((surplus[0],), "expected only hosts and routes beside config: the rest is said there")
        if not isinstance(entry["config"], str):
            raise own.error(("config",), f"expected str, got {entry['config']!r}")
        source = self._source(own.path.parent / entry["config"])
        worker, routes = self._worker(source, source.path.parent)
        if "hosts" not in entry and "routes" not in entry:
            return worker, routes
        said = settings(own, chosen(own, None, []), self._warnings, frozenset({"config"}))
        return worker, _routes(own, worker.name, said)

    def _environment_of(self, source: Source) -> str | None:
        wanted, first, self._first = self._environment, self._first, False
        if wanted is None or first or wanted in names(source):
            return wanted
        # An environment is the main worker's; others need not have one of that name.
        place = f"{source.path} [{'.'.join(map(str, source.prefix))}]" if source.prefix else str(source.path)
        self._warnings.append(f"{place} has no environment {wanted!r}: what it says at the top holds")
        return None

    def _worker(self, source: Source, directory: Path) -> tuple[Worker, list[Route]]:
        found = chosen(source, self._environment_of(source), self._warnings)
        said = settings(source, found, self._warnings, _ENTRY if source.prefix[-2:-1] == ("workers",) else frozenset())
        name = said.name or re.sub(r"[^A-Za-z0-9_-]+", "-", directory.resolve().name).strip("-_") or "worker"
        if not _NAME.fullmatch(name):
            raise source.error(_way(found, "name"), f"expected a name of letters, digits and dashes, got {name!r}")
        worker = Worker(
            name=name,
            main=_main(source, found, said, directory),
            directory=directory.resolve(),
            file=source.path.resolve(),
            environment=self._environment,
            vars=said.vars,
            secrets=secrets(directory, self._environment, self._warnings),
            settings=said,
        )
        _check_bindings(source, found, worker)
        return worker, _routes(source, name, said)


def _way(found: Chosen, key: str) -> tuple[str | int, ...]:
    return found[key][1] if key in found else ()


def _main(source: Source, found: Chosen, said: Settings, directory: Path) -> str:
    if said.main is None:
        if said.assets is None or said.assets.directory is None:
            raise source.error((), "expected main, the file of its main module, or assets with a directory")
        return ""
    main = directory / said.main
    if main.suffix != ".py":
        raise source.error(_way(found, "main"), f"expected a module in Python, got {said.main!r}")
    if not main.resolve().is_relative_to(directory.resolve()):
        raise source.error(_way(found, "main"), f"expected a file below {directory}, got {said.main!r}")
    if not main.is_file():
        raise source.error(_way(found, "main"), f"expected a file in {directory}, and {said.main!r} is not there")
    return main.resolve().relative_to(directory.resolve()).as_posix()


def _routes(source: Source, worker: str, said: Settings) -> list[Route]:
    patterns = [*said.routes, *([said.route] if said.route is not None else [])]
    hosts: list[str | None] = [_checked(source, "hosts", checked_host, host) for host in said.hosts]
    pairs = [_pair(source, pattern) for pattern in patterns] or ([(None, "/*")] if hosts else [])
    found: list[Route] = []
    for host, path in pairs:
        if not source.own or host is None:
            # The hosts of a wrangler file are those of production: nobody asks for them here.
            found.extend(Route(worker, path, name) for name in hosts or [None])
        else:
            found.append(Route(worker, path, _checked(source, "routes", checked_host, host)))
    return found


def _pair(source: Source, pattern: str | RoutePattern) -> tuple[str | None, str]:
    text = pattern if isinstance(pattern, str) else pattern.pattern
    host, path = _checked(source, "routes", parsed, text)
    whole = isinstance(pattern, RoutePattern) and pattern.custom_domain
    return host, "/*" if whole else path


def _checked(source: Source, key: str, check: Callable[[str], _T], text: str) -> _T:
    try:
        return check(text)
    except ValueError as error:
        raise source.error((key,), str(error)) from error


def _check_bindings(source: Source, found: Chosen, worker: Worker) -> None:
    taken = dict.fromkeys(worker.vars, "vars")
    named = [(section, declared.binding) for section, declared in worker.settings.declared()]
    if worker.assets is not None and worker.assets.binding is not None:
        named.append(("assets", worker.assets.binding))
    for section, name in named:
        if name in taken:
            raise source.error(_way(found, section), f"expected a name of its own: {name!r} is in {taken[name]} too")
        taken[name] = section


def _check(workers: tuple[Worker, ...], routes: Iterable[Route], warnings: list[str]) -> None:
    known: dict[str, Worker] = {}
    for worker in workers:
        if worker.name in known:
            places = f"{known[worker.name].file} and {worker.file}"
            raise UsageError(f"expected workers of different names: {worker.name!r} is in {places}")
        known[worker.name] = worker
    for route, earlier in duplicates(routes):
        warnings.append(f"the route {route} of {route.worker!r} gets nothing: {earlier.worker!r} has it too")
    for worker in workers:
        for section, target in _targets(worker):
            if target not in known:
                near = get_close_matches(target, known, 1)
                hint = f": did you mean {near[0]!r}?" if near else ""
                warnings.append(f"{worker.file}: {section} needs the worker {target!r}, which is not here{hint}")


def _targets(worker: Worker) -> list[tuple[str, str]]:
    found = [(service.binding, service.service) for service in worker.services]
    found += [(item.binding, item.script_name) for item in worker.durable_objects if item.script_name]
    return found
