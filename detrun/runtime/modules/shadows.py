"""Names that both an application and somebody else have: whose modules they are.

They are others' if the interpreter has them, as all of the standard library, or a library that was imported before:
`sys.modules` has one module of a name, and a library that imports its own must not get the application's. A file of
the application's that nobody there imports does no harm; an import that could mean either is refused.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.runtime.modules.closure import closure, imported
from detrun.runtime.modules.table import IN_PLACE, outer
from detrun.scheduler.own import is_own

if TYPE_CHECKING:
    from collections.abc import Set

    from detrun.runtime.modules.names import Names


def taken_elsewhere(names: Names) -> frozenset[str]:
    """The names at the top that the application has a file or folder for, and that are others'."""
    table, found = IN_PLACE.table, names.interpreters
    # Asked of each generation: most applications have no name that anybody else has.
    there = names.provided & sys.modules.keys()
    if table is not None:
        there |= names.provided & table.claim.hidden.keys()
    if there:
        found |= {name for name in there if _is_library(name)}
    # A folder without a file comes after whatever anybody else has.
    return found | {name for name in names.spaces if outer(name) is not None} if names.spaces else found


def refuse_ambiguous(names: Names, main: str, taken: Set[str]) -> None:
    """Object to a main module, or to an import of one that it reaches, which is of such a name."""
    if not taken:
        return
    if main.partition(".")[0] in taken:
        raise _refused(main, main, names)
    for name, source in closure(names, main).items():
        found = names.resolve(name)
        assert found is not None
        for target, one in imported(name, found, source):
            if not one.level and target.partition(".")[0] in taken & names.provided:
                raise _refused(target, f"{source.file}:{one.line}", names)


def _refused(name: str, where: str, names: Names) -> UsageError:
    top = name.partition(".")[0]
    found = names.resolve(top)
    assert found is not None
    assert found.source is not None
    whose = "the interpreter" if top in names.interpreters else "a library that is imported"
    return UsageError(
        f"expected a name that no library has, got {top!r}, which {whose} has too: {where}\n"
        f"rename {found.source.file}: others that import {top!r} must not get it"
    )


def _is_library(name: str) -> bool:
    module = outer(name)
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and not is_own(file)
