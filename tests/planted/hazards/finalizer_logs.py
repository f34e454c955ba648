"""A node in a cycle, which says that it is gone when the collector comes by."""

import asyncio


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.peer: Node | None = None

    def __del__(self) -> None:  # hazard: garbage collection
        print("gone:", self.name)


def link() -> None:
    one, other = Node("one"), Node("other")
    one.peer, other.peer = other, one


async def main() -> None:
    link()
    for number in range(5):
        await asyncio.sleep(0.001)
        print("tick", number)


if __name__ == "__main__":
    asyncio.run(main())
