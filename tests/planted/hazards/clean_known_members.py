"""Sets of objects that are only asked who is in them; those who are walked stand in a dict."""

import asyncio
from dataclasses import dataclass


@dataclass(eq=False)
class Member:
    name: str
    heard: int = 0


class Room:
    def __init__(self) -> None:
        self._present: set[Member] = set()
        self._order: dict[Member, None] = {}

    def join(self, member: Member) -> None:
        self._present.add(member)
        self._order[member] = None

    def leave(self, member: Member) -> None:
        self._present.discard(member)
        self._order.pop(member, None)

    async def say(self, speaker: Member, text: str) -> None:
        if speaker not in self._present:
            return
        for member in list(self._order):
            await asyncio.sleep(0)
            member.heard += len(text)
            print(member.name, "hears", text)


async def main() -> None:
    room, members = Room(), [Member(name) for name in ("ann", "ben", "cat", "dan")]
    for member in members:
        room.join(member)
    await asyncio.gather(room.say(members[0], "hello"), room.say(members[2], "good bye"))
    room.leave(members[0])
    await room.say(members[0], "nobody hears this")
    print([member.heard for member in members])


if __name__ == "__main__":
    asyncio.run(main())
