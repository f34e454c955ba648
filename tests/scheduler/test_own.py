"""Which code is the program's own."""

import asyncio
import os
import sys

import msgspec
import pytest

from detrun.scheduler import own


@pytest.mark.parametrize(
    ("file", "is_own"),
    [
        (__file__, True),
        # As `/usr/src/app/main.py`, for the system's Python.
        (os.path.join(sys.prefix, "src", "app", "main.py"), True),
        (asyncio.__file__, False),
        (msgspec.__file__, False),
        (own.__file__, False),
        (os.path.join(os.sep, "opt", "lib", "python3", "dist-packages", "tool.py"), False),
        ("<string>", False),
    ],
)
def test_what_is_neither_pythons_nor_installed_nor_ours_is_the_programs(file: str, *, is_own: bool) -> None:
    assert own.is_own(file) is is_own
    assert own.nearest(sys._getframe()) is sys._getframe()
