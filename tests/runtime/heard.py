"""What workers say in a test while they do it: a module that is not the application's own is one for all of them."""

from __future__ import annotations

from typing import Any

HEARD: list[Any] = []
