"""Jobs in threads that share a lock, a queue and what they draw; whoever comes first is the run's business."""

import asyncio
import queue
import random
import threading
import uuid

found: queue.Queue[str] = queue.Queue()
lock = threading.Lock()


def search(name: str) -> int:
    with lock:
        found.put(f"{name} {uuid.uuid4()} {random.random():.6f}")
    return len(name)


async def main() -> None:
    print(sum(await asyncio.gather(*[asyncio.to_thread(search, name) for name in ("ann", "ben", "cy")])))
    while not found.empty():
        print(found.get())


if __name__ == "__main__":
    asyncio.run(main())
