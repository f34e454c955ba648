"""Handlers, each in a module that registers it."""

REGISTRY: list[str] = []
