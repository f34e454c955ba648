"""By which name a TLS server is asked for: the program is told outside of OpenSSL, as at replay there is none."""

from __future__ import annotations

import ssl
from _ssl import _SSLContext
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from detrun.live.encoding import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

_wrap: Any = _SSLContext._wrap_bio  # type: ignore[attr-defined]
_NO = ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
_BROKEN = ssl.AlertDescription.ALERT_DESCRIPTION_INTERNAL_ERROR


class Greeting:
    """The first words of a client, and what the program says to the name in them.

    OpenSSL calls back in the middle of its work, where the program cannot run: so a connection that nobody sees reads
    the words first, and the one that is meant gets the answer with them.
    """

    def __init__(self, context: Any) -> None:
        self.context = context
        self.hello = bytearray()
        self._alert: int | None = None
        self._error: Exception | None = None

    def names(self) -> bytes:
        """The name, or none, in a list; an empty one as long as the words are not complete."""
        heard: list[str | None] = []

        def hear(_: Any, name: str | None, __: Any) -> int:
            heard.append(name)
            return _NO

        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(self.hello)
        trial = _wrap(self.context, incoming, outgoing, True, None)  # noqa: FBT003  # it serves
        with _calling(self.context, hear), suppress(ssl.SSLError):
            trial.do_handshake()
        return encoded(heard)

    def answer(self, connection: Any, name: str | None) -> None:
        """Ask the program, which may give the connection another context."""
        try:
            alert = self.context.sni_callback(connection.owner, name, self.context)
        except Exception as error:
            self._error, alert = error, _NO
        self._alert = alert if alert is None or isinstance(alert, int) else _BROKEN

    @contextmanager
    def given(self, chosen: Any) -> Iterator[None]:
        """Have OpenSSL get this answer when it calls back."""

        def tell(connection: Any, _: str | None, __: Any) -> int | None:
            if self._error is not None:
                raise self._error  # which tells `sys.unraisablehook`, as if it had been raised here
            if chosen is not self.context:
                connection.context = chosen
            return self._alert

        with _calling(self.context, tell):
            yield


@contextmanager
def _calling(context: Any, callback: Any) -> Iterator[None]:
    before, context.sni_callback = context.sni_callback, callback
    try:
        yield
    finally:
        context.sni_callback = before
