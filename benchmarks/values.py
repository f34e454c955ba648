"""What a value costs on its way to bytes and back, beside msgspec alone: `python -m benchmarks.values [ROUNDS]`."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from datetime import datetime
from time import process_time
from timeit import Timer

from msgspec.msgpack import Decoder, Encoder

from benchmarks.harness import interleaved, title
from detrun.runtime.values import decode, decode_arguments, encode, encode_arguments

NUMBER = 10_000
PLAIN: dict[str, object] = {
    "None": None,
    "'hello'": "hello",
    "[1, 2, 3]": [1, 2, 3],
    "{'id': 7, 'name': 'a', 'ok': True}": {"id": 7, "name": "a", "ok": True},
    "{'items': [{'id': 1, 'tags': ['a']}]}": {"items": [{"id": 1, "tags": ["a"]}]},
    "a list of 1,000 ints": list(range(1_000)),
}
TYPED: dict[str, object] = {
    "(1, 2)": (1, 2),
    "{1, 2}": {1, 2},
    "2**70": 2**70,
    "datetime": datetime(2024, 1, 1),
}


class Nobody:
    """A receiver that has no classes."""

    def find_class(self, module: str, qualname: str) -> type:
        raise LookupError(module, qualname)

    def revive(self, code: int, payload: object) -> object:
        raise LookupError(code)


def timed(call: Callable[[], object]) -> Callable[[], float]:
    return lambda: Timer(call, timer=process_time).timeit(NUMBER) / NUMBER * 1e9


def arms(value: object) -> dict[str, Callable[[], float]]:
    nobody, packing, unpacking = Nobody(), Encoder(), Decoder()
    native = str(value) if value == 2**70 else value
    data, packed = encode(value, None, "value"), packing.encode(native)
    return {
        "encode": timed(lambda: encode(value, None, "value")),
        "decode": timed(lambda: decode(data, nobody)),
        "msgspec encodes": timed(lambda: packing.encode(native)),
        "msgspec decodes": timed(lambda: unpacking.decode(packed)),
    }


def call() -> dict[str, Callable[[], float]]:
    nobody, packing, unpacking = Nobody(), Encoder(), Decoder()
    data = encode_arguments((3,), {}, None, "API.total")
    return {
        "encode": timed(lambda: encode_arguments((3,), {}, None, "API.total")),
        "decode": timed(lambda: decode_arguments(data, nobody)),
        "msgspec encodes": timed(lambda: packing.encode(((3,), {}))),
        "msgspec decodes": timed(lambda: unpacking.decode(data)),
    }


def main(rounds: int) -> None:
    title("nanoseconds of CPU")
    everything = {"arguments (3,) and {}": call()} | {name: arms(value) for name, value in (PLAIN | TYPED).items()}
    for name, made in everything.items():
        medians = {arm: statistics.median(found) for arm, found in interleaved(made, rounds).items()}
        print(f"{name:40}", *(f"{arm} {median:6,.0f}" for arm, median in medians.items()), sep="  ")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
