"""A server that closes all its sessions, which it keeps in a set."""

import asyncio


class Session:
    def __init__(self, user: str) -> None:
        self.user = user

    async def close(self) -> None:
        await asyncio.sleep(0.001)
        print("closed", self.user)


async def main() -> None:
    sessions = {Session(user) for user in ("ann", "ben", "cat", "dan", "eve", "fay", "gil")}
    for session in sessions:  # hazard: heap layout
        await session.close()


if __name__ == "__main__":
    asyncio.run(main())
