"""Handles: what belongs to the scope that it was made in, and may be used by nobody else."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from detrun import errors
from detrun.errors import CrossContextError
from detrun.runtime.scopes import SCOPE

if TYPE_CHECKING:
    from types import CodeType

    from detrun.runtime.scopes import Scope

_HERE = os.path.dirname(errors.__file__) + os.sep


class Handle:
    """Something that was made in a scope, by a line of the program's own code."""

    __slots__ = ("_site", "scope")
    kind = "a handle"

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._site = _site()

    def check(self) -> None:
        """Raise unless this is used in the scope that it belongs to."""
        user = SCOPE.get()
        if user is not self.scope and (user is None or user.owner is not self.scope.owner):
            self._refuse(user)

    @property
    def made(self) -> str:
        """The line that made it."""
        code, line = self._site
        return "no line of the program" if code is None else f"{code.co_filename}:{line} in {code.co_name}"

    def _refuse(self, user: Scope | None) -> None:
        name = "nobody, at import or outside of any handler," if user is None else user.name
        raise CrossContextError(self.kind, self.made, self.scope.name, name)


def _site() -> tuple[CodeType | None, int]:
    """The innermost frame that is the program's own."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(_HERE):
        if frame.f_back is None:
            return None, 0
        frame = frame.f_back
    return frame.f_code, frame.f_lineno
