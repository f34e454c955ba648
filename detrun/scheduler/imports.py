"""What is done to a module once it is imported, whenever that is: before the first run, or in the middle of one."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import aside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    Then = Callable[[ModuleType], None]


def installed() -> bool:
    """Whether `after` was called in this process."""
    return _FINDER in sys.meta_path


def after(actions: Mapping[str, Then]) -> None:
    """Do this to the modules of these names: now if they are there, else once they are."""
    _FINDER.actions.update(actions)
    sys.meta_path.insert(0, _FINDER)
    for name, then in actions.items():
        if name in sys.modules:
            then(sys.modules[name])


class _Finder(importlib.abc.MetaPathFinder):
    """Finds these modules as everybody does, and acts once they are executed."""

    def __init__(self) -> None:
        self.actions: dict[str, Then] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        then = self.actions.get(fullname)
        if then is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            _act_after(spec.loader, then)
        return spec


_FINDER = _Finder()


# What these draw and read as they are imported is the process's and nothing of a run's, which may be the first to
# import them, or the second.
_APART = {"numpy.random.mtrand", "platform", "tempfile", "uuid"}


def _act_after(loader: Any, then: Then) -> None:
    real = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        with aside() if module.__name__ in _APART else nullcontext():
            real(module)
            then(module)

    loader.exec_module = exec_module
