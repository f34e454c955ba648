"""A registry that notes when somebody has left, by a callback of a weak reference."""

import asyncio
import weakref


class Member:
    def __init__(self) -> None:
        self.me = self


async def main() -> None:
    left: list[str] = []

    def leave(reference: object) -> None:  # hazard: garbage collection
        left.append("somebody left")

    reference = weakref.ref(Member(), leave)
    for _ in range(4):
        await asyncio.sleep(0.001)
    print(left, reference() is None)


if __name__ == "__main__":
    asyncio.run(main())
