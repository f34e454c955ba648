"""Certificates that sign themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

_WORDS = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name}"


def certified(directory: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate for this name with its key in the same file, and the certificate alone."""
    whole, public = directory / "certificate.pem", directory / "certificate.pem.crt"
    made = subprocess.run(
        [*_WORDS.format(name=name).split(), "-addext", f"subjectAltName=DNS:{name}", "-keyout", whole, "-out", public],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("there is no openssl to make a certificate with")
    whole.write_bytes(whole.read_bytes() + public.read_bytes())
    return whole, public
