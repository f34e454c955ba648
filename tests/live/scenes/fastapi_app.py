"""A FastAPI application under uvicorn: a lifespan, dependencies, threads, streams; it says what it answers."""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse

KEPT: dict[str, list[str]] = {}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    print("up")
    yield
    print("down", {name: len(words) for name, words in KEPT.items()})


def session() -> Iterator[str]:
    """What a request has for itself; made and ended on a thread."""
    token = secrets.token_hex(4)
    yield token
    print("closed", token)


app = FastAPI(lifespan=lifespan)


@app.post("/add")
async def add(request: Request, token: Annotated[str, Depends(session)], later: BackgroundTasks) -> str:
    body = (await request.body()).decode()
    await asyncio.sleep(0.001)
    later.add_task(KEPT.setdefault(body, []).append, token)
    return told(f"{body} {token} {time.monotonic()}")


@app.get("/blocking")
def blocking(token: Annotated[str, Depends(session)]) -> str:
    time.sleep(0.002)
    return told(f"blocking {token} {sum(map(len, KEPT.values()))}")


@app.get("/large")
async def large() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(64):
            yield bytes([number]) * 16_384

    return StreamingResponse(parts())


def told(answer: str) -> str:
    print(answer, flush=True)
    return answer


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=1)
