"""Numbers of bytes on the command line."""

import re
from typing import Any

import click

from detrun.cli.plain import size_of

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)


class Size(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in later versions
    """A number of bytes, as in `500MB` or `1.5 GiB`, and no fewer than this."""

    name = "size"

    def __init__(self, least: int = 0) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"expected a size as 500MB or 1GB, got {value!r}", param, ctx)
        unit = (1024 if found[3] else 1000) ** " kmgt".index(found[2].lower() or " ")
        size = int(float(found[1]) * unit)
        if size < self._least:
            self.fail(f"expected at least {self._least:,} bytes, got {value!r}", param, ctx)
        return size


def when_full(most: int) -> str:
    """What is said of a journal that has a bound."""
    return f"the journal may take {size_of(most)}; when it is full the run ends, and can be replayed up to there"
