"""TARGET: the words that name a program, and the callable that runs it as the interpreter itself would."""

import builtins
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from inspect import signature
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from detrun.errors import UsageError
from detrun.model import Target

Program = Callable[[], Any]
Sources = Mapping[str, bytes]
_NONE: Sources = {}


def load(
    target: str,
    arguments: Sequence[str],
    recorded: Sources = _NONE,
    generations: Mapping[str, Sources] | None = None,
) -> Program:
    """The program that `target` names, with `sys.argv` and the head of `sys.path` as it expects them.

    A file that is among those recorded is not read from the disk, and nothing of workers whose first generation is.

    What a `:function` lives in is imported here and now, once for however many runs follow. An import that fails is the
    failure of the program: it is raised when the program is called, so that the run reports it like any other.
    """
    asked = Target.of(target)
    if asked.function is not None and not asked.function.isidentifier():
        raise UsageError(f"expected the name of a function after the colon, got {asked.function!r}: {asked.words[-1]}")
    path, function = Path(asked.place), asked.function or ""
    if path.is_file() and _is_journal(path):
        raise UsageError(f"expected a program, got a journal: {path}\nit is run again by detrun replay")
    sys.argv[:] = [asked.place, *arguments]
    enter(target)
    try:
        if asked.application:
            return _playing(asked.application, path, function, recorded, generations)
        if path.is_file() or str(path.absolute()) in recorded:
            return _in_file(path, function, recorded)
        return _in_module(asked.place, function)
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        return _raising(error)


def enter(target: str) -> None:
    """Have `sys.path` begin as the program expects it to, before anything of it is imported."""
    file = Target.of(target).file
    _search_first(file.resolve().parent if file.is_file() else Path.cwd())


def _playing(
    application: str, path: Path, function: str, recorded: Sources, generations: Mapping[str, Sources] | None
) -> Program:
    from detrun.scenarios.playing import checked, of_directory  # noqa: PLC0415  # few programs are applications

    if not Path(application).is_dir():
        found = "a file" if Path(application).exists() else "nothing"
        raise UsageError(f"expected the directory of an application, found {found}: {application}")
    if not function or path.suffix != ".py":
        raise UsageError(f"expected a scenario as file.py:function, got {os.fspath(path)}{function and ':'}{function}")
    if not (path.is_file() or str(path.absolute()) in recorded):
        similar = _similar(os.fspath(path), map(str, path.parent.glob("*.py")))
        raise UsageError(f"expected the file of a scenario, found none{similar}: {path}")
    module = _import_file(path, recorded)
    scenario = checked(_named(module, function, os.fspath(path)), f"{path}:{function}")
    return of_directory(application, scenario, generations)


def _in_file(path: Path, function: str, recorded: Sources) -> Program:
    if function:
        return _function(_import_file(path, recorded), function, str(path))
    return _script(path.absolute(), recorded)


def _is_journal(path: Path) -> bool:
    from detrun.journal.header import MAGIC  # noqa: PLC0415  # slow, so not for `--help`

    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC.encode()


def _in_module(name: str, function: str) -> Program:
    spec = _find(name)
    if function:
        return _function(importlib.import_module(spec.name), function, name)
    if spec.submodule_search_locations is not None:
        spec = _find(f"{name}.__main__")
    sys.argv[0] = spec.origin or name
    return lambda: _run_module(spec)


def _search_first(directory: Path) -> None:
    # Under -P the interpreter puts neither a script's directory nor the current one there.
    if not sys.flags.safe_path:
        sys.path[0] = str(directory)


def _script(path: Path, recorded: Sources) -> Program:
    """A program that is executed as often as it is called, and read and compiled once."""
    file = str(path)
    loader = _recorded("__main__", file, recorded) or SourceFileLoader("__main__", file)
    # Not `get_code`, which would leave bytecode behind, as the interpreter does not.
    code = cache(lambda: _compiled(loader, file))
    return lambda: _run_script(file, loader, code())


@contextmanager
def _named_in(file: str | None) -> Iterator[None]:
    """Of what is no text the compiler does not say in which file it is."""
    try:
        yield
    except SyntaxError as error:
        error.filename = error.filename or file
        raise


def _compiled(loader: SourceFileLoader, file: str) -> CodeType:
    with _named_in(file):
        return loader.source_to_code(loader.get_data(file), file)


def _run_script(file: str, loader: SourceFileLoader, code: CodeType) -> None:
    module = ModuleType("__main__")
    vars(module).update(__file__=file, __cached__=None, __loader__=loader)
    _run_as_main(module, code)


def _run_module(spec: ModuleSpec) -> None:
    assert isinstance(spec.loader, InspectLoader)
    with _named_in(spec.origin):
        code = spec.loader.get_code(spec.name)
    if code is None:
        raise ImportError(f"no code in {spec.name} that could be run")
    module = module_from_spec(spec)
    module.__name__ = "__main__"
    _run_as_main(module, code)


def _run_as_main(module: ModuleType, code: CodeType) -> None:
    # As the interpreter does; `exec` would put the dictionary of `builtins` there.
    vars(module).update(__annotations__={}, __builtins__=builtins)
    # Left in place afterwards: what the program started may look itself up when it ends.
    sys.modules["__main__"] = module
    exec(code, vars(module))


class _Once(SourceFileLoader):
    """Reads and compiles a file once, however often it is imported, and takes no older bytecode for it."""

    _code: CodeType | None = None

    def get_code(self, fullname: str) -> CodeType | None:
        if self._code is None:
            self._code = _compiled(self, self.path)
        return self._code


@cache
def _loader_of(name: str, file: str) -> SourceFileLoader:
    return _Once(name, file)


def _recorded(name: str, file: str, recorded: Sources) -> SourceFileLoader | None:
    if file not in recorded:
        return None
    from detrun.recording.sources import RecordedLoader  # noqa: PLC0415  # a run needs it not

    return RecordedLoader(name, file, recorded[file])


def _import_file(path: Path, recorded: Sources) -> ModuleType:
    name = path.stem
    if name in sys.modules:
        raise UsageError(f"expected a name that no imported module has, got {name!r}: rename {path}")
    file = str(path.absolute())
    spec = spec_from_file_location(name, file, loader=_recorded(name, file, recorded) or _loader_of(name, file))
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _named(module: ModuleType, name: str, place: str) -> Program:
    function: Program | None = vars(module).get(name)
    if function is None:
        functions = (other for other, value in vars(module).items() if callable(value))
        raise UsageError(f"expected a function {name!r}, got none{_similar(name, functions)}: {place}")
    if not callable(function):
        raise UsageError(f"expected a function {name!r}, got {function!r}: {place}")
    return function


def _function(module: ModuleType, name: str, place: str) -> Program:
    function = _named(module, name, place)
    if not _needs_nothing(function):
        raise UsageError(f"expected a function that needs no arguments, got {name}{signature(function)}: {place}")
    return function


def _needs_nothing(function: Program) -> bool:
    try:
        signature(function).bind()
    except TypeError:
        return False
    return True


def _find(name: str) -> ModuleSpec:
    try:
        spec = find_spec(name) if all(part.isidentifier() for part in name.split(".")) else None
    except ModuleNotFoundError as error:
        # A package above it may be missing, or may miss something itself: the latter is the program's failure.
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        spec = None
    if spec is None or spec.loader is None:
        raise _not_found(name)
    return spec


def _not_found(name: str) -> UsageError:
    path = Path(name)
    if not name:
        return UsageError("expected a program, got nothing: name a file or a module")
    if path.is_dir():
        return UsageError(
            f"expected a program, got a directory: {name}\n"
            "an application is run with --scenario file.py:function, it is not served yet"
        )
    similar = _similar(name, map(str, path.parent.glob("*.py")))
    return UsageError(f"expected a file or a module, got neither{similar}: {name}")


def _similar(name: str, names: Iterable[str]) -> str:
    """What may have been meant, if anything comes near."""
    return "".join(f" (did you mean {match!r}?)" for match in get_close_matches(name, names, n=1))


def _raising(error: BaseException) -> Program:
    def program() -> None:
        raise error

    return program
