"""What is said of a worker in one environment: its own keys, and from the top those that are handed down."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from detrun.runtime.configuration.places import Key
from detrun.runtime.configuration.settings import INHERITED, Settings

if TYPE_CHECKING:
    from detrun.runtime.configuration.source import Source


Chosen = dict[str, tuple[object, Key]]
"""Each key with its value, and where in the file that stands."""


def names(source: Source) -> list[str]:
    """The environments that a file has."""
    found = source.said.get("env", {})
    if not isinstance(found, dict):
        raise source.error(("env",), f"expected a table for each environment, got {found!r}")
    return list(found)


def chosen(source: Source, environment: str | None, warnings: list[str]) -> Chosen:
    """What holds in an environment; at the top if there is none."""
    top: Chosen = {key: (value, (key,)) for key, value in source.said.items() if key != "env"}
    if environment is None:
        return top
    if environment not in names(source):
        raise source.error(("env",), _unknown(environment, names(source)))
    own = source.said["env"][environment]  # type: ignore[index]
    if not isinstance(own, dict):
        raise source.error(("env", environment), f"expected a table, got {own!r}")
    warnings.extend(_left_behind(source, environment, top, own))
    inherited = {key: found for key, found in top.items() if key in INHERITED}
    if "name" in top:
        # What is deployed for an environment has its name behind the worker's.
        inherited["name"] = (f"{top['name'][0]}-{environment}", ("name",))
    if "route" in own or "routes" in own:
        inherited.pop("route", None)
        inherited.pop("routes", None)
    return inherited | {key: (value, ("env", environment, key)) for key, value in own.items()}


def _left_behind(source: Source, environment: str, top: Chosen, own: dict[str, object]) -> list[str]:
    lost = [key for key in Settings.__struct_fields__ if key in top and key not in INHERITED and key not in own]
    return [f"{source.path}: {key} is not handed down: say it in env.{environment} too" for key in lost]


def _unknown(environment: str, known: list[str]) -> str:
    if not known:
        return f"expected an environment of the file, which has none, got {environment!r}"
    near = get_close_matches(environment, known, 1)
    hint = f": did you mean {near[0]!r}?" if near else ""
    return f"expected an environment, {' or '.join(map(repr, known))}, got {environment!r}{hint}"
