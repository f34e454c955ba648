"""What happens to the shop: run one with `detrun run examples/orders --scenario examples/orders/scenarios.py:rush`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from detrun import Disconnected

STOCK = Path(__file__).parent / "src" / "stock.py"


async def rush(app: Any) -> list[int]:
    """Five customers want a lamp at once, of which there are three."""

    async def customer(number: int) -> int:
        order = {"thing": "lamp", "count": 1, "paid": 50}
        response = await app.client(f"customer-{number}").fetch("/orders", method="POST", json=order)
        return int(response.status)

    statuses = await asyncio.gather(*(customer(number) for number in range(5)))
    assert sorted(statuses) == [200, 200, 200, 409, 409], statuses
    assert await (await app.fetch("/left?thing=lamp")).json() == {"left": 0}
    return statuses


async def returned(app: Any) -> None:
    """What is not paid for goes back to its shelf."""
    response = await app.fetch("/orders", method="POST", json={"thing": "chair", "count": 2, "paid": 1})
    assert (response.status, await response.text()) == (402, "that is 180 EUR")
    while await app.service("stock").left("chair") < 2:
        await app.sleep(1)


async def reload_in_the_middle(app: Any) -> str:
    """The stock gets new code while its ledger is read: who began to read it reads it to its end, or learns why not."""
    for _ in range(3):
        await app.fetch("/orders", method="POST", json={"thing": "lamp", "count": 1, "paid": 40})
    ledger = await app.fetch("/ledger")
    lines = []
    try:
        async for line in ledger:
            lines.append(line.decode())
            if len(lines) == 1:
                await app.reload({"src/stock.py": STOCK.read_text().replace('"lamp": 3', '"lamp": 7')})
        assert lines == ["1 lamp sold\n"] * 3, lines
    except Disconnected:
        pass  # a line was later than the grace of the generation that wrote it
    assert await app.service("stock").left("lamp") == 7
    return "".join(lines)
