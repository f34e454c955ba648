"""Servers that live programs ask, on threads of the tests: gone when what came from them is replayed."""

from __future__ import annotations

import itertools
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.live.certificates import certified
from tests.live.clients import TIMES, Tell, aborted

TASKS = 4


@contextmanager
def https(tell: Tell, directory: Path, many: int) -> Iterator[tuple[str, ...]]:
    """A server that is slow now and then, breaks off in an answer, or resets; it tells what it is asked for."""
    whole, public = certified(directory)
    numbers = itertools.count()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            tell(self.path)
            body = secrets.token_hex(8).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            number = next(numbers)
            match number % 11:
                case 3:
                    self.wfile.write(body[:3])
                    self.close_connection = True
                case 5:
                    aborted(self.connection)
                    self.close_connection = True
                case _:
                    # Longer than anybody waits for it, but once.
                    time.sleep(0.7 if number == 7 else 0.001 * (number % 3))
                    self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with _Quiet(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(whole)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield str(server.server_address[1]), str(public), str(TASKS * many), str(TIMES)
        server.shutdown()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that are gone."""
