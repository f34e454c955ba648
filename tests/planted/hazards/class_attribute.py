"""Connections that are counted by their class."""

import asyncio


class Connection:
    opened = 0

    def __init__(self) -> None:
        Connection.opened += 1  # hazard: earlier run
        self.name = f"connection-{Connection.opened}"


async def main() -> None:
    connections = [Connection(), Connection()]
    await asyncio.sleep(0.001)
    print([connection.name for connection in connections])
