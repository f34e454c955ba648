"""The handler for audit."""

from handlers import REGISTRY  # type: ignore[import-not-found]

REGISTRY.append("audit")
