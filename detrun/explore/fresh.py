"""A program anew for each schedule: what one run left in its modules, the next does not find there."""

from __future__ import annotations

import importlib.abc
import sys
from collections import deque
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from typing import TYPE_CHECKING, Any

from detrun.scheduler.own import is_own, is_own_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import CodeType, ModuleType

# What is compared as it is, and what by its length.
_PLAIN = (int, float, str, bytes, bool, type(None), tuple, frozenset)
_GROWING = (list, dict, set, deque, bytearray)


class Anew:
    """Gives a program whose own modules are executed again for each schedule; those of libraries stay.

    Sources are read and compiled once: a search is about one version of a program.
    """

    def __init__(
        self, load: Callable[[], Callable[[], Any]], *, whole: bool, recorded: Mapping[str, bytes] | None = None
    ) -> None:
        self._load = load
        self._modules = _Modules(recorded or {})
        sys.meta_path.insert(0, self._modules)
        before = set(sys.modules)
        # A script executes itself; a function is to be looked up in what was imported again.
        self._program = load()
        self._whole = whole
        # The module that a function is in is found by its file, and not by its name.
        self._modules.own.update(name for name in set(sys.modules) - before if is_own_module(sys.modules[name]))

    def __call__(self) -> Callable[[], Any]:
        """The program, as if nothing had run before."""
        self._modules.forget()
        return self._program if self._whole else self._load()


class _Modules(importlib.abc.MetaPathFinder):
    """Finds the program's own modules, executes them from what was compiled before, and forgets them again."""

    def __init__(self, recorded: Mapping[str, bytes]) -> None:
        self._recorded = recorded
        self._codes: dict[str, tuple[str, CodeType | None, list[str] | None]] = {}
        self._foreign: set[str] = set()
        self.own: set[str] = set()

    def forget(self) -> None:
        """Let what was imported be imported again."""
        for name in (*self._codes, *self.own):
            sys.modules.pop(name, None)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in self._foreign:
            return None
        if fullname not in self._codes:
            spec = PathFinder.find_spec(fullname, path, target)
            if spec is None or not isinstance(spec.loader, SourceFileLoader) or not is_own(str(spec.origin)):
                self._foreign.add(fullname)
                return None
            places = spec.submodule_search_locations
            self._codes[fullname] = (
                str(spec.origin),
                self._code(fullname, spec.loader, str(spec.origin)),
                None if places is None else list(places),
            )
        origin, code, places = self._codes[fullname]
        loader = _Compiled(fullname, origin, code)
        return spec_from_file_location(fullname, origin, loader=loader, submodule_search_locations=places)

    def _code(self, fullname: str, loader: SourceFileLoader, origin: str) -> CodeType | None:
        source = self._recorded.get(origin)
        return loader.get_code(fullname) if source is None else loader.source_to_code(source, origin)


class _Compiled(SourceFileLoader):
    """Executes what was compiled before."""

    def __init__(self, fullname: str, path: str, code: CodeType | None) -> None:
        super().__init__(fullname, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType | None:
        return self._code


class Audit:
    """Looks whether the modules of a program that is not loaded anew change from schedule to schedule."""

    def __init__(self) -> None:
        self._before = dict(_state())

    def changed(self) -> list[str]:
        """The names, as module and variable, whose values are other ones than before."""
        now = dict(_state())
        return sorted(name for name in now if not _same(self._before.get(name, now[name]), now[name]))


def _same(before: object, now: object) -> bool:
    return before is now or before == now  # which not everything is that is itself


def _state() -> Iterator[tuple[str, object]]:
    for module in filter(is_own_module, list(sys.modules.values())):
        for name, value in list(vars(module).items()):
            if name.startswith("__"):
                continue
            if isinstance(value, _GROWING):
                yield f"{module.__name__}.{name}", (id(value), len(value))
            elif isinstance(value, _PLAIN):
                yield f"{module.__name__}.{name}", value
