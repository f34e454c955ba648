"""What real clients do to a server: ask, ask slowly, leave in the middle, reset; each tells what it was answered."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from tests.live.served import PATIENCE, connected, received

Tell = Callable[[str], None]
Visit = Callable[[int, str, Tell], None]
"""One client: the port, its name, and whom it tells its answers."""

TIMES = 8


def aborted(sock: socket.socket) -> None:
    """Let the other end find a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@contextmanager
def _left(port: int, end: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    """A connection that ends in this way, whatever happens."""
    sock = connected(port)
    try:
        yield sock
    finally:
        end(sock)


# HTTP.


def posts(port: int, name: str, tell: Tell) -> None:
    """Requests on one connection, one after another."""
    with _session(port) as session:
        for number in range(TIMES):
            session.request("POST", "/add", f"{name}-{number % 3}")
            tell(_text(session))


def gets(port: int, name: str, tell: Tell) -> None:
    """Requests whose answers take a thread."""
    with _session(port) as session:
        for _ in range(TIMES // 2):
            session.request("GET", "/blocking")
            tell(_text(session))


def trickles(port: int, name: str, tell: Tell) -> None:
    """A request that comes letter by letter, and then a large answer that is taken in small pieces."""
    with connected(port) as sock:
        for letter in _posted(name, len(name)):
            sock.sendall(bytes([letter]))
            time.sleep(0.0002)
        with http.client.HTTPResponse(sock) as answer:
            answer.begin()
            tell(_said(answer.read().decode()))
        sock.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        with http.client.HTTPResponse(sock) as answer:
            answer.begin()
            taken = 0
            while piece := answer.read(32_768):
                taken += len(piece)
                time.sleep(0.001)
        assert taken == 1024 * 1024


def leaves(port: int, name: str, _: Tell) -> None:
    """Requests that break off: in the headers, in the body, in the answer, before it, and by a reset."""
    whole = _posted(name, len(name))
    for half in (whole[:20], _posted(name, 1000), b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n", whole):
        for end in (socket.socket.close, aborted):
            with _left(port, end) as sock:
                sock.sendall(half)
                time.sleep(0.002)
                if b"large" in half:
                    received(sock, 50_000)


@contextmanager
def _session(port: int) -> Iterator[http.client.HTTPConnection]:
    session = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        yield session
    finally:
        session.close()


def _posted(body: str, size: int) -> bytes:
    return f"POST /add HTTP/1.1\r\nHost: here\r\nContent-Length: {size}\r\n\r\n{body}".encode()


def _text(session: http.client.HTTPConnection) -> str:
    with session.getresponse() as answer:
        return _said(answer.read().decode())


def _said(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


# WebSockets.


def chats(port: int, name: str, tell: Tell) -> None:
    """Messages to a room, of which everything is heard until the last of them."""
    from websockets.sync.client import connect  # noqa: PLC0415  # only where it is installed

    with connect(f"ws://127.0.0.1:{port}", open_timeout=PATIENCE) as sock:
        sock.send(json.dumps({"room": f"room {hash(name) % 2}"}))
        for number in range(TIMES):
            sock.send(f"{name} {number}")
        last = ""
        while last != f"{name} {TIMES - 1}":
            text = str(sock.recv(PATIENCE))
            last = json.loads(text)["said"]
            tell(text)


_SHAKE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def lags(port: int, name: str, tell: Tell) -> None:
    """A handshake and messages that come letter by letter; what is large is taken late, and in small pieces."""
    large = name[-1:] * 500_000
    with connected(port) as sock, sock.makefile("rb") as answers:
        _trickle(sock, _SHAKE)
        while _line(answers):
            pass
        _trickle(sock, _frame(b'{"room": "%s"}' % name.encode()))
        sock.sendall(_frame(large.encode()) * 2)
        _trickle(sock, _frame(b"and this"))
        time.sleep(0.05)
        said = ""
        while said != "and this":
            text = _told(answers)
            said = json.loads(text)["said"]
            if said != large:
                tell(text)


def _trickle(sock: socket.socket, data: bytes) -> None:
    for letter in data:
        sock.sendall(bytes([letter]))
        time.sleep(0.0002)


def _told(answers: BinaryIO) -> str:
    """The next message of a server."""
    while True:
        opcode, size = _taken(answers, 2)
        if size > _SHORT:
            size = int.from_bytes(_taken(answers, 2 if size == _SHORT + 1 else 8), "big")
        text = b""
        while len(text) < size:
            text += _taken(answers, min(size - len(text), 65_536))
            time.sleep(0.0005)
        if opcode == _TEXT:
            return text.decode()


def drops(port: int, name: str, _: Tell) -> None:
    """Connections that are lost without a word: in the handshake, after a message, in a frame."""
    for half in (b"", _frame(b'{"room": "room 0"}'), _frame(b'{"room": "room 1"}') + b"\x81\xfe\x10"):
        for end in (socket.socket.close, aborted):
            with _left(port, end) as sock:
                sock.sendall(_SHAKE if half else _SHAKE[:-20])
                if half:
                    received(sock, 12)
                    sock.sendall(half)
                time.sleep(0.002)


# What a message begins with, and the longest whose length is in one byte.
_TEXT, _SHORT = 0x81, 125


def _frame(text: bytes) -> bytes:
    """A message, masked with zeros."""
    size = bytes([0x80 | len(text)]) if len(text) <= _SHORT else b"\xff" + len(text).to_bytes(8, "big")
    return bytes([_TEXT]) + size + bytes(4) + text


# The protocol of Redis, and one of lines.


def commands(port: int, name: str, tell: Tell) -> None:
    """Commands in one pipeline that comes in two pieces, and then one by one."""
    pipeline = b"".join(_command("SET", f"{name}{n}", "x" * n) for n in range(40))
    with connected(port) as sock, sock.makefile("rb") as answers:
        sock.sendall(pipeline[:333])
        time.sleep(0.002)
        sock.sendall(pipeline[333:])
        assert answers.read(5 * 40) == b"+OK\r\n" * 40
        for number in range(TIMES):
            for words in (("INCR", "all"), ("PUSH", name, "x"), ("POP", name), ("GET", f"{name}{number}")):
                sock.sendall(_command(*words))
                if not answers.readline().startswith((b"+", b":", b"$-")):
                    answers.readline()
            sock.sendall(_command("ECHO", name))
            tell(_line(answers)[1:])


def takes_slowly(port: int, name: str, tell: Tell) -> None:
    """Large answers, asked for before any of them is taken."""
    with connected(port) as sock:
        for letter in _command("LARGE") * 2:
            sock.sendall(bytes([letter]))
        time.sleep(0.02)
        size = (1024 * 1024 + 12) * 2
        while size:
            size -= len(sock.recv(min(65_536, size))) or size
            time.sleep(0.0005)


def gives_up(port: int, name: str, _: Tell) -> None:
    """Half a command; a wait that nothing ends; a large answer that nobody takes."""
    for half in (_command("SET", name, "a value")[:-4], _command("POP", "nothing"), _command("LARGE")):
        for end in (socket.socket.close, aborted):
            with _left(port, end) as sock:
                sock.sendall(half)
                time.sleep(0.002)


def _command(*words: str) -> bytes:
    return "\r\n".join([f"*{len(words)}", *(f"${len(word)}\r\n{word}" for word in words), ""]).encode()


def lines(port: int, name: str, tell: Tell) -> None:
    """Pieces of work, the next one asked for when the last is done."""
    with connected(port) as sock, sock.makefile("rb") as answers:
        for number in range(TIMES):
            sock.sendall(f"{name} {number}\n".encode())
            tell(_line(answers))


def lines_break_off(port: int, name: str, _: Tell) -> None:
    """Half a line, work whose answer nobody hears, and much of it."""
    for half in (b"half", b"whole\n", b"large\n"):
        for end in (socket.socket.close, aborted):
            with _left(port, end) as sock:
                sock.sendall(half)
                time.sleep(0.003)


def lines_trickle(port: int, name: str, tell: Tell) -> None:
    """Letter by letter, and a large answer in small pieces."""
    with connected(port) as sock:
        for letter in b"large\n":
            sock.sendall(bytes([letter]))
            time.sleep(0.0005)
        size = 1024 * 1024
        while size:
            size -= len(sock.recv(min(65_536, size))) or size
            time.sleep(0.0005)
        with sock.makefile("rb") as answers:
            tell(_line(answers))


def _taken(answers: BinaryIO, size: int) -> bytes:
    data = answers.read(size)
    if len(data) < size:
        raise EOFError(f"expected {size} bytes, got the end")
    return data


def _line(answers: BinaryIO) -> str:
    line = answers.readline()
    if not line.endswith(b"\n"):
        raise EOFError("expected a line, got its end")
    return line.decode().strip()
