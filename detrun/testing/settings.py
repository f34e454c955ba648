"""What a test is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from detrun.errors import UsageError

RUNS = 200
_ENTROPIES = ("drawn", "fixed")
_WRONG = re.compile(r"Expected (?P<what>.*?)(?:, got .*)? - at `\$\.(?P<name>\w+)")


class Settings(msgspec.Struct, frozen=True):
    """How many schedules of a test are tried, and of which kind."""

    runs: Annotated[int, Meta(ge=1)] | None = RUNS
    seconds: Annotated[float, Meta(gt=0)] | None = None
    level: Annotated[int, Meta(ge=1, le=3)] = 1
    faults: tuple[str, ...] = ()
    entropy: str = "drawn"
    verify: bool = True

    @classmethod
    def of(cls, **given: Any) -> Settings:
        """Settings as they are written down."""
        unknown = given.keys() - set(cls.__struct_fields__)
        if unknown:
            raise UsageError(f"expected settings out of {', '.join(cls.__struct_fields__)}, got {min(unknown)!r}")
        if given.get("entropy", "drawn") not in _ENTROPIES:
            raise UsageError(f"expected entropy that is one of {', '.join(_ENTROPIES)}, got {given['entropy']!r}")
        bounds = {"runs": None} if given.get("seconds") is not None else {}
        faults = given.get("faults", ())
        several = [faults] if isinstance(faults, str) else list(faults) if isinstance(faults, Iterable) else faults
        try:
            settings = msgspec.convert(bounds | given | {"faults": several}, cls)
        except msgspec.ValidationError as error:
            found = _WRONG.match(str(error))
            assert found is not None  # each setting has a type, and nothing else can be wrong with it
            what, name = found["what"].replace("`", "").removesuffix(" | null"), found["name"]
            raise UsageError(f"expected {name} to be {what}, got {given[name]!r}") from error
        if settings.runs is None and settings.seconds is None:
            raise UsageError("expected a bound of runs or of seconds, got none")
        return settings
