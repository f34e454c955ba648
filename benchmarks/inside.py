"""What a dispatcher costs inside a run, outside, and outside beside a run: `python -m benchmarks.inside [ROUNDS]`.

The bare functions are measured in an interpreter that has no detrun. A run's fixed cost shows that none is patched.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
import timeit

import detrun
from benchmarks.harness import elapsed, title
from detrun.scheduler.active import aside

CALLS = {
    "time.time": "time.time()",
    "time.monotonic": "time.monotonic()",
    "datetime.now": "datetime.datetime.now()",
    "random.random": "random.random()",
    "random.getrandbits": "random.getrandbits(32)",
    "random.randint": "random.randint(1, 6)",
    "os.urandom(16)": "os.urandom(16)",
    "os.getpid": "os.getpid()",
    "os.cpu_count": "os.cpu_count()",
    "socket.gethostname": "socket.gethostname()",
    "os.environ.get": "os.environ.get('HOME')",
    "uuid.uuid4": "uuid.uuid4()",
}
SETUP = "import datetime, os, random, socket, time, uuid"
COUNT = 10_000
TARGET = 250


def costs(rounds: int) -> dict[str, float]:
    """Nanoseconds of each call, the median of so many rounds."""
    timers = {name: timeit.Timer(call, SETUP, timer=_clock) for name, call in CALLS.items()}
    return {name: statistics.median(timer.repeat(rounds, COUNT)) / COUNT * 1e9 for name, timer in timers.items()}


def _clock() -> float:
    # A real one, in a run too.
    with aside():
        return time.perf_counter()


def bare(rounds: int) -> dict[str, float]:
    """The same in an interpreter without detrun."""
    lines = f"""import json, statistics, timeit
def cost(call):
    return statistics.median(timeit.Timer(call, {SETUP!r}).repeat({rounds}, {COUNT})) / {COUNT} * 1e9
print(json.dumps({{name: cost(call) for name, call in {CALLS!r}.items()}}))"""
    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(said)
    return figures


def beside(rounds: int) -> dict[str, float]:
    """The same outside while another thread is in a run."""
    begun, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=detrun.run, args=(lambda: (begun.set(), done.wait()),))
    thread.start()
    begun.wait()
    figures = costs(rounds)
    done.set()
    thread.join()
    return figures


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    arms = [bare(rounds), detrun.run(lambda: costs(rounds)).result(), costs(rounds), beside(rounds)]
    title(f"nanoseconds a call (target outside: at most {TARGET} for what is cheap)")
    print(f"{'':20}{'bare':>9}{'inside':>9}{'outside':>9}{'beside':>9}")
    for name in CALLS:
        print(f"{name:20}" + "".join(f"{arm[name]:9.0f}" for arm in arms))
    title("an empty run, in microseconds")
    print(f"{elapsed(lambda: [detrun.run(int) for _ in range(5_000)]) / 5_000 * 1e6:9.1f}")


if __name__ == "__main__":
    main()
