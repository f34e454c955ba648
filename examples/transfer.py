"""A small bank with a race that few schedules show: a transfer reads two balances, and writes what it makes of them later.

Customers come one after the other, tens of milliseconds apart, and a transfer takes far less: run this on stock asyncio and the
books balance every time. But when the loop is held up for a moment, the next customer is served in the middle of a transfer.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
Balances = dict[str, int]

OPENING: Balances = {"alice": 100, "bob": 100, "carol": 100}
# When each customer comes, in seconds, and what they ask for.
CUSTOMERS = [(0.010, "alice", "bob", 30), (0.060, "bob", "carol", 50), (0.110, "carol", "alice", 70)]


class Ledger:
    """The balances, and a clerk who takes one request at a time."""

    def __init__(self) -> None:
        self.balances = dict(OPENING)
        self._requests: asyncio.Queue[Callable[[], None]] = asyncio.Queue()

    async def serve(self) -> None:
        while True:
            request = await self._requests.get()
            request()

    async def read(self, account: str) -> int:
        return await self.ask(lambda: self.balances[account])

    async def write(self, account: str, balance: int) -> None:
        await self.ask(lambda: self.balances.__setitem__(account, balance))

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        await self._requests.put(lambda: answer.set_result(question()))
        return await answer


async def transfer(ledger: Ledger, due: float, source: str, target: str, amount: int) -> None:
    await asyncio.sleep(due)
    balance = await ledger.read(source)
    if balance >= amount:
        await ledger.write(source, balance - amount)
        balance = await ledger.read(target)
        await ledger.write(target, balance + amount)


async def audit(ledger: Ledger) -> None:
    while True:
        await asyncio.sleep(0.025)
        total = sum((await ledger.ask(lambda: dict(ledger.balances))).values())
        print(f"the auditor counts {total}")


async def main() -> None:
    ledger = Ledger()
    staff = [asyncio.create_task(ledger.serve()), asyncio.create_task(audit(ledger))]
    await asyncio.gather(*(transfer(ledger, *customer) for customer in CUSTOMERS))
    balances = await ledger.ask(lambda: dict(ledger.balances))
    for task in staff:
        task.cancel()
    print(balances)
    assert sum(balances.values()) == sum(OPENING.values()), f"expected {sum(OPENING.values())}, got {sum(balances.values())}"


if __name__ == "__main__":
    asyncio.run(main())
