"""What asyncio is used for elsewhere runs here too: CPython's own tests, and programs in every style."""
