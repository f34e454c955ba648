"""The nouns that every package shares."""

import os
from pathlib import Path

import pytest

from detrun.model import Target

PLACES = ["shop.py", "shop.py:main", "package.module", "package.module:main", "a@b/sh op.py:main", "shop.py:"]


@pytest.mark.parametrize("application", ["", ".", "a@b/orders"])
@pytest.mark.parametrize("place", PLACES)
def test_a_target_is_written_as_on_the_command_line(application: str, place: str) -> None:
    text = Target.playing(application, place) if application else place
    target = Target.of(text)

    assert target.application == application
    assert target.words == ([application, "--scenario", place] if application else [place])
    assert " ".join(target.words) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("folder/shop.py:main", "shop"),
        ("package.module:main", "package.module"),
        ("examples/orders --scenario scenarios.py:rush", "orders"),
        (". --scenario scenarios.py:rush", "here"),
        ("../here --scenario scenarios.py:rush", "here"),
        ("/ --scenario scenarios.py:rush", "program"),
        ("a b*.py", "a-b"),
        (".hidden.py", "hidden"),
        ("-rf.py", "rf"),
        ("", "program"),
        (f"{'ü' * 200}.py", "ü" * 50),
    ],
)
def test_files_of_a_target_are_called_by_what_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    assert Target.of(text).name == name
    Path(f"20260131-120000-{name}-0-9999.bin").touch()
    assert len(os.listdir()) == 1
