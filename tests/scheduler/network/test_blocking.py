"""Sockets that block: who would wait stands still in virtual time, and others go on."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import detrun
from detrun.simulation import network

HERE = ("127.0.0.1", 7)


def always(main: Callable[[], Any], value: Any) -> None:
    for seed in range(20):
        assert detrun.run(main, seed=seed).result() == value, f"seed {seed}"


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(HERE) as listener:
        yield listener


@contextmanager
def doing(*jobs: Callable[[], Any]) -> Iterator[None]:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def test_a_server_thread_answers_client_threads() -> None:
    def main() -> Any:
        answers = []

        def ask(name: str) -> None:
            with socket.create_connection(HERE) as mine, mine.makefile("rw") as file:
                file.write(f"{name}\n")
                file.flush()
                answers.append(file.readline())

        with listening() as listener, doing(lambda: ask("ann"), lambda: ask("ben")):
            for _ in range(2):
                sock, _address = listener.accept()
                with sock, sock.makefile("rw") as file:
                    file.write(f"hello {file.readline()}")
        return sorted(answers)

    always(main, ["hello ann\n", "hello ben\n"])


def test_what_is_more_than_the_other_end_has_room_for_is_sent_as_it_reads() -> None:
    size = 1_000_000

    def main() -> Any:
        one, other = socket.socketpair()

        def send() -> None:
            one.sendall(b"x" * size)
            one.close()

        with other, doing(send):
            return sum(len(data) for data in iter(lambda: other.recv(10_000), b""))

    always(main, size)


@pytest.mark.parametrize(
    "wait",
    [
        lambda sock: sock.recv(1),
        lambda sock: sock.sendall(b"x" * 1_000_000),
        lambda sock: sock.makefile("rb").read(1),
    ],
)
def test_who_waits_for_too_long_is_told_so_on_time(wait: Callable[[socket.socket], Any]) -> None:
    def main() -> Any:
        one, other = socket.socketpair()
        with one, other:
            one.settimeout(5)
            began = time.monotonic()
            with pytest.raises(TimeoutError, match="timed out"):
                wait(one)
            return round(time.monotonic() - began, 1)

    always(main, 5.0)


def test_nobody_to_accept_in_time() -> None:
    def main() -> Any:
        with listening() as listener:
            listener.settimeout(3)
            with pytest.raises(TimeoutError):
                listener.accept()
            return round(time.monotonic()) - round(time.monotonic() - 3)

    always(main, 3)


def test_data_that_trickles_does_not_put_off_the_timeout_of_who_sends_it_all() -> None:
    def main() -> Any:
        one, other = socket.socketpair()

        def read() -> None:
            for _ in range(10):
                time.sleep(1)
                other.recv(1000)

        with one, other, doing(read):
            one.settimeout(5)
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                one.sendall(b"x" * 1_000_000)
            assert one.gettimeout() == 5
            return round(time.monotonic() - began)

    always(main, 5)


def test_a_connection_is_made_refused_or_given_up() -> None:
    def main() -> Any:
        network.host("far")
        network.partition("localhost", "far")
        told: list[Any] = []
        with socket.socket() as sock:
            told.append(sock.connect_ex(HERE))
            with listening():
                told.append(sock.connect_ex(HERE))
        for seconds in (10, None):
            began = time.monotonic()
            with pytest.raises(TimeoutError) as error:
                socket.create_connection(("far", 7), seconds)
            told.append((error.value.errno, round(time.monotonic() - began)))
        return told

    always(main, [errno.ECONNREFUSED, 0, (None, 10), (errno.ETIMEDOUT, 127)])


def test_two_threads_that_wait_for_one_socket_get_what_comes_once() -> None:
    def main() -> Any:
        one, other = socket.socketpair()
        got: list[bytes] = []
        with one, other:
            with doing(*[lambda: got.append(one.recv(1))] * 2):
                other.send(b"a")
                time.sleep(1)
                other.send(b"b")
            return sorted(got)

    always(main, [b"a", b"b"])


def test_a_datagram_is_waited_for() -> None:
    def main() -> Any:
        with socket.socket(type=socket.SOCK_DGRAM) as here, socket.socket(type=socket.SOCK_DGRAM) as there:
            here.bind(HERE)
            here.settimeout(10)
            timer = threading.Timer(1, there.sendto, (b"x", HERE))
            timer.start()
            data = here.recvfrom(10)[0]
            timer.join()
            return data

    always(main, b"x")


def test_a_client_that_waits_for_ever_is_named_with_its_line() -> None:
    def main() -> None:
        one, other = socket.socketpair()
        with one, other:
            one.recv(1)  # for ever

    with pytest.raises(detrun.Stuck) as error:
        detrun.run(main).result()
    assert "main thread waits for socket.recv()" in str(error.value)
    assert "one.recv(1)  # for ever" in str(error.value)


def test_a_timeout_is_not_negative_and_new_sockets_have_the_default() -> None:
    def main() -> Any:
        with socket.socket() as sock, pytest.raises(ValueError, match="out of range"):
            sock.settimeout(-1)
        socket.setdefaulttimeout(7)
        try:
            with socket.socket() as sock:
                return sock.gettimeout()
        finally:
            socket.setdefaulttimeout(None)

    always(main, 7)
