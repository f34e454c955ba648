"""Names that clients ask for, and the certificates that they get."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

import detrun
from tests.scheduler.network.tls_pairs import NAME, Outcome, Pair, handshake, outcome, simulated

ANSWERS = [None, 40, 112, "no number"]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_may_refuse_a_name_as_with_openssl(answer: Any, pem: str) -> None:
    asked = []

    def script() -> list[Outcome]:
        pair = Pair(pem, lambda _, server: setattr(server, "sni_callback", callback))
        asked.append(lambda found, context: (found is pair.server, context is pair.server.context))
        return [*handshake(pair)[:5:2], log.pop()]

    def callback(found: Any, name: str, context: Any) -> Any:
        log.append((name, *asked[-1](found, context)))
        return answer

    log: list[Any] = []
    assert simulated(script) == script()


def test_a_callback_that_raises_fails_the_handshake_with_its_error(pem: str) -> None:
    def callback(*_: Any) -> None:
        raise KeyError("who")

    def script() -> Any:
        pair = Pair(pem, lambda _, server: setattr(server, "sni_callback", callback))
        outcome(pair.client.do_handshake)
        with pytest.raises(ssl.SSLError, match="CALLBACK_FAILED") as caught:
            pair.server.do_handshake()
        return [repr(caught.value.__cause__), outcome(pair.client.do_handshake)[2]]

    assert simulated(script) == ["KeyError('who')", "SSLV3_ALERT_HANDSHAKE_FAILURE"]


def test_a_callback_may_exchange_the_context(pem: str) -> None:
    def script() -> list[Outcome]:
        other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        other.load_cert_chain(pem)
        other.set_alpn_protocols(["other"])

        def prepare(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
            client.set_alpn_protocols(["one", "other"])
            server.set_alpn_protocols(["one"])
            server.sni_callback = lambda found, *_: setattr(found, "context", other)

        pair = Pair(pem, prepare).shake()
        return [pair.client.selected_alpn_protocol(), pair.server.context is other]

    assert simulated(script) == script() == ["other", True]


@pytest.mark.parametrize("name", [NAME, "127.0.0.1", "fd00::1", "x" * 60 + "." + "y" * 60 + ".test"])
def test_a_certificate_is_what_it_says_it_is(name: str, tmp_path: Path, pem: str) -> None:
    def script() -> Any:
        pair = Pair(pem)
        pair.client = pair.client.context.wrap_bio(pair.down, pair.up, server_hostname=name)
        client = pair.shake().client
        return client.getpeercert(), client.getpeercert(binary_form=True)

    described, binary = detrun.run(script).result()
    path = tmp_path / "found.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(binary))

    assert ssl._ssl._test_decode_cert(str(path)) == described  # type: ignore[attr-defined]
    assert described["subjectAltName"][0][1].lower() in (name, "fd00:0:0:0:0:0:0:1")
