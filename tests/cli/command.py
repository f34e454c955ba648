"""The command line, as a process of its own."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

# How the interpreter that runs the tests was set up must not decide them, but for where it finds what is tested.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
ENVIRONMENT |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
# A hash seed that is known, or a command would start its interpreter a second time.
PINNED = {"PYTHONHASHSEED": "1"}


def python(*words: str, cwd: Path, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the interpreter with these words, this standard input and these environment variables."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        input=given,
        env=ENVIRONMENT | PINNED | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def detrun(*words: str, cwd: Path, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours."""
    return python("-m", "detrun", *words, cwd=cwd, given=given, **variables)


def on_a_terminal(columns: int, *words: str, cwd: Path) -> str:
    """What a command of ours writes to a terminal of so many columns."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {name: value for name, value in ENVIRONMENT.items() if name != "COLUMNS"}
        os.execve(sys.executable, [sys.executable, "-m", "detrun", *words], environment)
    said = b""
    with suppress(OSError):  # which is how a terminal ends
        while read := os.read(terminal, 65536):
            said += read
    os.close(terminal)
    os.waitpid(child, 0)
    return said.decode()


def with_little_room(directory: Path, most: int) -> dict[str, str]:
    """The variables of a process that can write no file of more than so many bytes."""
    lines = ["import resource, signal, sys", "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"]
    # Bytecode that is cut off would stay, and be taken for whole.
    lines.append("sys.dont_write_bytecode = True")
    written(directory, "sitecustomize.py", [*lines, f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))"])
    return {"PYTHONPATH": os.pathsep.join([str(directory), os.environ.get("PYTHONPATH", "")])}


def interrupted(*words: str, cwd: Path, lines: Sequence[str], after: float = 0) -> subprocess.CompletedProcess[str]:
    """Run a command of ours, and interrupt it so long after each of these lines; what it says besides."""
    with subprocess.Popen(
        [sys.executable, "-m", "detrun", *words],
        cwd=cwd,
        env=ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in lines:
            assert process.stdout.readline() == f"{line}\n"
            time.sleep(after)
            process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    return subprocess.CompletedProcess(words, process.returncode, out, errors)


def facts(*words: str, cwd: Path, **variables: str) -> dict[str, Any]:
    """What `detrun run -o json` says at the end."""
    ended = detrun("run", *words[:1], "-o", "json", *words[1:], cwd=cwd, **variables)
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result


def written(directory: Path, name: str, lines: Sequence[str]) -> str:
    """A file of these lines; its name."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return name
