"""What a run looks at that could be different elsewhere: variables of the environment, and modules."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from detrun.scheduler.own import is_own, is_own_module

if TYPE_CHECKING:
    from types import FrameType

# The latter calls itself by its public name.
_BETWEEN = {"os", "collections.abc"}


class Variables:
    """Which variables of the environment the program's own code has asked for, and what they were."""

    def __init__(self) -> None:
        self.asked: dict[str, str | None] = {}
        asked = self.asked

        class Watched(type(os.environ)):  # type: ignore[misc]
            def __getitem__(self, name: Any) -> Any:
                if _asks(sys._getframe(1)):
                    asked[name] = os.getenv(name)
                return super().__getitem__(name)

        os.environ.__class__ = Watched


def _asks(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_globals.get("__name__") in _BETWEEN:
        frame = frame.f_back
    return frame is not None and is_own(frame.f_code.co_filename)


def new_modules(before: set[str], program: str) -> tuple[str, ...]:
    """The modules that were imported since, in order: the program's own, and those of others by the first name.

    That of the file that the program is in is none of them: whoever loads the program executes it.
    """
    found = []
    for name, module in list(sys.modules.items()):
        program_itself = name == "__main__" or getattr(module, "__file__", None) == program
        importable = getattr(module, "__spec__", None) is not None and not program_itself
        if name not in before and importable and (is_own_module(module) or "." not in name):
            found.append(name)
    return tuple(found)
