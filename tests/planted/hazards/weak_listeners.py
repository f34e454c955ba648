"""An event bus that knows its listeners weakly, and tells them in the order of that set."""

import asyncio
import weakref


class Listener:
    def __init__(self, name: str) -> None:
        self.name = name

    async def hear(self, event: str) -> None:
        await asyncio.sleep(0)
        print(self.name, "heard", event)


async def main() -> None:
    kept = [Listener(name) for name in ("mail", "audit", "metrics", "search", "cache", "billing")]
    bus = weakref.WeakSet(kept)
    for listener in bus:  # hazard: heap layout
        await listener.hear("saved")


if __name__ == "__main__":
    asyncio.run(main())
