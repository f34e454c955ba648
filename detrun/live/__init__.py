"""The live world: an ordinary asyncio program on real sockets and real time, every input of which is recorded."""
