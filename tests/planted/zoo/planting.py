"""What a planted bug is: a program that passes when nothing is late or wrong, and the same program mended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

Program = Callable[[], Awaitable[Any]]
ZOO: dict[str, Bug] = {}


class Bug:
    """A program with a bug, to be called like any; `twin` is the same one without. `faults` are what it takes."""

    def __init__(self, program: Callable[..., Awaitable[Any]], faults: tuple[str, ...], holds: int) -> None:
        self.__name__ = program.__name__
        self.target = f"{program.__module__}:{program.__name__}"
        self.faults = faults
        # How many holds are needed where one, or one fault, is not enough.
        self.holds = holds
        self._program = program

    async def __call__(self) -> None:
        await self._program(mended=False)

    @property
    def mended(self) -> Program:
        """The program without its bug, in which everything is called as it is with it."""
        return Bug(_Mended(self._program), self.faults, self.holds)

    @property
    def twin(self) -> Program:
        """The program without its bug."""
        return partial(self._program, mended=True)


class _Mended:
    """A program that is mended whatever is asked for."""

    def __init__(self, program: Callable[..., Awaitable[Any]]) -> None:
        self._program = program
        self.__name__ = program.__name__

    async def __call__(self, *, mended: bool) -> None:
        del mended
        await self._program(mended=True)


def planted(*faults: str, holds: int = 1) -> Callable[[Callable[..., Awaitable[Any]]], Bug]:
    """Have a program in the zoo, which takes `mended`; it needs these faults, or so many holds."""

    def plant(program: Callable[..., Awaitable[Any]]) -> Bug:
        bug = Bug(program, faults, holds)
        assert bug.__name__ not in ZOO, bug.__name__
        ZOO[bug.__name__] = bug
        return bug

    return plant
