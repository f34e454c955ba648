"""A loader in a thread of its own, of which the loop looks whether it is done when it has done something else."""

import asyncio
import hashlib
import threading

loaded: list[int] = []


def load() -> None:
    loaded.append(1)


async def main() -> None:
    threading.Thread(target=load, daemon=True).start()
    hashlib.sha256(bytes(4_000_000)).hexdigest()
    await asyncio.sleep(0.1)
    if loaded:  # hazard: thread latency
        print("loaded")
    else:
        print("still loading")


if __name__ == "__main__":
    asyncio.run(main())
