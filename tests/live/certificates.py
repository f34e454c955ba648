"""Certificates that sign themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

_WORDS = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"


def certified(directory: Path) -> tuple[Path, Path]:
    """A certificate for `localhost` with its key in the same file, and the certificate alone."""
    whole, public = directory / "certificate.pem", directory / "certificate.pem.crt"
    made = subprocess.run(
        [*_WORDS.split(), "-addext", "subjectAltName=DNS:localhost", "-keyout", whole, "-out", public],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("there is no openssl to make a certificate with")
    whole.write_bytes(whole.read_bytes() + public.read_bytes())
    return whole, public
