"""A server that has its work done by threads and child processes; it says what it answers."""

import asyncio
import hashlib
import secrets
import signal
import subprocess
import sys
import time

WAITING: "asyncio.Queue[tuple[str, asyncio.Future[str]]]" = asyncio.Queue()
DONE: list[str] = []


def work(text: str) -> str:
    """A function of the program's own: it runs again at replay."""
    time.sleep(0.001)
    DONE.append(text)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


async def count(text: str) -> str:
    """What a child says of this; one that takes too long is killed."""
    seconds = "10" if text.endswith(" 5") else "0"
    words = ("sh", "-c", f"cat | wc -c; exec sleep {seconds}")
    child = await asyncio.create_subprocess_exec(*words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        async with asyncio.timeout(2 if seconds == "0" else 0.05):
            counted, _ = await child.communicate(text.encode() * 3)
    except TimeoutError:
        child.kill()
        return f"killed, {await child.wait()}"
    return f"{int(counted)} {child.returncode}"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    try:
        while line := (await reader.readline()).decode().strip():
            future: asyncio.Future[str] = loop.create_future()
            WAITING.put_nowait((line, future))
            if line == "large":
                writer.write(b"x" * 1024 * 1024)
            writer.write(f"{await future}\n".encode())
            await writer.drain()
    except OSError as error:
        print("gone", type(error).__name__)
    finally:
        writer.close()


async def worker() -> None:
    while True:
        line, future = await WAITING.get()
        digest, token, _, counted, ended = await asyncio.gather(
            asyncio.to_thread(work, line),
            asyncio.to_thread(secrets.token_hex, 4),
            asyncio.to_thread(time.sleep, 0.002),
            count(line),
            asyncio.to_thread(subprocess.run, ["sh", "-c", "echo $$; exit 3"], capture_output=True, check=False),
        )
        said = f"{line} {digest} {token} {len(DONE)} {counted} {ended.returncode} {int(ended.stdout)}"
        print(said, flush=True)
        if not future.done():
            future.set_result(said)


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    workers = [asyncio.create_task(worker()) for _ in range(3)]
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await stop.wait()
    server.close()
    for task in workers:
        task.cancel()
    print("over", len(DONE))


asyncio.run(main())
