"""Scripts for stock asyncio: they fail there as the run did here, and do not once the program is mended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from detrun.explore.attempt import Attempts
from detrun.explore.emitting import Subject
from detrun.explore.performing import Performer
from detrun.explore.plain import write
from detrun.explore.quiet import silence
from detrun.explore.search import Bounds, Search
from detrun.model import Answer, EventId, Plan
from tests.cli.command import ENVIRONMENT
from tests.explore import races
from tests.explore.failures import Program, first, minimized, trials
from tests.explore.races import RACES, late_job
from tests.testing.shops import BUGGY, FIXED

ROOT = Path(__file__).parents[2]
# An entry that says that detrun is not there, wherever it is installed.
WITHOUT = "import sys; sys.modules['detrun'] = None; import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"


def emitted(script: Path, program: Program, target: str, root: Path = ROOT) -> str | None:
    """Why there is no script of a program's first failure, if there is none."""
    signature, plan = first(program)
    small = minimized(program, plan, signature).plan
    failure = trials(program)(small).attempt.failure
    assert failure is not None
    words = failure.message.splitlines()[0]
    subject = Subject(target, (), str(root), str(signature), words, "fails")
    with silence():
        return write(script, trials(program), small, subject)


def stock(script: Path) -> subprocess.CompletedProcess[str]:
    """Run a script where there is no detrun."""
    words = [sys.executable, "-c", WITHOUT, str(script)]
    return subprocess.run(words, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False)


@pytest.mark.parametrize("name", [name for name in RACES if name != "late_job"])
def test_a_failure_happens_on_stock_asyncio_without_detrun(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"

    assert emitted(script, RACES[name], f"{races.__name__}:{name}") is None
    assert stock(script).returncode == 1


# Fails if an answer and the timeout for it come in one turn, before whoever waits for either runs.
LOST = """
import asyncio

async def main():
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    class Client(asyncio.Protocol):
        def data_received(self, data):
            if not answer.done():
                answer.set_result(data)

    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 7000)
    transport, _ = await loop.create_connection(Client, "127.0.0.1", 7000)
    transport.write(b"charge\\n")
    try:
        async with asyncio.timeout(0.020):
            await answer
    except TimeoutError:
        assert answer.cancelled(), "nobody takes the answer"
    transport.close()
    server.close()
"""


def test_what_comes_along_comes_along_on_stock_asyncio(tmp_path: Path) -> None:
    program, namespace = tmp_path / "lost.py", dict[str, Program]()
    program.write_text(LOST)
    exec(compile(LOST, str(program), "exec"), namespace)
    search = Search(Performer(Attempts(lambda: namespace["main"])), Bounds("holds"))
    with silence():
        search.run()
    (way,) = search.found.values()
    assert way.schedule.plan is not None
    subject = Subject("lost.py:main", (), str(tmp_path), "", "AssertionError: nobody takes the answer", "fails")

    with silence():
        problem = write(tmp_path / "script.py", trials(namespace["main"]), way.schedule.plan, subject)

    assert problem is None
    assert "nobody takes the answer" in stock(tmp_path / "script.py").stderr


def test_a_program_that_was_mended_does_not_fail(tmp_path: Path) -> None:
    program = tmp_path / "shop.py"
    program.write_text(BUGGY)
    namespace: dict[str, Program] = {}
    exec(compile(BUGGY, str(program), "exec"), namespace)
    script = tmp_path / "script.py"

    assert emitted(script, namespace["main"], "shop.py:main", tmp_path) is None
    assert stock(script).returncode == 1
    program.write_text(FIXED)
    assert stock(script).returncode in {0, 2}


def test_there_is_none_with_threads(tmp_path: Path) -> None:
    script = tmp_path / "script.py"

    assert emitted(script, late_job, f"{races.__name__}:late_job") == "it has threads"
    assert not script.exists()


def test_there_is_none_if_something_goes_wrong_in_the_network(tmp_path: Path) -> None:
    faulty = Plan(faults=(Answer(EventId((1, 1)), 1),))
    subject = Subject("x.py:main", (), str(tmp_path), "sig", "", "")

    problem = write(tmp_path / "x.py", trials(late_job), faulty, subject)
    assert problem == "something goes wrong in the network, which no machine can be told to do"
