"""A box office that sells too many seats if guests come at once: a real server, to be run live and replayed.

detrun run --live examples/seats.py --journal seats.bin     the server, which ends when it is sold out
python examples/seats.py guests                             five guests at once, who may come before it
detrun replay seats.bin                                     the same again, without guests, network or waiting
"""

import asyncio
import contextlib
import sys

PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 8765
SEATS = 2


class Office:
    def __init__(self) -> None:
        self.left = SEATS
        self.sold: list[str] = []
        self.sold_out = asyncio.Event()

    async def sell(self, guest: str) -> str:
        if self.left <= 0:
            return "sold out"
        await asyncio.sleep(0.05)  # the bank takes its time, and meanwhile others ask
        self.left -= 1
        self.sold.append(guest)
        if self.left <= 0:
            self.sold_out.set()
        return f"seat {len(self.sold)}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = (await reader.readline()).decode().strip()
        writer.write(f"{await self.sell(guest)}\n".encode())
        await writer.drain()
        writer.close()


async def main() -> None:
    office = Office()
    server = await asyncio.start_server(office.serve, "127.0.0.1", PORT)
    await office.sold_out.wait()
    await asyncio.sleep(0.1)  # whoever is being served gets an answer
    server.close()
    assert len(office.sold) <= SEATS, f"{SEATS} seats were sold to {', '.join(office.sold)}"


async def guests() -> None:
    async def come(name: str) -> None:
        for _ in range(200):
            with contextlib.suppress(ConnectionError):
                reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
                break
            await asyncio.sleep(0.05)  # nobody is there yet
        else:
            raise SystemExit(f"nobody sells anything at port {PORT}")
        writer.write(f"{name}\n".encode())
        print(f"{name}: {(await reader.readline()).decode().strip() or 'no answer'}")
        writer.close()

    await asyncio.gather(*map(come, ("ann", "ben", "cleo", "dan", "eva")))


if __name__ == "__main__":
    asyncio.run(guests() if sys.argv[1:2] == ["guests"] else main())
