"""The pages: they name everything there is, their links lead somewhere, and what they show is what happens."""

import os
import re
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from importlib import import_module
from pathlib import Path

import pytest

import detrun
from detrun import errors
from detrun.cli.commands import COMMANDS
from detrun.cli.journal import COMMANDS as JOURNAL_COMMANDS
from tests.cli.command import ENVIRONMENT

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TESTS = ROOT / "tests"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
DEFINED = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)

ON_PATH = ENVIRONMENT | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def blocks(language: str) -> list[str]:
    """The code blocks in this language, of all pages."""
    return [body for page in PAGES for found, body in BLOCK.findall(page.read_text()) if found == language]


def examples(console: str) -> list[tuple[str, str]]:
    """The commands of ours in a console block, each with what it prints."""
    parts = re.split(r"^\$ (detrun .*)\n", console, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def anchors(page: Path) -> set[str]:
    """The headings of a page as links spell them; one that repeats is numbered."""
    found: set[str] = set()
    for heading in HEADING.findall(BLOCK.sub("", page.read_text())):
        anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        found.add(anchor if anchor not in found else f"{anchor}-1")
    return found


def broken(page: Path, text: str) -> list[str]:
    """The links in a page's text that lead nowhere."""
    return [f"{path}#{anchor}" for path, anchor in LINK.findall(text) if not leads_somewhere(page, path, anchor)]


def leads_somewhere(page: Path, path: str, anchor: str) -> bool:
    """Whether a link from a page has a file, and a heading there, to lead to."""
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("name", [*COMMANDS, *(f"journal {name}" for name in JOURNAL_COMMANDS)])
def test_the_reference_has_every_command_and_option(name: str) -> None:
    page = (DOCS / "reference" / "cli.md").read_text()

    assert f"\n##{'#' * name.count(' ')} `detrun {name}`\n" in page
    for parameter in import_module(f"detrun.cli.{name.replace(' ', '.')}").command.params:
        assert all(f"`{option}" in page for option in parameter.opts if option.startswith("-"))


def test_the_reference_has_every_error_and_no_other() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}

    assert set(re.findall(r"^##+ `(.*)`$", (DOCS / "reference" / "errors.md").read_text(), re.MULTILINE)) == kinds


@pytest.mark.parametrize("name", detrun.__all__)
def test_the_reference_has_every_exported_name(name: str) -> None:
    assert re.search(rf"`{name}[`(]", (DOCS / "reference" / "api.md").read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page, page.read_text()) == []


@pytest.mark.parametrize("link", ["[a](nothing.md)", "[a](README.md#nothing)", "[a](#nothing)"])
def test_a_link_that_leads_nowhere_is_noticed(link: str) -> None:
    assert broken(ROOT / "README.md", f"see {link}, [this](LICENSE) and [that](README.md#start)") != []


@pytest.mark.parametrize("code", blocks("python"))
def test_what_is_shown_in_python_runs(code: str) -> None:
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(("command", "shown"), [example for block in blocks("console") for example in examples(block)])
def test_what_is_shown_on_a_console_is_what_is_printed(command: str, shown: str) -> None:
    ended = subprocess.run(
        command.split(),
        cwd=ROOT,
        env=ON_PATH,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert OutputChecker().check_output(shown, ended.stdout, ELLIPSIS), ended.stdout


def test_pages_are_written_one_sentence_a_line() -> None:
    prose = [
        line for page in PAGES for line in BLOCK.sub("", page.read_text()).splitlines() if not line.startswith("|")
    ]

    assert [line for line in prose if re.search(r"[a-z`)]\. [A-Z`]", line)] == []


def test_the_page_of_races_names_tests_that_there_are() -> None:
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "explanation" / "races.md").read_text()))
    defined = {name for file in TESTS.rglob("test_*.py") for name in DEFINED.findall(file.read_text())}

    assert len(named) > 20
    assert named <= defined
