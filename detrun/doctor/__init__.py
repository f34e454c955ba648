"""Finds out what a program's runs depend on beside their seed: by running it again with one thing changed at a time."""
