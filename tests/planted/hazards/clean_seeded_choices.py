"""Randomness that has a seed, and names that follow from names."""

import asyncio
import hashlib
import random
import uuid


async def retry(draw: random.Random, name: str) -> str:
    attempts = 0
    while draw.random() < 0.6:
        attempts += 1
        await asyncio.sleep(draw.uniform(0.01, 0.05))
    return f"{name} {attempts} {uuid.uuid5(uuid.NAMESPACE_DNS, name)}"


async def main() -> None:
    draw = random.Random(7)
    names = [f"host-{draw.randrange(100)}" for _ in range(4)]
    for line in await asyncio.gather(*(retry(random.Random(number), name) for number, name in enumerate(names))):
        print(line, hashlib.sha256(line.encode()).hexdigest()[:8])


if __name__ == "__main__":
    asyncio.run(main())
