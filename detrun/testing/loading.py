"""The program that a target names, loaded anew for each run, without a trace in the process that tests it."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import runpy
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from detrun.errors import Stale
from detrun.model import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


class Loader:
    """Loads one target below a directory."""

    def __init__(self, target: str, root: Path, arguments: Sequence[str] = ()) -> None:
        self._text, self._target = target, Target.of(target)
        self._root = root.resolve()
        self._file = self._root / self._target.place
        self._arguments = list(arguments)

    def __call__(self) -> Callable[[], Any]:
        """The program, as if it had not run before; raises `Stale` if there is no such program any more."""
        if not self._target.function:
            return self._script()
        module = self._module()
        function = vars(module).get(self._target.function)
        if not callable(function):
            others = [name for name, value in vars(module).items() if inspect.isfunction(value)]
            nearest = next(iter(get_close_matches(self._target.function, others, n=1)), None)
            raise Stale(self._text, nearest, is_program=True)
        if self._target.application:
            from detrun.scenarios.playing import checked, of_directory  # noqa: PLC0415  # few programs are applications

            return of_directory(str(self._root / self._target.application), checked(function, self._text))
        program: Callable[[], Any] = function
        return program

    @contextlib.contextmanager
    def surroundings(self) -> Iterator[None]:
        """Let `sys.path` and `sys.argv` be what the program expects, and modules what they were, afterwards."""
        path, argv, modules = sys.path[:], sys.argv[:], self._own()
        sys.path.insert(0, str(self._file.parent if self._file.is_file() else self._root))
        sys.argv[:] = [self._target.place, *self._arguments]
        try:
            yield
        finally:
            sys.path[:], sys.argv[:] = path, argv
            self._forget()
            sys.modules.update(modules)

    def _script(self) -> Callable[[], Any]:
        if not self._file.is_file():
            if not self._is_module():
                raise Stale(self._text, None, is_program=True)
            return lambda: runpy.run_module(self._target.place, run_name="__main__", alter_sys=True)
        return lambda: runpy.run_path(str(self._file), run_name="__main__")

    def _module(self) -> Any:
        self._forget()
        if not self._file.is_file():
            try:
                return importlib.import_module(self._target.place)
            except ModuleNotFoundError as error:
                raise Stale(self._text, None, is_program=True) from error
        spec = importlib.util.spec_from_file_location(self._file.stem, self._file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[self._file.stem] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _is_module(self) -> bool:
        try:
            return importlib.util.find_spec(self._target.place) is not None
        except ModuleNotFoundError:  # of a package that is not there
            return False

    def _forget(self) -> None:
        for name in self._own():
            del sys.modules[name]

    def _own(self) -> dict[str, Any]:
        """The module of the target itself, under whatever names it was imported; it is executed again for each run."""
        return {name: module for name, module in list(sys.modules.items()) if self._is_own(module)}

    def _is_own(self, module: object) -> bool:
        file = getattr(module, "__file__", None)
        return file == str(self._file) or getattr(module, "__name__", None) == self._target.place
