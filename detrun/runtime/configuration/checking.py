"""What a file says, made typed; what is wrong is said with its place, and what is unknown is not overlooked."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from detrun.runtime.configuration.places import spelled
from detrun.runtime.configuration.settings import UNREAD, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.runtime.configuration.environments import Chosen
    from detrun.runtime.configuration.places import Key
    from detrun.runtime.configuration.source import Source

_TYPES = {field.encode_name: field.type for field in msgspec.structs.fields(Settings)}
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<way>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def settings(source: Source, chosen: Chosen, warnings: list[str], beside: frozenset[str] = frozenset()) -> Settings:
    """The typed settings; keys of `beside` are somebody else's."""
    unknown: list[Key] = []
    for key, (value, way) in chosen.items():
        if key in beside or (key in UNREAD and not source.own):
            continue
        for lost, known in _unknown(value, way, key):
            if source.own:
                raise source.error(lost, _suggestion(lost, known))
            unknown.append(lost)
    if unknown:
        listed = ", ".join(map(spelled, unknown))
        warnings.append(f"{source.path}: detrun does not know {listed}")
    found = {key: _typed(source, value, way, _TYPES[key]) for key, (value, way) in chosen.items() if key in _TYPES}
    return Settings(**found)


def _typed(source: Source, value: object, way: Key, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = _AT.match(str(error))
        assert found is not None  # it matches anything
        rest = tuple(int(number) if number else name for name, number in _STEP.findall(found["way"] or ""))
        raise source.error((*way, *rest), _said(found["what"], _at(value, rest))) from error


def _at(value: Any, way: Key) -> object:
    for step in way:
        value = value[step]
    return value


def _said(what: str, value: object) -> str:
    if missing := re.match(r"Object missing required field `(\w+)`", what):
        return f"expected a {missing[1]!r}, got {value!r}"
    expected = re.sub(r", got .*$", "", what).replace("`", "").replace(" | null", "")
    return f"{expected[:1].lower()}{expected[1:]}, got {value!r}"


def _unknown(value: object, way: Key, key: str) -> Iterator[tuple[Key, list[str]]]:
    if key not in _TYPES:
        yield way, [*_TYPES, "env", "workers"]
        return
    yield from _unknown_within(value, way, _TYPES[key])


def _unknown_within(value: object, way: Key, kind: object) -> Iterator[tuple[Key, list[str]]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_within(item, (*way, index), kind)
        return
    fields = {field.encode_name: field.type for struct in _structs(kind) for field in msgspec.structs.fields(struct)}
    if not fields or not isinstance(value, dict):
        return
    for name, item in value.items():
        if name not in fields:
            yield (*way, name), list(fields)
        else:
            yield from _unknown_within(item, (*way, name), fields[name])


def _structs(kind: object) -> list[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [struct for part in get_args(kind) for struct in _structs(part)]


def _suggestion(key: Key, known: list[str]) -> str:
    near = get_close_matches(str(key[-1]), [name for name in known if name != key[-1]], 1)
    return f"unknown key {key[-1]!r}" + (f": did you mean {near[0]!r}?" if near else f", known are {', '.join(known)}")
