"""Whole live programs among real clients are replayed to the letter, also if their recorder is killed."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest

from tests.live import clients, databases, peers
from tests.live.scene import Recorded, Scene, record, replay

LINES = (clients.lines, clients.lines, clients.lines_trickle, clients.lines_break_off)
HTTP = (clients.posts, clients.posts, clients.trickles, clients.leaves)
SCENES = (
    Scene("aiohttp_app.py", ("aiohttp",), HTTP),
    Scene("fastapi_app.py", ("fastapi", "uvicorn"), (*HTTP, clients.gets)),
    Scene("chat.py", ("websockets",), (clients.chats, clients.chats, clients.lags, clients.drops)),
    Scene("redis_streams.py", (), (clients.commands, clients.commands, clients.takes_slowly, clients.gives_up)),
    Scene("https_client.py", ("httpx",), peer=peers.https),
    Scene(
        "threads_and_children.py", (), (clients.lines, clients.lines, clients.lines_trickle, clients.lines_break_off)
    ),
)
# Clients of real servers, which are not everywhere; a line is written for each thing asked.
DATABASES = (
    Scene("asyncpg_client.py", ("asyncpg",), peer=databases.postgres, mute=True),
    Scene("redis_client.py", ("redis",), peer=databases.redis, mute=True),
)
every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
every_database = pytest.mark.parametrize("scene", DATABASES, ids=lambda scene: scene.name)
KILLS = 20


def check_same(recorded: Recorded) -> None:
    """A replay ends as the run did, step for step, and writes what that wrote."""
    # The environment of a replay is another one: it pins what it needs.
    code, told, wrote, said = replay(recorded.directory, PYTHONHASHSEED="77", PYTHONMALLOC="malloc")

    assert told["outcome"] == "same", (told, said)
    assert recorded.report is not None
    assert {name: told[name] for name in ("steps", "digest")} == {
        name: recorded.report[name] for name in ("steps", "digest")
    }
    assert told["recorded_outcome"] == recorded.report["outcome"]
    assert wrote == recorded.wrote
    assert code == (recorded.report["outcome"] != "ok")


def check_prefix(recorded: Recorded) -> None:
    """A replay goes as far as the journal, and explains whatever anybody was told."""
    code, told, wrote, said = replay(recorded.directory, PYTHONHASHSEED="random")

    assert (code, told["outcome"], told["recorded_outcome"]) == (0, "same", "killed"), (told, said)
    assert not set(recorded.told) - set(wrote)
    short = min(len(wrote), len(recorded.wrote))
    assert wrote[:short] == recorded.wrote[:short]
    assert wrote


def need(scene: Scene) -> None:
    """Skip what cannot be run here."""
    for name in scene.needs:
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


@every_scene
def test_a_live_run_among_clients_that_leave_and_wait_is_replayed_to_the_letter(scene: Scene, tmp_path: Path) -> None:
    need(scene)
    recorded = record(scene, tmp_path)

    assert len(recorded.told) >= clients.TIMES
    assert not set(recorded.told) - set(recorded.wrote)
    check_same(recorded)


@every_scene
def test_the_journal_of_a_killed_recorder_explains_whatever_anybody_was_told(scene: Scene, tmp_path: Path) -> None:
    need(scene)
    recorded = record(scene, tmp_path, killed_at=clients.TIMES)

    assert recorded.code == -9
    check_prefix(recorded)


@pytest.mark.soak
@every_scene
def test_many_clients_are_replayed_to_the_letter_again_and_again(scene: Scene, tmp_path: Path) -> None:
    need(scene)
    recorded = record(scene, tmp_path, many=8)

    for _ in range(5):
        check_same(recorded)


@pytest.mark.soak
@every_scene
def test_a_recorder_may_be_killed_at_any_time(scene: Scene, tmp_path: Path) -> None:
    need(scene)
    chance = random.Random(scene.name)
    for number in range(KILLS):
        directory = tmp_path / str(number)
        directory.mkdir()
        check_prefix(record(scene, directory, many=4, killed_at=chance.randrange(1, 4 * clients.TIMES)))


@pytest.mark.soak
@every_scene
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_what_chaos_ordered_comes_again_in_that_order(scene: Scene, seed: str, tmp_path: Path) -> None:
    need(scene)

    check_same(record(scene, tmp_path, "--chaos", "--seed", seed, many=2))


@pytest.mark.soak
@every_database
def test_a_client_of_a_real_server_has_it_again_without_one(scene: Scene, tmp_path: Path) -> None:
    need(scene)
    recorded = record(scene, tmp_path, many=2)

    assert recorded.report is not None
    assert recorded.report["outcome"] == "ok"
    assert recorded.wrote[-1].startswith("over")
    for _ in range(3):
        check_same(recorded)


@pytest.mark.soak
@every_database
def test_a_client_of_a_real_server_may_be_killed_at_any_time(scene: Scene, tmp_path: Path) -> None:
    need(scene)
    chance = random.Random(scene.name)
    for number in range(KILLS):
        directory = tmp_path / str(number)
        directory.mkdir()
        recorded = record(scene, directory, killed_at=chance.randrange(5, 3 * clients.TIMES))
        assert recorded.code == -9
        assert recorded.wrote
        check_prefix(recorded)
