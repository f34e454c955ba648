"""Signals: aborted once or never."""

from __future__ import annotations

import asyncio

import pytest

import detrun
from detrun.errors import Aborted
from detrun.runtime.http.signals import AbortController, AbortSignal


def test_a_signal_is_aborted_once() -> None:
    controller = AbortController()
    assert (controller.signal.aborted, controller.signal.reason) == (False, None)
    controller.signal.throw_if_aborted()

    controller.abort("first")
    controller.abort("second")

    assert (controller.signal.aborted, controller.signal.reason) == (True, "first")
    with pytest.raises(Aborted, match="first"):
        controller.signal.throw_if_aborted()


def test_the_reason_is_raised_if_it_can_be() -> None:
    with pytest.raises(KeyError):
        AbortSignal.abort(KeyError("a")).throw_if_aborted()
    with pytest.raises(Aborted, match="the operation was aborted"):
        AbortSignal.abort().throw_if_aborted()


def test_listeners_are_called_in_order_and_once() -> None:
    controller, called = AbortController(), list[str]()

    def first() -> None:
        called.append("first")

    def gone() -> None:
        called.append("gone")

    controller.signal.add_event_listener("abort", first)
    controller.signal.add_event_listener("abort", gone)
    controller.signal.add_event_listener("abort", lambda: called.append("last"))
    controller.signal.add_event_listener("abort", first)
    controller.signal.remove_event_listener("abort", gone)
    controller.signal.remove_event_listener("abort", gone)
    controller.abort()
    controller.abort()

    assert called == ["first", "last"]


def test_a_listener_that_fails_keeps_no_other_from_being_called() -> None:
    reported: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["message"]))
        controller, called = AbortController(), list[int]()
        controller.signal.add_event_listener("abort", lambda: 1 / 0)
        controller.signal.add_event_listener("abort", lambda: called.append(1))
        controller.abort()
        assert called == [1]

    asyncio.run(main())

    assert reported == ["a listener of a signal failed"]


def test_there_is_one_event() -> None:
    with pytest.raises(ValueError, match="expected the event 'abort', got 'click'"):
        AbortSignal().add_event_listener("click", lambda: None)


def test_whoever_waits_goes_on() -> None:
    async def main() -> None:
        controller = AbortController()
        waiting = asyncio.gather(controller.signal.wait(), controller.signal.wait())
        await asyncio.sleep(0)
        controller.abort("now")
        assert list(await waiting) == ["now", "now"]
        assert await controller.signal.wait() == "now"

    asyncio.run(main())


def test_whoever_is_cancelled_waits_no_more() -> None:
    async def main() -> None:
        controller = AbortController()
        waiting = asyncio.create_task(controller.signal.wait())
        await asyncio.sleep(0)
        waiting.cancel()
        controller.abort("now")
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())


def test_time_aborts_a_signal() -> None:
    async def main() -> float:
        signal = AbortSignal.timeout(30)
        assert not signal.aborted
        began = asyncio.get_running_loop().time()
        reason = await signal.wait()
        assert isinstance(reason, TimeoutError)
        assert str(reason) == "30 seconds have passed"
        return asyncio.get_running_loop().time() - began

    assert detrun.run(main).result() == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_time_is_not_negative(seconds: float) -> None:
    with pytest.raises(ValueError, match="expected a number of seconds"):
        AbortSignal.timeout(seconds)


def test_any_of_several_aborts() -> None:
    first, second = AbortController(), AbortController()
    signal = AbortSignal.any([first.signal, second.signal])
    assert not signal.aborted

    second.abort("second")
    first.abort("first")

    assert signal.reason == "second"
    assert AbortSignal.any([AbortSignal(), first.signal]).reason == "first"
    assert not AbortSignal.any([]).aborted
