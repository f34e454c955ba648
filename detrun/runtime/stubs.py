"""Stubs: what a context has of an object that lives in another one, and the ends behind both."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from detrun.errors import Released
from detrun.runtime.carrying import Carrier
from detrun.runtime.frames import Break, Release
from detrun.runtime.members import Remote, RpcTarget, public
from detrun.runtime.ownership import Made
from detrun.runtime.promises import Asking, Member, Promise, ask
from detrun.runtime.remote_errors import decode_error, encode_error
from detrun.runtime.sessions import Lasting

if TYPE_CHECKING:
    from detrun.runtime.ownership import Site
    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side

_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType)


class Exported(Lasting):
    """An object of this side that the other one has a stub of. It keeps its scope alive."""

    __slots__ = ("target", "times")
    expects = only_if_asked = True

    def __init__(self, side: Side, scope: Scope, target: Any) -> None:
        super().__init__(side, scope)
        self.target = target
        # How often it was sent: who releases it says of how many of them he knew.
        self.times = 0
        scope.hold(self)

    def take(self, frame: Release) -> None:
        self.times -= frame.times
        if self.times <= 0:
            self._let_go()

    def tear_down(self, error: BaseException) -> None:
        self.send(Break(encode_error(error, self.side.name)), "loss of a stub")
        self._let_go()

    def lose(self, error: BaseException) -> None:
        self._let_go()

    def _let_go(self) -> None:
        self.forget()
        if isinstance(self.target, Stub):
            self.target.dispose()
        elif not any(isinstance(end, Exported) and end.target is self.target for end in self.scope.handles):
            _dispose(self.target, self.scope)
        self.scope.release(self)


class Imported(Lasting):
    """An object of the other side, and how many stubs of it there are here."""

    __slots__ = ("lost", "stubs", "times")

    def __init__(self, side: Side, scope: Scope, number: int) -> None:
        super().__init__(side, scope, number)
        self.times = 0
        self.stubs = 0
        self.lost: BaseException | None = None

    def take(self, frame: Break) -> None:
        self.lose(decode_error(frame.error, Carrier(self.side, self.scope)))

    def tear_down(self, error: BaseException) -> None:
        self.send(Release(self.times), "release of a stub")
        self.lose(error)

    def lose(self, error: BaseException) -> None:
        self.lost = error
        self.forget()

    def drop(self) -> None:
        """One stub less; after the last the other side may let go of the object."""
        self.stubs -= 1
        if not self.stubs and self.lost is None:
            self.tear_down(Released("the stub was released before", "use `dup()` to keep one of your own"))


class Stub(Made, Remote):
    """Stands for an object in another context: what is called here is called there.

    It belongs to the scope that received it. `dispose`, or leaving `with stub:`, lets go of it; `dup` gives another.
    """

    __slots__ = ("_disposed", "_imported")
    kind = "a stub"

    def __init__(self, imported: Imported, site: Site | None = None) -> None:
        super().__init__(imported.scope, site)
        imported.stubs += 1
        self._imported = imported
        self._disposed = False

    def __getattr__(self, name: str) -> Member:
        return Member(self, (public(name),))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Promise:
        return ask(self._ask(), (), args, kwargs)

    def __repr__(self) -> str:
        return f"<stub of an object in {self._imported.side.peer}{', released' if self._disposed else ''}>"

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()

    async def __aenter__(self) -> Stub:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.dispose()

    def __reduce__(self) -> str:
        raise TypeError("a stub cannot be copied or pickled: use `dup()`, or send it to another context")

    def dup(self) -> Stub:
        """Another stub of the same object, which is released by itself."""
        self._ask()
        return Stub(self._imported)

    def dispose(self) -> None:
        """Let go of the object; a second time does nothing."""
        if not self._disposed:
            self._disposed = True
            self._imported.drop()

    def _ask(self) -> Asking:
        self.check()
        if self._disposed:
            raise Released("the stub was released before", f"it was made at {self.made}; `dup()` gives another one")
        if self._imported.lost is not None:
            raise self._imported.lost
        return Asking(self._imported.side, self._imported.scope, self._imported.number, "a stub")


class References:
    """Objects that stay where they are: the receiver gets a stub."""

    code = 1

    def export(self, carrier: Carrier, value: Any) -> Any:
        if isinstance(value, Stub):
            passed, value = value, value.dup()
            carrier.passed[id(passed)] = value
        elif not isinstance(value, (RpcTarget, *_FUNCTIONS)) and not (isinstance(value, Remote) and value.travels):
            return NotImplemented
        end = self._known(carrier, value)
        if end is None:
            end = Exported(carrier.side, carrier.scope, value)
            carrier.made.append(end)
        end.times += 1
        return end.number

    def revive(self, carrier: Carrier, payload: int) -> Stub:
        end = carrier.side.ends.get(payload)
        if not isinstance(end, Imported):
            end = Imported(carrier.side, carrier.scope, payload)
        end.times += 1
        stub = Stub(end, carrier.site)
        carrier.stubs.append(stub)
        return stub

    def discard(self, side: Side, payload: int) -> None:
        side.send(payload, Release(1), "release of a stub")

    def _known(self, carrier: Carrier, value: Any) -> Exported | None:
        ends = carrier.side.ends.values()
        return next((end for end in ends if isinstance(end, Exported) and end.target is value), None)


def _dispose(target: Any, scope: Scope) -> None:
    """Tell an object that nobody can call it any more."""
    dispose = getattr(target, "dispose", None) if isinstance(target, RpcTarget) else None
    if dispose is not None:
        scope.spawn(dispose, "the end of an object")
