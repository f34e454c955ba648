"""A run on disk: entries, blocks and files. Knows nothing of the loop, nor of who writes or reads."""
