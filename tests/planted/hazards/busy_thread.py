"""A loader in a thread that the module starts when it is imported, before there is a run to order it."""

import asyncio
import hashlib
import threading

loaded: list[int] = []


def load() -> None:
    loaded.append(1)


threading.Thread(target=load, daemon=True).start()


async def main() -> None:
    hashlib.sha256(bytes(4_000_000)).hexdigest()
    await asyncio.sleep(0.1)
    if loaded:  # hazard: thread latency
        print("loaded")
    else:
        print("still loading")
