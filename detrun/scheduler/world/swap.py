"""Putting a dispatcher in the place of something made in C, for whoever has it already under whatever name.

`from time import time` copies a reference to a function object, so that replacing the module's attribute reaches only
those who import it later. What is changed here is the object itself: it keeps its identity, its name, its module and
its documentation, and calls a function of Python instead. Nothing here knows what a run is.
"""

from __future__ import annotations

import builtins
import copyreg
import ctypes
import gc
from functools import wraps
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import TYPE_CHECKING, Any, cast

from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine

    # Makes a dispatcher, given a way to call the real thing.
    Make = Callable[[Callable[..., Any]], Callable[..., Any]]


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("call", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Builtin(ctypes.Structure):
    _fields_ = (
        ("references", ctypes.c_ssize_t),
        ("type", ctypes.c_void_p),
        ("definition", ctypes.c_void_p),
        ("bound_to", ctypes.c_void_p),
        ("module", ctypes.c_void_p),
        ("weak_references", ctypes.c_void_p),
        ("vectorcall", ctypes.c_void_p),
    )


_ClassMethod = type(vars(dict)["fromkeys"])
_FASTCALL_WITH_KEYWORDS = 0x0080 | 0x0002
_python = ctypes.pythonapi
_python.PyCMethod_New.restype = ctypes.py_object
_python.PyCMethod_New.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.py_object, ctypes.c_void_p]
_python.PyType_Modified.argtypes = [ctypes.py_object]
_python.Py_IncRef.argtypes = [ctypes.py_object]
# The C function of a builtin gets what that is bound to, and its arguments: exactly what this one takes. So a builtin
# that is bound to a Python function and has this for a C function is that function, at hardly more than its price.
_CALL = ctypes.cast(_python.PyObject_Vectorcall, ctypes.c_void_p).value
# What was put into C structures, by the builtin that was changed.
_kept: dict[int, tuple[Any, ...]] = {}


def builtin(function: Any, make: Make) -> Callable[..., Any]:
    """Have a builtin function call what `make` gives; the real thing, for whoever needs that."""
    if id(function) in _kept:
        raise RuntimeError(f"{function!r} was swapped before")
    changed = _Builtin.from_address(id(function))
    real: Callable[..., Any] = twin(function)
    dispatcher = wraps(real)(make(real))
    old = _MethodDef.from_address(changed.definition)
    new = _MethodDef(old.name, _CALL, _FASTCALL_WITH_KEYWORDS, old.doc)
    _kept[id(function)] = (function, new, real)
    _python.Py_IncRef(dispatcher)  # the reference that the builtin has from now on
    changed.vectorcall = _fast().vectorcall
    changed.bound_to = id(dispatcher)
    changed.definition = ctypes.addressof(new)
    return real


def method(cls: type, name: str, make: Make) -> Callable[..., Any]:
    """Have the method of a type made in C call what `make` gives, for all its instances; the real descriptor."""
    attributes = gc.get_referents(cls.__dict__)[0]
    real: Any = attributes[name]
    dispatcher = wraps(real)(make(real))
    attributes[name] = classmethod(dispatcher) if isinstance(real, _ClassMethod) else dispatcher
    _python.PyType_Modified(cls)
    return cast("Callable[..., Any]", real)


def function(target: Any, make: Make) -> Callable[..., Any]:
    """Have a function of a module, or of a class, written in Python call what `make` gives; the real thing."""
    code: CodeType = target.__code__
    real: Any = FunctionType(code, target.__globals__, target.__name__, target.__defaults__)
    real.__kwdefaults__ = target.__kwdefaults__
    # Constants of code are not only what can be written down: here one is the dispatcher.
    constants = tuple(make(real) if constant == _HERE else constant for constant in _bridge.__code__.co_consts)
    target.__code__ = _bridge.__code__.replace(co_name=code.co_name, co_qualname=code.co_qualname, co_consts=constants)
    target.__wrapped__ = real  # whose signature and source are shown
    return cast("Callable[..., Any]", real)


def asked(answer: Callable[..., Any]) -> Make:
    """A dispatcher that lets `answer`, given the run and the arguments, stand for the real thing inside of one."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*arguments: Any, **options: Any) -> Any:
            engine = ACTIVE.engine
            return real(*arguments, **options) if engine is None else answer(engine, *arguments, **options)

        return ask

    return make


def told(answer: Callable[[Engine], Any]) -> Make:
    """As `asked`, for what takes no arguments and is worth hurrying for."""

    def make(real: Callable[[], Any]) -> Callable[[], Any]:
        def tell() -> Any:
            engine = ACTIVE.engine
            return real() if engine is None else answer(engine)

        return tell

    return make


_HERE = "the dispatcher"


def _bridge(*arguments: Any, **options: Any) -> Any:
    call: Any = "the dispatcher"
    return call(*arguments, **options)


def twin(function: Any) -> Any:
    """A builtin that is what this one is, or was before it was changed, and stays so."""
    if id(function) in _kept:
        return _kept[id(function)][-1]
    definition = _Builtin.from_address(id(function)).definition
    return _python.PyCMethod_New(definition, function.__self__, function.__module__, None)


def _fast() -> _Builtin:
    """A builtin that takes its arguments as the changed ones do, to copy the way it is called from."""
    model = _Builtin.from_address(id(builtins.print))
    assert _MethodDef.from_address(model.definition).flags == _FASTCALL_WITH_KEYWORDS
    return model


def _reduce(function: Any) -> Any:
    # Pickle takes a changed builtin for the method of whatever it is bound to; it still is a name of its module.
    return function.__name__ if id(function) in _kept else function.__reduce__()


copyreg.pickle(BuiltinFunctionType, _reduce)
