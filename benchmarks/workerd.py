"""workerd, if it is there: calls of a Durable Object's method, made by a loop inside a worker.

It is the program that `WORKERD` names, or one of that name on the path.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

WORKER = """
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  total(n) { return n + 1; }
}

async function calls(counter, count) {
  for (let n = 0; n < count; n++) await counter.total(n);
}

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const count = Number(searchParams.get("count")), lanes = Number(searchParams.get("lanes"));
    const counter = env.COUNTER.get(env.COUNTER.idFromName("one"));
    await Promise.all(Array.from({ length: lanes }, () => calls(counter, count / lanes)));
    return new Response("done");
  }
};
"""
CONFIGURATION = """
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:PORT", http = (), service = "main")]
);

const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2024-09-01",
  durableObjectNamespaces = [(className = "Counter", uniqueKey = "counter")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "COUNTER", durableObjectNamespace = "Counter")]
);
"""
_TICKS = os.sysconf("SC_CLK_TCK")


def found() -> str | None:
    """The program, if there is one."""
    return os.environ.get("WORKERD") or shutil.which("workerd")


class Workerd:
    """A workerd that runs."""

    def __init__(self, program: str, folder: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        Path(folder, "worker.js").write_text(WORKER)
        Path(folder, "config.capnp").write_text(CONFIGURATION.replace("PORT", str(port)))
        self._url = f"http://127.0.0.1:{port}/"
        # What npm installs is a program that starts another one.
        self._process = subprocess.Popen([program, "serve", str(Path(folder, "config.capnp"))], start_new_session=True)

    def __enter__(self) -> Workerd:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in self._processes():
            os.kill(process, 9)
        self._process.wait()

    def begin(self) -> None:
        """Wait until it answers, and until it has compiled what it is asked for."""
        for attempt in range(100):
            try:
                self.calls(20_000, 1)
                return
            except URLError:
                if attempt == 99:
                    raise
                time.sleep(0.1)

    def calls(self, count: int, lanes: int) -> tuple[float, float]:
        """Seconds that so many calls take, so many of them at a time, and seconds of the processor's."""
        worked, began = self._worked(), time.perf_counter()
        with urlopen(f"{self._url}?count={count}&lanes={lanes}") as answer:
            assert answer.read() == b"done"
        return time.perf_counter() - began, self._worked() - worked

    def _worked(self) -> float:
        ticks = 0
        for process in self._processes():
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS

    def _processes(self) -> list[int]:
        """Those of its session: it has one of its own."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdecimal() and os.getsid(int(entry)) == self._process.pid:
                    found.append(int(entry))
            except ProcessLookupError:
                continue
        return found
