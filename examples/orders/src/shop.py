"""The shop: takes orders, and shows what was sold."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from detrun import Request, Response, WorkerEntrypoint

PRICES = {"lamp": 40, "chair": 90}


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        match request.method, urlsplit(request.url).path:
            case "POST", "/orders":
                return await self.order(**await request.json())
            case "GET", "/ledger":
                return Response(await self.env.STOCK.ledger(), headers={"content-type": "text/plain"})
            case "GET", "/left":
                [thing] = parse_qs(urlsplit(request.url).query)["thing"]
                return Response.json({"left": await self.env.STOCK.left(thing)})
            case _:
                return Response("there is nothing here", status=404)

    async def order(self, thing: str, count: int, paid: int) -> Response:
        try:
            reservation = await self.env.STOCK.reserve(thing, count)
        except LookupError as error:
            return Response(str(error), status=409)
        with reservation:
            price = PRICES[thing] * await reservation.count
            if paid < price:
                return Response(f"that is {price} {self.env.CURRENCY}", status=402)
            return Response.json({"sold": await reservation.take(), "change": paid - price})
