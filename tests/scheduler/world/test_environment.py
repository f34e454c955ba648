"""A run has an environment of its own, and gives back what the process has only one of."""

from __future__ import annotations

import locale
import os
import subprocess
import threading
import time
from os import environ, getenv
from pathlib import Path

import pytest

import detrun


def test_a_run_begins_with_the_variables_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEN", "once")

    read = detrun.run(lambda: (environ["GIVEN"], getenv("GIVEN"), os.environb[b"GIVEN"])).result()
    assert read == ("once", "once", b"once")


def test_what_a_run_sets_stays_in_it() -> None:
    def main() -> list[object]:
        environ["SET"] = "1"
        os.environb[b"OTHER"] = b"2"
        os.environ |= {"THIRD": "3"}
        del os.environ["PATH"]
        os.environ.setdefault("FOURTH", "4")
        os.unsetenv("HOME")
        os.putenv("FIFTH", "5")
        return [getenv("SET"), environ["OTHER"], os.environb[b"THIRD"], "PATH" in environ, "FOURTH" in dict(environ)]

    before = dict(os.environ)
    assert detrun.run(main).result() == ["1", "2", b"3", False, True]
    assert dict(os.environ) == before
    assert subprocess.check_output("echo $SET$THIRD$FOURTH$FIFTH", shell=True) == b"\n"


def test_a_run_does_not_see_what_is_set_beside_it() -> None:
    begun, done = threading.Event(), threading.Event()

    def beside() -> None:
        begun.wait()
        environ["BESIDE"] = "1"
        done.set()

    def main() -> str | None:
        begun.set()
        done.wait()
        return getenv("BESIDE")

    thread = threading.Thread(target=beside)
    thread.start()
    try:
        assert detrun.run(main).result() is None
        thread.join()
        assert os.environ["BESIDE"] == "1"
    finally:
        del os.environ["BESIDE"]


def test_a_zone_of_its_own_is_refused_and_the_one_it_has_is_not() -> None:
    def main() -> None:
        os.environ["TZ"] = "Asia/Tokyo"
        time.tzset()

    assert detrun.run(time.tzset).outcome == "ok"
    failure = detrun.run(main).failure
    assert failure is not None
    assert "use zoneinfo" in failure.message


def test_directory_mask_and_locale_are_as_before(tmp_path: Path) -> None:
    def main() -> list[object]:
        os.chdir(tmp_path)
        os.chdir("/")
        os.chdir(tmp_path)
        locale.setlocale(locale.LC_ALL, "C")
        return [os.getcwd(), os.umask(0o027), os.umask(0o077), locale.setlocale(locale.LC_ALL)]

    def facts() -> list[object]:
        mask = os.umask(0o022)
        os.umask(mask)
        return [os.getcwd(), mask, locale.setlocale(locale.LC_ALL)]

    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    before = facts()
    inside = detrun.run(main).result()

    assert (inside[0], inside[2], inside[3]) == (str(tmp_path), 0o027, "C")
    assert facts() == before


def test_a_directory_that_is_gone_is_not_gone_back_to(tmp_path: Path) -> None:
    here = os.getcwd()
    there = tmp_path / "there"
    there.mkdir()

    def main() -> None:
        os.chdir(tmp_path)
        there.rmdir()

    os.chdir(there)
    try:
        assert detrun.run(main).outcome == "ok"
        assert os.getcwd() == str(tmp_path)
    finally:
        os.chdir(here)
