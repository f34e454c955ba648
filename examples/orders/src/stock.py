"""The stock: how many there are of each thing, and a ledger that is read as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from detrun import RpcTarget, WorkerEntrypoint

# A worker keeps what its modules have from one event to the next, until it is reloaded.
SHELVES = {"lamp": 3, "chair": 2}
LEDGER: list[str] = []


class Reservation(RpcTarget):
    """Things that are set aside. Whoever has the stub may take them; if it is dropped before, they go back."""

    def __init__(self, thing: str, count: int) -> None:
        self._thing = thing
        self._count = count

    @property
    def count(self) -> int:
        return self._count

    def take(self) -> str:
        taken, self._count = self._count, 0
        LEDGER.append(f"{taken} {self._thing} sold")
        return LEDGER[-1]

    def dispose(self) -> None:
        SHELVES[self._thing] += self._count


class Default(WorkerEntrypoint):
    async def reserve(self, thing: str, count: int) -> Reservation:
        if SHELVES.get(thing, 0) < count:
            raise LookupError(f"there are {SHELVES.get(thing, 0)} of {thing}, not {count}")
        SHELVES[thing] -= count
        return Reservation(thing, count)

    def left(self, thing: str) -> int:
        return SHELVES[thing]

    async def ledger(self) -> AsyncIterator[bytes]:
        async def lines() -> AsyncIterator[bytes]:
            for line in LEDGER:
                yield f"{line}\n".encode()
                await asyncio.sleep(0.010)

        return lines()
