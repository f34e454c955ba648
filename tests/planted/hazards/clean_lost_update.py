"""A program with a bug, which it has in the same way every time."""

import asyncio
import weakref
from functools import lru_cache


class Account:
    def __init__(self) -> None:
        self.balance = 0


@lru_cache
def fee(amount: int) -> int:
    return amount // 10


async def deposit(account: Account, amount: int) -> None:
    balance = account.balance
    await asyncio.sleep(0.001)
    account.balance = balance + amount - fee(amount)


async def main() -> None:
    account = Account()
    open_accounts = weakref.WeakSet([account])
    await asyncio.gather(deposit(account, 100), deposit(account, 100))
    assert account.balance == 180, f"expected 180 in {len(open_accounts)} account, got {account.balance}"


if __name__ == "__main__":
    asyncio.run(main())
