"""Handles: what belongs to the scope that it was made in, and may be used by nobody else."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeAlias

from detrun import errors
from detrun.errors import CrossContextError
from detrun.runtime.scopes import SCOPE

if TYPE_CHECKING:
    from types import CodeType

    from detrun.runtime.scopes import Scope

_HERE = os.path.dirname(errors.__file__) + os.sep
# Below this nothing is the program's: it is what runs that.
_BOTTOM = os.path.join(_HERE, "scheduler") + os.sep

Site: TypeAlias = "tuple[CodeType | None, int]"
NOWHERE: Site = (None, 0)


class Handle:
    """Something that was made in a scope, by a line of the program's own code."""

    __slots__ = ()
    kind = "a handle"
    scope: Scope
    _site: Site

    def check(self) -> None:
        """Raise unless this is used in the scope that it belongs to."""
        user = SCOPE.get()
        scope = self.scope
        if user is not scope and (user is None or scope.owner is None or user.owner is not scope.owner):
            self._refuse(user)

    @property
    def made(self) -> str:
        """The line that made it."""
        code, instruction = self._site
        if code is None:
            return "no line of the program, it came from elsewhere"
        lines = [line for begin, end, line in code.co_lines() if begin <= instruction < end]
        return f"{code.co_filename}:{lines[0] if lines else code.co_firstlineno} in {code.co_name}"

    def _refuse(self, user: Scope | None) -> None:
        name = "nobody, at import or outside of any handler," if user is None else user.name
        raise CrossContextError(self.kind, self.made, self.scope.name, name)


class Made(Handle):
    """A handle that keeps its scope and its line itself."""

    __slots__ = ("_site", "scope")

    def __init__(self, scope: Scope, at: Site | None = None) -> None:
        self.scope = scope
        self._site = site(2) if at is None else at


def site(depth: int) -> Site:
    """Where the innermost frame is that is the program's own, if the first so many are not.

    Which line that is takes longer to find out than all the rest, and hardly anybody ever asks.
    """
    frame = sys._getframe(depth)
    while (code := frame.f_code).co_filename.startswith(_HERE):
        if frame.f_back is None or code.co_filename.startswith(_BOTTOM):
            return NOWHERE
        frame = frame.f_back
    return code, frame.f_lasti
