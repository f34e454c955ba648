"""A server and three clients, who talk through the simulated network."""

import asyncio


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def ask(name: str, port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(3):
        writer.write(f"{name} {number}\n".encode())
        await writer.drain()
        await reader.readline()
    writer.write(b"bye\n")
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer.decode().strip()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 8080)
    async with server:
        print(await asyncio.gather(*(ask(name, 8080) for name in ("ann", "ben", "cat"))))


if __name__ == "__main__":
    asyncio.run(main())
