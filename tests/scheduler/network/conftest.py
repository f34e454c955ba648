"""What the tests of the network share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scheduler.network.tls_pairs import PEM


@pytest.fixture
def pem(tmp_path: Path) -> str:
    path = tmp_path / "both.pem"
    path.write_text(PEM)
    return str(path)
