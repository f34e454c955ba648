"""Members: what of an object can be reached from another context."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.runtime.promises import Promise

# What the runtime itself calls; from outside they are reached by events, if at all.
RESERVED = frozenset(
    {
        "alarm",
        "connect",
        "dispose",
        "dup",
        "email",
        "queue",
        "scheduled",
        "tail",
        "web_socket_close",
        "web_socket_error",
        "web_socket_message",
    }
)


class RpcTarget:
    """An object that other contexts may call: it stays where it is, and they get a stub.

    The methods and properties of its class can be reached, but for those that begin with an underscore; what a single
    instance has as attributes cannot. If there is a method `dispose`, it is called when the last stub is gone.
    """

    # It stays where it is even if it is a dataclass, which would otherwise travel by value.
    __detrun_by_reference__ = True


# What looks at objects asks for these, as asyncio does of what it runs; nobody's methods have such names.
_LOOKED_AT = frozenset(
    f"{kind}_{part}"
    for kind in ("cr", "gi", "ag")
    for part in ("await", "code", "frame", "origin", "running", "suspended", "yieldfrom")
)


class Remote:
    """What stands for something in another context.

    To look at it sends nothing, whatever looks: names with an underscore are those of Python itself, or private.
    """

    __slots__ = ()
    travels = False
    """Whether it may be sent to a third one, as what it stands for."""

    def _promise(self) -> Promise | None:
        """The call that this is, or is when it is awaited."""
        return None


# What has members of another kind than its class's, even if it is an `RpcTarget`.
_OTHERS = (Remote, dict)


def public(name: str) -> str:
    """A name that can be one of a member elsewhere; `AttributeError` for all that is asked of any object here."""
    if name.startswith("_") or name in _LOOKED_AT:
        raise AttributeError(name)
    return name


class Named(Protocol):
    """What has a name, which is made only if it is told."""

    @property
    def what(self) -> str:
        """What errors call it."""


def reach(holder: Any, path: Sequence[str], asked: Named) -> Any:
    """The member at the end of a path; raises if something on the way cannot be reached."""
    for name in path:
        if not isinstance(holder, RpcTarget) or isinstance(holder, _OTHERS):
            holder = _content(holder, name, asked)
        elif name.startswith("_") or name in RESERVED or not hasattr(type(holder), name):
            raise AttributeError(f"{asked.what}: {_absent(holder, name)}")
        else:
            holder = getattr(holder, name)
    return holder


def _content(holder: Any, name: str, asked: Named) -> Any:
    if isinstance(holder, Remote):
        return getattr(holder, name)
    if not isinstance(holder, dict):
        raise AttributeError(f"{asked.what}: a {type(holder).__name__} has no members that can be reached from outside")
    if name in holder:
        return holder[name]
    raise AttributeError(f"{asked.what}: there is no key {name!r}{_similar(name, map(str, holder))}")


def _absent(holder: Any, name: str) -> str:
    kind = type(holder).__name__
    if name.startswith("_"):
        return f"{name!r} of {kind} is private"
    if name in RESERVED:
        return f"{name!r} of {kind} is called by the runtime only"
    if name in getattr(holder, "__dict__", {}):
        return f"{name!r} is an attribute of one {kind}, only what its class has can be reached"
    public = [other for other in dir(type(holder)) if not other.startswith("_") and other not in RESERVED]
    return f"{kind} has no {name!r}{_similar(name, public)}"


def _similar(name: str, names: Any) -> str:
    return "".join(f" (did you mean {match!r}?)" for match in get_close_matches(name, list(names), n=1))
