"""The handler for billing."""

from handlers import REGISTRY  # type: ignore[import-not-found]

REGISTRY.append("billing")
