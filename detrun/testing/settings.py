"""What a test is asked for."""

from __future__ import annotations

from typing import Any

import msgspec

from detrun.errors import UsageError

RUNS = 200
_ENTROPIES = ("drawn", "fixed")


class Settings(msgspec.Struct, frozen=True):
    """How many schedules of a test are tried, and of which kind."""

    runs: int | None = RUNS
    seconds: float | None = None
    level: int = 1
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
        if "seconds" in given:
            given.setdefault("runs", None)
        faults = given.get("faults", ())
        given["faults"] = (faults,) if isinstance(faults, str) else tuple(faults)
        return cls(**given)
