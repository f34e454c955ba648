"""The deterministic asyncio loop: runs any asyncio program and knows nothing of Workers."""
