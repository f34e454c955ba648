"""A chat on WebSockets with rooms and a presence list; it says what it tells everybody."""

import asyncio
import itertools
import json
import signal
import sys
import time

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

PRESENT: dict[str, list[ServerConnection]] = {}
NUMBERS = itertools.count()


async def attend(sock: ServerConnection) -> None:
    room = json.loads(await sock.recv())["room"]
    members = PRESENT.setdefault(room, [])
    members.append(sock)
    try:
        async for message in sock:
            said = json.dumps({"n": next(NUMBERS), "room": room, "said": message, "at": time.time()})
            print(said, flush=True)
            broadcast(members, said)
    except ConnectionClosed as closed:
        print("lost", room, type(closed).__name__)
    finally:
        members.remove(sock)


async def count() -> None:
    while True:
        await asyncio.sleep(0.02)
        print("present", {room: len(members) for room, members in PRESENT.items()})


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(attend, "127.0.0.1", int(sys.argv[1]), ping_interval=0.05, ping_timeout=5, close_timeout=0.2):
        counting = asyncio.create_task(count())
        await stop.wait()
        counting.cancel()
    print("over")


asyncio.run(main())
