"""A bank with a race that few schedules show: a transfer reads the balances, thinks, and writes what it made of them.

Customers come tens of milliseconds apart and are served in far less, so on stock asyncio the books balance every time.
But let the loop be held up twice at the wrong moment, and one customer is served in the middle of another's transfer.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
Balances = dict[str, int]

OPENING: Balances = {"alice": 100, "bob": 100, "carol": 100}
# When each customer comes, in seconds, and who is to give how much to whom.
CUSTOMERS = [(0.010, "alice", "bob", 30), (0.050, "bob", "carol", 50), (0.100, "carol", "alice", 70)]


class Ledger:
    """The balances, and a clerk who sees to one request at a time."""

    def __init__(self) -> None:
        self._balances = dict(OPENING)
        self._requests: asyncio.Queue[Callable[[], None]] = asyncio.Queue()

    async def serve(self) -> None:
        while True:
            request = await self._requests.get()
            request()

    async def ask(self, question: Callable[[Balances], Answer]) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        await self._requests.put(lambda: answer.set_result(question(self._balances)))
        return await answer


async def transfer(ledger: Ledger, arrival: float, source: str, target: str, amount: int) -> None:
    await asyncio.sleep(arrival)
    balances = await ledger.ask(dict)
    if await approved(balances[source], amount):
        after = {source: balances[source] - amount, target: balances[target] + amount}
        await ledger.ask(lambda balances: balances.update(after))


async def approved(balance: int, amount: int) -> bool:
    await asyncio.sleep(0)
    return balance >= amount


async def audit(ledger: Ledger) -> None:
    while True:
        await asyncio.sleep(0.025)
        check(await ledger.ask(dict))


def check(balances: Balances) -> None:
    expected, total = sum(OPENING.values()), sum(balances.values())
    assert total == expected, f"expected {expected} in all, got {total}: {balances}"


async def main() -> None:
    ledger = Ledger()
    clerk, auditor = asyncio.create_task(ledger.serve()), asyncio.create_task(audit(ledger))
    await asyncio.gather(*(transfer(ledger, *customer) for customer in CUSTOMERS))
    balances = await ledger.ask(dict)
    clerk.cancel()
    auditor.cancel()
    check(balances)
    print(balances)


if __name__ == "__main__":
    asyncio.run(main())
