"""Two ends of TLS over buffers, with OpenSSL outside a run and without it inside."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import detrun

# Of a certificate authority of its own, good until 2126; it guards nothing.
PEM = """\
-----BEGIN CERTIFICATE-----
MIIBnzCCAUSgAwIBAgIUdjryfjA/3oyRMKrHud5YMkMR9KkwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMZXhhbXBsZS50ZXN0MCAXDTI2MTEyMDE4MTIzM1oYDzIxMjYx
MDI3MTgxMjMzWjAXMRUwEwYDVQQDDAxleGFtcGxlLnRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQVgKNqOTvU1U+ksJVmUUXBZbryfMlNoNmP6vm1PYj9QKfn
6XkJZvpiEPNU22ohE1IHxbwciBYOwEa9NXFKGsz6o2wwajAdBgNVHQ4EFgQU58A9
bGW0nRROjWpwRVJ9LF/MLJgwHwYDVR0jBBgwFoAU58A9bGW0nRROjWpwRVJ9LF/M
LJgwDwYDVR0TAQH/BAUwAwEB/zAXBgNVHREEEDAOggxleGFtcGxlLnRlc3QwCgYI
KoZIzj0EAwIDSQAwRgIhAKzE4K6mHwbUeOnZfgojC3KA1c0kWBmYfUr+43XZ6KPu
AiEAwupuwtb1FpPazgJIHNeI+Guf259JledxSOzsiXu7Dhg=
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgslmOZyZYtwYB8F4F
GcI/lmxroDpOh8LHdad81BmFlv6hRANCAAQVgKNqOTvU1U+ksJVmUUXBZbryfMlN
oNmP6vm1PYj9QKfn6XkJZvpiEPNU22ohE1IHxbwciBYOwEa9NXFKGsz6
-----END PRIVATE KEY-----
"""
NAME = "example.test"
Outcome = Any
Call = Callable[..., Any]


class Pair:
    """A client and a server over two buffers."""

    def __init__(self, pem: str, prepare: Callable[[Any, Any], None] = lambda *_: None) -> None:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(pem)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(pem)
        # Tickets, which a server sends behind the handshake, are of no use here: there is nothing to resume.
        server.num_tickets = 0
        prepare(client, server)
        self.up, self.down = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = server.wrap_bio(self.up, self.down, server_side=True)
        self.client = client.wrap_bio(self.down, self.up, server_hostname=NAME)

    def shake(self) -> Pair:
        for end in (self.client, self.server, self.client, self.server):
            outcome(end.do_handshake)
        return self


def outcome(call: Callable[..., Any], *arguments: Any) -> Outcome:
    """What a call gave, or the error it raised."""
    try:
        return call(*arguments)
    except ssl.SSLError as error:
        return type(error), error.args[0], getattr(error, "reason", None)
    except (TypeError, ValueError) as error:
        return type(error)


def simulated(script: Callable[[], list[Outcome]]) -> list[Outcome]:
    found: list[Outcome] = detrun.run(script).result()
    return found


def handshake(pair: Pair) -> list[Outcome]:
    ends = [pair.client, pair.client, pair.server, pair.server, pair.client, pair.server, pair.client, pair.server]
    return [outcome(end.do_handshake) for end in ends]
