"""Clients are spread over workers by their hash, which is that of any object."""

import asyncio


class Client:
    def __init__(self, name: str) -> None:
        self.name = name


async def serve(worker: int, clients: list[Client]) -> None:
    for client in clients:
        await asyncio.sleep(0.001)
        print(worker, client.name)


async def main() -> None:
    workers: list[list[Client]] = [[], [], []]
    for name in ("ann", "ben", "cat", "dan", "eve"):
        client = Client(name)
        number = hash(client) % len(workers)  # hazard: heap layout
        workers[number].append(client)
    await asyncio.gather(*(serve(number, clients) for number, clients in enumerate(workers)))


if __name__ == "__main__":
    asyncio.run(main())
