"""What a module depends on as its sources say it: the imports in them, and in what those import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.runtime.modules.names import Found, Names
    from detrun.runtime.modules.source import Import, Source


def closure(names: Names, main: str) -> dict[str, Source]:
    """The modules of an application that this one needs, itself included, whenever it would import them."""
    reached: dict[str, Source] = {}
    seen: set[str] = set()
    ahead = [main]
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        if name_of_package := name.rpartition(".")[0]:
            ahead.append(name_of_package)
        found = names.resolve(name)
        if found is not None and found.source is not None:
            reached[name] = found.source
            ahead += [target for target, _ in imported(name, found, found.source)]
    return reached


def imported(name: str, found: Found, source: Source) -> Iterator[tuple[str, Import]]:
    """The whole names of what a module imports, each with the import that says so."""
    for one in source.imports():
        target = _whole(one, name, is_package=bool(found.folders))
        if target:
            yield target, one


def _whole(one: Import, name: str, *, is_package: bool) -> str:
    if not one.level:
        return one.name
    parts = name.split(".")
    up = len(parts) - one.level + is_package
    return ".".join([*parts[:up], *filter(None, [one.name])]) if up > 0 else ""
