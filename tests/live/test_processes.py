"""Children of a live program really run; at replay none does, and what they said and how they ended comes again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from detrun.errors import Divergence
from detrun.live.program import run
from detrun.live.recorded import RecordedEdge
from tests.live.served import Meeting, check_ok, recorded, replayed

PYTHON = sys.executable


def twice(main: Callable[[], Any]) -> Any:
    """What a program makes of its children, which it makes of the journal, too, when there are none."""
    recording = recorded(lambda _: main)
    check_ok(recording)
    replayed(lambda _: main, recording)
    return recording.result.value


async def _communicate(*words: str, given: bytes | None = None) -> list[Any]:
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    said, complained = await process.communicate(given)
    return [said, complained, process.returncode, process.pid > 0]


async def exits() -> Any:
    return await asyncio.gather(*(_communicate(PYTHON, "-c", f"raise SystemExit({number})") for number in range(3)))


async def pipes() -> Any:
    return await _communicate("sh", "-c", "tr a-z A-Z; echo over >&2", given=b"some words" * 30_000)


async def shell() -> Any:
    process = await asyncio.create_subprocess_shell("echo $WORD; exit 3", stdout=PIPE, env={"WORD": "one"})
    return await process.communicate(), process.returncode


async def lines() -> Any:
    process = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    heard = []
    for word in (b"one\n", b"two\n", b"three\n"):
        process.stdin.write(word)
        await process.stdin.drain()
        heard.append(await process.stdout.readline())
    process.stdin.close()
    return heard, await process.stdout.read(), await process.wait()


async def killed() -> Any:
    process = await asyncio.create_subprocess_exec("sleep", "60", stdout=DEVNULL)
    other = await asyncio.create_subprocess_exec("sleep", "60")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(process.wait(), 0.05)
    process.kill()
    other.terminate()
    return await process.wait(), await other.wait()


async def missing() -> Any:
    with pytest.raises(FileNotFoundError) as raised:
        await asyncio.create_subprocess_exec("/there/is/none")
    return raised.value.filename


async def deaf() -> Any:
    """Writes to a child that has gone."""
    process = await asyncio.create_subprocess_exec("true", stdin=PIPE)
    assert process.stdin is not None
    await process.wait()
    for _ in range(10):
        try:
            process.stdin.write(b"x" * 1000)
            await process.stdin.drain()
            await asyncio.sleep(0.01)
        except (BrokenPipeError, ConnectionResetError):
            return process.returncode
    return "wrote"


async def group() -> Any:
    process = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    os.killpg(os.getpgid(process.pid), signal.SIGTERM)
    return await process.wait()


async def threads() -> Any:
    return await asyncio.gather(*(asyncio.to_thread(_meets, number) for number in range(3)))


def _meets(number: int) -> tuple[int, str]:
    """Run a child that does not end before there are three, which a file each tells."""
    waits = f"touch met-{number}; for _ in $(seq 1000); do [ $(ls met-* | wc -l) = 3 ] && break; sleep 0.01; done"
    words = ["sh", "-c", f"{waits}; ls met-* | wc -l; cat; exit {number}"]
    ended = subprocess.run(words, input="words", capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout.strip()


async def library() -> Any:
    ended = await asyncio.to_thread(subprocess.run, ["echo", "words"], capture_output=True, check=True)
    return ended.stdout, ended.returncode


def blocking() -> Any:
    with subprocess.Popen(["cat"], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("one\ntwo\n")
        process.stdin.close()
        lines = process.stdout.readlines()
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(["sleep", "60"], timeout=0.05, check=False)
    return lines, process.returncode, os.system("exit 4"), subprocess.check_output(["pwd"], cwd="/", close_fds=False)


async def pipe() -> Any:
    """A pipe of the program's own, whose ends are both watched by its loop."""
    reading, writing = os.pipe()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    source, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", buffering=0)
    )
    sink, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(writing, "wb", buffering=0))
    sink.write(b"words" * 50_000)
    sink.close()
    said = await reader.read()
    source.close()
    return len(said)


EXPECTED: list[tuple[Callable[[], Awaitable[Any]], Any]] = [
    (exits, [[b"", b"", number, True] for number in range(3)]),
    (pipes, [b"SOME WORDS" * 30_000, b"over\n", 0, True]),
    (shell, ((b"one\n", None), 3)),
    (lines, ([b"one\n", b"two\n", b"three\n"], b"", 0)),
    (killed, (-signal.SIGKILL, -signal.SIGTERM)),
    (missing, "/there/is/none"),
    (deaf, 0),
    (group, -signal.SIGTERM),
    (threads, [(number, "3\nwords") for number in range(3)]),
    (library, (b"words\n", 0)),
    (blocking, (["one\n", "two\n"], 0, 4 << 8, b"/\n")),
    (pipe, 250_000),
]


@pytest.mark.parametrize(("main", "expected"), EXPECTED)
def test_what_children_say_and_how_they_end_is_had_again(
    main: Callable[[], Any], expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert twice(main) == expected


def test_no_child_is_started_at_replay(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def main() -> int | None:
        process = await asyncio.create_subprocess_exec("touch", mark)
        return await process.wait()

    recording = recorded(lambda _: main)
    check_ok(recording)
    mark.unlink()
    replayed(lambda _: main, recording)

    assert not mark.exists()


@pytest.mark.usefixtures("untidy")
def test_a_program_that_starts_another_child_diverges_there() -> None:
    def program(word: str) -> Callable[[Meeting], Callable[[], Any]]:
        async def main() -> int | None:
            return await (await asyncio.create_subprocess_exec("echo", word, stdout=DEVNULL)).wait()

        return lambda _: main

    recording = recorded(program("one"))

    with pytest.raises(Divergence, match=r"expected CHILD .* got CHILD .*other"):
        run(program("other")(Meeting()), RecordedEdge(recording.entries))


WATCHERS = [
    name for name in ("SafeChildWatcher", "ThreadedChildWatcher", "PidfdChildWatcher") if hasattr(asyncio, name)
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", WATCHERS)
def test_each_of_asyncios_child_watchers_learns_of_the_end(name: str) -> None:
    async def main() -> Any:
        watcher = getattr(asyncio, name)()
        if hasattr(watcher, "attach_loop"):
            watcher.attach_loop(asyncio.get_running_loop())
        asyncio.set_child_watcher(watcher)
        return [ended[2] for ended in await exits()]

    assert twice(main) == [0, 1, 2]


def test_a_handler_of_sigchld_is_called_where_signals_are() -> None:
    def main() -> list[int]:
        seen: list[int] = []
        signal.signal(signal.SIGCHLD, lambda number, _: seen.append(number))
        subprocess.run(["true"], check=True)
        time.sleep(0.05)
        return seen

    assert twice(main) == [signal.SIGCHLD]
