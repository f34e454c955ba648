"""A server of the Redis protocol on asyncio's streams, with waiting and expiry; it says what it answers."""

import asyncio
import itertools
import random
import signal
import sys

VALUES: dict[bytes, bytes] = {}
LISTS: dict[bytes, "asyncio.Queue[bytes]"] = {}
NUMBERS = itertools.count()


async def command(reader: asyncio.StreamReader) -> list[bytes]:
    head = await reader.readline()
    if not head.endswith(b"\n"):
        raise EOFError
    words = []
    for _ in range(int(head[1:])):
        size = int((await reader.readline())[1:])
        words.append((await reader.readexactly(size + 2))[:-2])
    return words


async def answer(words: list[bytes]) -> bytes:
    match words:
        case [b"SET", key, value]:
            VALUES[key] = value
            asyncio.get_running_loop().call_later(random.uniform(0.01, 0.05), VALUES.pop, key, None)
        case [b"GET", key]:
            return bulk(VALUES.get(key))
        case [b"INCR", key]:
            VALUES[key] = b"%d" % (int(VALUES.get(key, b"0")) + 1)
            return b":%s\r\n" % VALUES[key]
        case [b"PUSH", key, value]:
            LISTS.setdefault(key, asyncio.Queue()).put_nowait(value)
        case [b"POP", key]:
            async with asyncio.timeout(1):
                return bulk(await LISTS.setdefault(key, asyncio.Queue()).get())
        case [b"ECHO", value]:
            number = next(NUMBERS)
            print(f"{value.decode()} {number}", flush=True)
            return b"+%s %d\r\n" % (value, number)
        case _:
            return bulk(bytes(1024 * 1024))
    return b"+OK\r\n"


def bulk(value: bytes | None) -> bytes:
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            writer.write(await answer(await command(reader)))
            await writer.drain()
    except (OSError, EOFError, TimeoutError) as error:
        print("gone", type(error).__name__)
    finally:
        writer.close()


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    server = await asyncio.start_server(attend, "127.0.0.1", int(sys.argv[1]))
    await stop.wait()
    server.close()
    print("over", sorted(VALUES))


asyncio.run(main())
