"""Both ends of a socket in one scope: what can be sent, when it comes, and how it is closed. F-WS-01, F-WS-06."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from detrun.errors import NotAccepted, SocketClosed
from detrun.runtime.sockets import LARGEST, ReadyState, WebSocket, WebSocketPair
from detrun.scenarios.app import App
from tests.runtime.applications import play, played
from tests.runtime.sockets import QUIET, all_of

Use = Callable[[WebSocket, WebSocket], Awaitable[Any]]


def given(use: Use, *, accepted: bool = True) -> Any:
    """What a use of a pair gives, on the default schedule and some others."""

    async def scenario(app: App) -> Any:
        client, server = WebSocketPair()
        if accepted:
            client.accept()
            server.accept()
        return await use(client, server)

    return played(scenario, QUIET)


def test_what_is_sent_at_one_end_comes_out_at_the_other_in_order() -> None:  # F-WS-01
    async def use(client: WebSocket, server: WebSocket) -> Any:
        for message in ("a", b"b", "", b"", "ä"):
            client.send(message)
        server.send("back")
        client.close()
        return await all_of(server), await all_of(client)

    assert given(use) == (["a", b"b", "", b"", "ä", (1000, "", True)], [(1000, "", True)])


def test_what_comes_before_it_is_accepted_waits_and_then_comes_in_order() -> None:  # R-WS-01, R-WS-05, F-WS-01
    async def use(client: WebSocket, server: WebSocket) -> Any:
        server.accept()
        server.send("a")
        server.send("b")
        server.close(4001, "enough")
        client.accept()
        client.accept()
        return await all_of(client)

    assert given(use, accepted=False) == ["a", "b", (4001, "enough", True)]


def test_a_listener_gets_what_came_before_it_too() -> None:  # R-WS-01
    async def use(client: WebSocket, server: WebSocket) -> Any:
        got: list[Any] = []
        server.send("a")
        server.close(4001, "enough")
        await asyncio.sleep(1)
        client.add_event_listener("message", lambda event: got.append(event.data))
        client.add_event_listener("close", lambda event: got.append((event.code, event.reason, event.was_clean)))
        await asyncio.sleep(1)
        return got

    assert given(use) == ["a", (4001, "enough", True)]


def test_the_state_of_each_end_says_how_far_it_is() -> None:  # F-WS-01
    async def use(client: WebSocket, server: WebSocket) -> Any:
        states = [client.ready_state]
        client.accept()
        states.append(client.ready_state)
        client.close()
        # Both ends are in one scope, so that nothing is under way.
        return [*states, client.ready_state, server.ready_state]

    assert given(use, accepted=False) == [0, 1, 3, 3]


def test_a_socket_is_closed_before_anybody_is_told_so() -> None:  # F-WS-06, R-WS-11
    async def use(client: WebSocket, server: WebSocket) -> Any:
        seen: list[Any] = []

        def closed(event: Any) -> None:
            seen.append((server.ready_state, event.code))
            server.close(4002, "nested")
            server.send("to nobody")

        server.add_event_listener("close", closed)
        client.add_event_listener("close", lambda event: seen.append(event.code))
        client.close(4001)
        client.close(4003)
        await asyncio.sleep(1)
        return seen

    assert given(use) == [(ReadyState.CLOSED, 4001), 4001]


def test_both_ends_may_close_at_once_and_each_is_told_once() -> None:  # F-WS-06
    async def use(client: WebSocket, server: WebSocket) -> Any:
        told: list[str] = []
        client.add_event_listener("close", lambda _: told.append("client"))
        server.add_event_listener("close", lambda _: told.append("server"))
        client.close()
        server.close()
        await asyncio.sleep(1)
        return sorted(told)

    assert given(use) == ["client", "server"]


def test_after_a_close_there_are_no_messages() -> None:  # F-WS-01
    async def use(client: WebSocket, server: WebSocket) -> Any:
        server.send("not read")
        client.close()
        server.send("to nobody")
        return await all_of(client), await all_of(server)

    assert given(use) == ([(1000, "", True)], [(1000, "", True)])


def test_to_send_takes_a_socket_that_is_accepted_and_not_closed() -> None:  # F-WS-01
    async def use(client: WebSocket, server: WebSocket) -> Any:
        with pytest.raises(NotAccepted, match="call accept"):
            client.send("a")
        with pytest.raises(NotAccepted, match="call accept"):
            await client.receive()
        client.accept()
        client.close(4001, "bye")
        with pytest.raises(SocketClosed, match="with code 4001, 'bye'"):
            client.send("a")

    given(use, accepted=False)


def test_bytes_are_those_at_the_moment_of_sending() -> None:  # F-WS-01
    async def use(client: WebSocket, server: WebSocket) -> Any:
        buffer = bytearray(b"abcdef")
        client.send(buffer)
        client.send(memoryview(buffer)[1:3])
        client.send(memoryview(buffer)[::2])
        buffer[:] = b"      "
        client.close()
        return await all_of(server)

    assert given(use)[:-1] == [b"abcdef", b"bc", b"ace"]


@pytest.mark.parametrize("message", [None, 1, ["a"], object()])
def test_only_text_and_bytes_are_messages(message: Any) -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        with pytest.raises(TypeError, match="expected a message that is text or bytes"):
            client.send(message)

    given(use)


def test_a_lone_surrogate_is_no_text() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        with pytest.raises(ValueError, match="lone surrogate at 1"):
            client.send("a\ud800")

    given(use)


@pytest.mark.parametrize("code", [0, 999, 1001, 1004, 1005, 1006, 1012, 1015, 2999, 5000, -1])
def test_an_application_has_codes_of_its_own(code: int) -> None:  # F-WS-07
    async def use(client: WebSocket, server: WebSocket) -> Any:
        with pytest.raises(ValueError, match="expected a code that is 1000 or from 3000 to 4999"):
            client.close(code)
        return client.ready_state

    assert given(use) is ReadyState.OPEN


@pytest.mark.parametrize(
    ("reason", "fits"), [("a" * 123, True), ("a" * 124, False), ("ä" * 61, True), ("ä" * 62, False)]
)
def test_a_reason_is_short(reason: str, *, fits: bool) -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        try:
            client.close(3000, reason)
        except ValueError as error:
            return str(error)
        return server.close_reason

    found = given(use)
    assert found == reason if fits else "at most 123 bytes in UTF-8, got 124" in found


def test_a_message_that_is_too_large_closes_the_socket_of_who_gets_it() -> None:
    async def scenario(app: App) -> Any:
        client, server = WebSocketPair()
        client.accept()
        server.accept()
        errors: list[Any] = []
        server.add_event_listener("error", errors.append)
        client.send(bytes(LARGEST))
        client.send("ä" * (LARGEST // 2))
        got = [len(await server.receive()) for _ in range(2)]
        client.send("ä" * (LARGEST // 2) + "a")
        client.send("to nobody")
        await asyncio.sleep(1)
        return got, [str(event.error) for event in errors], await all_of(server), (await all_of(client))[-1]

    reason = "a message of 33,554,433 bytes, at most 33,554,432 are taken"
    assert play(scenario, QUIET, strategy="default").result() == (
        [LARGEST, LARGEST // 2],
        [reason],
        [(1009, reason, False)],
        (1009, reason, True),
    )


def test_the_end_of_a_loop_over_messages_is_the_close() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        async def serve() -> list[Any]:
            return [message async for message in server]

        serving = asyncio.create_task(serve())
        client.send("a")
        await asyncio.sleep(1)
        client.send("b")
        client.close()
        return await serving

    assert given(use) == ["a", "b"]


def test_several_readers_get_each_message_once_and_the_close_each() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        readers = [asyncio.create_task(all_of(server)) for _ in range(3)]
        for number in range(6):
            client.send(str(number))
            await asyncio.sleep(0.1)
        client.close()
        everything = [message for reader in readers for message in await reader]
        return sorted(map(str, everything))

    assert given(use) == ["(1000, '', True)"] * 3 + list("012345")


def test_a_reader_that_gives_up_takes_nothing_along() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await server.receive()
        client.send("a")
        return await server.receive()

    assert given(use) == "a"


def test_messages_have_one_way_out() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        server.add_event_listener("message", print)
        with pytest.raises(RuntimeError, match="expected no listener for messages where `receive` is used"):
            await server.receive()
        server.remove_event_listener("message", print)
        client.send("a")
        return await server.receive()

    assert given(use) == "a"


def test_a_listener_may_be_asynchronous_and_one_that_fails_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        got: list[Any] = []

        async def slowly(event: Any) -> None:
            await asyncio.sleep(1)
            got.append(event.data)

        def failing(event: Any) -> None:
            raise LookupError(event.data)

        server.add_event_listener("message", failing)
        server.add_event_listener("message", slowly)
        server.add_event_listener("message", slowly)
        client.send("a")
        client.send("b")
        await asyncio.sleep(2)
        return got

    assert given(use) == ["a", "b"]
    assert "a listener for the message of a socket" in caplog.text
    assert "LookupError: a" in caplog.text


def test_there_are_three_events() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        with pytest.raises(ValueError, match="expected an event that is one of message, error, close, got 'open'"):
            server.add_event_listener("open", print)

    given(use)


def test_what_is_not_read_yet_is_counted() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        client.send("ä")
        client.send(b"abc")
        before = client.buffered_amount
        await server.receive()
        return before, client.buffered_amount

    assert given(use) == (5, 3)


def test_a_close_is_told_once_to_each_listener_also_to_those_who_come_later() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        told: list[str] = []
        client.add_event_listener("close", lambda _: told.append("first"))
        server.close()
        await asyncio.sleep(1)
        client.add_event_listener("close", lambda _: told.append("second"))
        await asyncio.sleep(1)
        return told

    assert given(use) == ["first", "second"]


def test_whoever_was_told_of_the_close_gets_no_message_after_it() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        told: list[str] = []
        server.send("a")
        server.close()
        client.add_event_listener("close", lambda _: told.append("close"))
        await asyncio.sleep(1)
        client.add_event_listener("message", lambda event: told.append(event.data))
        await asyncio.sleep(1)
        return told

    assert given(use) == ["close"]


def test_a_scope_has_nothing_of_sockets_that_are_closed() -> None:
    async def scenario(app: App) -> Any:
        _, server = WebSocketPair()
        handles = [len(app.default.scope.handles)]
        server.accept()
        server.close()
        return [*handles, len(app.default.scope.handles)]

    assert played(scenario, QUIET) == [1, 0]


def test_sockets_are_closed_when_their_scope_is_over() -> None:
    async def scenario(app: App) -> Any:
        client, server = WebSocketPair()
        client.accept()
        server.accept()
        told: list[Any] = []
        server.add_event_listener("close", told.append)
        server.add_event_listener("message", told.append)
        reading = asyncio.create_task(all_of(client))
        await asyncio.sleep(1)
        client.send("a")
        app.disconnect()
        await asyncio.sleep(1)
        # What is over calls nobody.
        return await reading, server.ready_state, told

    assert played(scenario, QUIET) == ([(1006, "", False)], ReadyState.CLOSED, [])


def test_a_socket_is_made_while_an_event_is_handled() -> None:
    with pytest.raises(Exception, match="while an event is handled only"):
        WebSocketPair()


def test_a_socket_says_what_it_is() -> None:
    async def use(client: WebSocket, server: WebSocket) -> Any:
        return repr(client), client.protocol, client.close_code, client.close_reason, client.was_clean

    assert given(use) == ("<WebSocket open>", "", None, None, None)
