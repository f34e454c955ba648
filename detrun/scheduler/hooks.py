"""Hooks: what stands in the place of methods for a while, for who wants to know when they are called."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Hook: TypeAlias = "tuple[type, Callable[..., Any], Callable[..., Any]]"
"""A class, a method that it has, and what is called instead, with that method before the arguments."""


@contextmanager
def hooked(*hooks: Hook) -> Iterator[None]:
    """Have these called instead meanwhile."""
    before = [(owner, method.__name__, vars(owner).get(method.__name__)) for owner, method, _ in hooks]
    for owner, method, hook in hooks:
        setattr(owner, method.__name__, _bound(hook, method))
    try:
        yield
    finally:
        for owner, name, real in before:
            # What a class has from another one it has from there again.
            delattr(owner, name) if real is None else setattr(owner, name, real)


def _bound(hook: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        return hook(method, *arguments, **options)

    return call
