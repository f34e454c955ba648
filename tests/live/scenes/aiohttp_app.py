"""An HTTP server on aiohttp, with a task in the background and large answers; it says what it answers."""

import asyncio
import contextlib
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator

from aiohttp import web

ROUTES = web.RouteTableDef()
TALLY: Counter[str] = Counter()


@ROUTES.post("/add")
async def add(request: web.Request) -> web.Response:
    body = await request.text()
    TALLY[body] += 1
    await asyncio.sleep(0.001)
    said = f"{body} {TALLY.total()} {time.time()} {uuid.uuid4()}"
    print(said, flush=True)
    return web.Response(text=said)


@ROUTES.get("/large")
async def large(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for number in range(64):
        await answer.write(bytes([number]) * 16_384)
    await answer.write_eof()
    return answer


async def ticking(app: web.Application) -> AsyncIterator[None]:
    async def tick() -> None:
        while True:
            await asyncio.sleep(0.02)
            print("tick", dict(TALLY))

    task = asyncio.create_task(tick())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


app = web.Application()
app.add_routes(ROUTES)
app.cleanup_ctx.append(ticking)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, shutdown_timeout=0.2)
print("over", dict(TALLY))
