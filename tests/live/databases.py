"""Real database servers with data of their own, as processes of a test: on free ports, and gone after it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.clients import TIMES, Tell
from tests.live.peers import TASKS
from tests.live.scene import free_port, until_served

# Where Debian has what is not on the path.
_POSTGRES = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)


@contextmanager
def postgres(_: Tell, __: Path, many: int) -> Iterator[tuple[str, ...]]:
    """A server of PostgreSQL that trusts whoever asks; it does not run as root."""
    initdb, server = _found("initdb", "postgresql"), _found("postgres", "postgresql")
    with _directory() as (data, user):
        _run([initdb, "-D", data, "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"], user)
        port = free_port()
        words = [server, "-D", data, "-p", str(port), "-k", data, "-h", "127.0.0.1", "-F"]
        # What every task needs, and the one that is listened with.
        with _served([*words, "-c", f"max_connections={20 + TASKS * many}"], port, user, signal.SIGINT):
            yield str(port), str(TASKS * many), str(TIMES)


@contextmanager
def redis(_: Tell, __: Path, many: int) -> Iterator[tuple[str, ...]]:
    """A server of Redis that keeps nothing on the disk."""
    server, port = _found("redis-server", "redis-server"), free_port()
    with _directory() as (data, user):
        words = [server, "--port", str(port), "--bind", "127.0.0.1", "--dir", data, "--save", "", "--appendonly", "no"]
        with _served(words, port, user, signal.SIGTERM):
            yield str(port), str(TASKS * many), str(TIMES)


def _found(name: str, package: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_POSTGRES])
    place = shutil.which(name, path=path)
    if place is None:
        pytest.skip(f"there is no {name}: install the package {package} to run this")
    return place


@contextmanager
def _directory() -> Iterator[tuple[str, str | None]]:
    """A directory for data, and whom the server runs as whose it is: not root, which PostgreSQL refuses to be."""
    with tempfile.TemporaryDirectory(prefix="database-", ignore_cleanup_errors=True) as directory:
        user = None
        if os.geteuid() == 0:
            user = next((name for name in ("postgres", "nobody") if _is_known(name)), None)
            if user is None:
                pytest.skip("there is nobody but root to run a database server as")
            shutil.chown(directory, user)
        yield directory, user


def _is_known(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def _run(words: Sequence[str], user: str | None) -> None:
    made = subprocess.run(words, user=user, cwd="/", capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


@contextmanager
def _served(words: Sequence[str], port: int, user: str | None, ending: signal.Signals) -> Iterator[None]:
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(words, user=user, cwd="/", stdout=nowhere, stderr=nowhere) as server:
        try:
            until_served(port, server)
            yield
        finally:
            server.send_signal(ending)
            try:
                server.wait(20)
            finally:
                server.kill()
