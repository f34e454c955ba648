"""The shop under test: each test is run on many schedules, and each of those has a shop of its own."""

from __future__ import annotations

import asyncio

import pytest

import detrun
from detrun.testing import App

pytestmark = pytest.mark.detrun_application("examples/orders")


@detrun.test(runs=60)
async def test_no_lamp_is_sold_twice(app: App) -> None:
    async def customer(number: int) -> int:
        order = {"thing": "lamp", "count": 1, "paid": 50}
        return (await app.client(f"customer-{number}").fetch("/orders", method="POST", json=order)).status

    statuses = await asyncio.gather(*(customer(number) for number in range(4)))

    assert sorted(statuses) == [200, 200, 200, 409]


@detrun.test(runs=60)
async def test_what_is_not_paid_for_is_back_in_the_end(app: App) -> None:
    response = await app.fetch("/orders", method="POST", json={"thing": "chair", "count": 2, "paid": 0})

    assert response.status == 402
    while await app.service("stock").left("chair") < 2:
        await app.sleep(1)
