"""The handshake of TLS 1.3: one round trip, in which the ends agree about all that a program can ask for later."""

from __future__ import annotations

import ssl
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from detrun.scheduler.network import alerts, configuration
from detrun.scheduler.network.certificates import Certificate, is_address
from detrun.scheduler.network.dialogue import ClientHello, Dialogue, Finished, ServerHello

if TYPE_CHECKING:
    from collections.abc import Callable

Option = TypeVar("Option", int, str)

_NAMELESS = "localhost"
_CLIENT = "client"


class Handshake:
    """One end's part of it, and what came of it."""

    def __init__(self, dialogue: Dialogue, context: ssl.SSLContext, host: str | None, *, serves: bool) -> None:
        self.context = context
        self.owner: Callable[[], Any] = lambda: None
        self.version: int | None = None
        self.protocol: str | None = None
        self.peer: Certificate | None = None
        self._dialogue = dialogue
        self._host = host
        # A step that has to wait raises, and is taken again.
        self._steps: deque[Callable[[], None]] = deque(
            (self._answer_hello, self._hear_finished) if serves else (self._say_hello, self._hear_hello)
        )

    def go_on(self) -> None:
        """Take the steps that are left; `SSLWantReadError` or `SSLWantWriteError` if one has to wait."""
        while self._steps:
            self._steps[0]()
            self._steps.popleft()
        self._dialogue.is_open = True

    def _say_hello(self) -> None:
        offers = configuration.versions(self.context), self._host, configuration.protocols(self.context)
        self._dialogue.say(ClientHello(*offers))

    def _answer_hello(self) -> None:
        hello = self._dialogue.hear_message(ClientHello)
        self._call_back(None if hello.host is None or is_address(hello.host) else hello.host)
        version = _first(configuration.versions(self.context), hello.versions)
        if version is None:
            raise self._dialogue.failed("UNSUPPORTED_PROTOCOL")
        self.version, self.protocol = version, _first(configuration.protocols(self.context), hello.protocols)
        asks = self.context.verify_mode == ssl.CERT_REQUIRED
        self._dialogue.say(ServerHello(version, self.protocol, hello.host or _NAMELESS, asks))

    def _hear_hello(self) -> None:
        hello = self._dialogue.hear_message(ServerHello)
        if hello.version not in configuration.versions(self.context):
            raise self._dialogue.failed("UNSUPPORTED_PROTOCOL")
        self.version, self.protocol = hello.version, hello.protocol
        self.peer = Certificate(hello.certificate)
        self._dialogue.say(Finished(_CLIENT if hello.asks_certificate else None))

    def _hear_finished(self) -> None:
        name = self._dialogue.hear_message(Finished).certificate
        self.peer = None if name is None else Certificate(name)

    def _call_back(self, name: str | None) -> None:
        """Let the program choose a context by the name that the client asks for."""
        callback: Any = self.context.sni_callback
        if callback is None:
            return
        try:
            alert = callback(self.owner(), name, self.context)
        except Exception as error:
            raise self._dialogue.failed("CALLBACK_FAILED", alerts.HANDSHAKE_FAILURE) from error
        if alert is not None:
            alert = alert & 255 if isinstance(alert, int) else alerts.INTERNAL_ERROR
            raise self._dialogue.failed("CALLBACK_FAILED", alert)


def _first(wanted: list[Option], offered: list[Option]) -> Option | None:
    return next((option for option in wanted if option in offered), None)
