"""An httpx client of an HTTPS server, with concurrency, timeouts and retries; it says what it is about to ask."""

import asyncio
import random
import ssl
import sys

import httpx

PORT, AUTHORITY, TASKS, TIMES = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


async def fetch(client: httpx.AsyncClient, path: str) -> str:
    for attempt in range(3):
        try:
            print(f"{path}/{attempt}", flush=True)
            answer = await client.get(f"{path}/{attempt}")
        except httpx.TransportError as error:
            print(path, attempt, type(error).__name__)
            await asyncio.sleep(random.uniform(0.001, 0.01))
        else:
            return answer.text
    return "given up"


async def worker(client: httpx.AsyncClient, name: int) -> None:
    for number in range(TIMES):
        print("got", name, number, await fetch(client, f"/{name}/{number}"))


async def main() -> None:
    trust = ssl.create_default_context(cafile=AUTHORITY)
    asking = httpx.AsyncClient(base_url=f"https://localhost:{PORT}", verify=trust, timeout=0.5)
    async with asking as client, asyncio.TaskGroup() as group:
        for name in range(TASKS):
            group.create_task(worker(client, name))
    print("over")


asyncio.run(main())
