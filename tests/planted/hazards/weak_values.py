"""A server that counts its open rooms by what is left in a weak dictionary."""

import asyncio
import weakref


class Room:
    def __init__(self, name: str) -> None:
        self.name = name
        self.members: list[object] = [self]


async def main() -> None:
    rooms: weakref.WeakValueDictionary[str, Room] = weakref.WeakValueDictionary()
    for name in ("a", "b", "c"):
        rooms[name] = Room(name)
        await asyncio.sleep(0.001)
    count = len(rooms)  # hazard: garbage collection
    print("open rooms:", count)


if __name__ == "__main__":
    asyncio.run(main())
