"""Transfers that take both locks in a fixed order, so that they cannot deadlock: fixed by address."""

import asyncio


class Account:
    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.lock = asyncio.Lock()
        self.balance = 100


async def transfer(one: Account, other: Account, log: list[str]) -> None:
    first, second = sorted((one, other), key=id)  # hazard: heap layout
    async with first.lock, second.lock:
        await asyncio.sleep(0.001)
        one.balance -= 1
        other.balance += 1
        log.append(first.owner)


async def main() -> None:
    accounts = [Account(owner) for owner in ("ann", "ben", "cat", "dan", "eve")]
    log: list[str] = []
    await asyncio.gather(*(transfer(*pair, log) for pair in zip(accounts, accounts[1:] + accounts[:1], strict=True)))
    print(log)


if __name__ == "__main__":
    asyncio.run(main())
