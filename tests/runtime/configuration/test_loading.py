"""From files to an application."""

from __future__ import annotations

from pathlib import Path

import pytest

from detrun.errors import UsageError
from detrun.runtime.configuration.application import Application
from detrun.runtime.configuration.declarations import KVNamespace, Limits, Service
from detrun.runtime.configuration.loading import load, load_all
from detrun.runtime.configured import Configured

WRANGLER = """{
  "$schema": "x", "observability": {"enabled": true},
  "name": "rooms", "main": "src/entry.py",
  "compatibility_date": "2026-01-20", "compatibility_flags": ["python_workers"],
  "vars": {"A": "b", "N": {"deep": [1]}},
  "services": [{"binding": "API", "service": "rooms", "entrypoint": "Api", "props": {"who": "me"}}],
  "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room"}]},
  "migrations": [{"tag": "v1", "new_sqlite_classes": ["Room"], "renamed_classes": [{"from": "A", "to": "B"}]}],
  "kv_namespaces": [{"binding": "KV", "id": "1"}],
  "queues": {"producers": [{"binding": "Q", "queue": "q"}], "consumers": [{"queue": "q", "max_batch_timeout": 1}]},
  "version_metadata": {"binding": "VERSION"},
  "triggers": {"crons": ["* * * * *"]},
  "limits": {"cpu_ms": 50},
}
"""


def application(directory: Path, files: dict[str, str], environment: str | None = None) -> Application:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("src/entry.py", "a.py", "b.py", "other/o.py"):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return load(directory, environment)


def test_the_runtime_can_use_it(tmp_path: Path) -> None:
    configured: Configured = application(tmp_path, {"wrangler.jsonc": WRANGLER})

    assert configured.workers[0].services[0].service == configured.main


def refused(directory: Path, files: dict[str, str], environment: str | None = None) -> str:
    with pytest.raises(UsageError) as wrong:
        application(directory, files, environment)
    return str(wrong.value).replace(f"{directory}/", "")


def test_a_worker_of_wrangler_is_read(tmp_path: Path) -> None:
    found = application(tmp_path, {"wrangler.jsonc": WRANGLER})
    (worker,) = found.workers

    assert (found.main, found.directory, found.warnings) == ("rooms", tmp_path, ())
    assert (worker.name, worker.main, worker.environment) == ("rooms", "src/entry.py", None)
    assert (worker.compatibility_date, list(worker.compatibility_flags)) == ("2026-01-20", ["python_workers"])
    assert worker.variables == {"A": "b", "N": {"deep": [1]}}
    assert worker.services == (Service(binding="API", service="rooms", entrypoint="Api", props={"who": "me"}),)
    assert worker.durable_objects[0].class_name == "Room"
    assert worker.limits == Limits(cpu_ms=50, subrequests=1_000)
    assert list(worker.bindings) == ["API", "ROOM", "KV", "Q", "VERSION"]
    assert worker.bindings["KV"] == KVNamespace(binding="KV", id="1")
    assert worker.settings.migrations[0].renamed_classes[0].new == "B"
    assert worker.settings.queues.consumers[0].max_batch_timeout == 1
    assert worker.settings.triggers.crons == ("* * * * *",)


TOML = 'name = "a"\nmain = "a.py"\ncompatibility_date = 2026-01-20\n[vars]\nA = "b"\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wrangler.toml", TOML),
        ("detrun.toml", TOML),
        ("pyproject.toml", "[project]\nname = 'x'\n[tool.detrun]\n" + TOML.replace("[vars]", "[tool.detrun.vars]")),
        ("wrangler.json", '{"name": "a", "main": "a.py", "compatibility_date": "2026-01-20", "vars": {"A": "b"}}'),
    ],
)
def test_any_of_the_files_will_do(name: str, text: str, tmp_path: Path) -> None:
    found = application(tmp_path, {name: text})

    assert (found.main, found.workers[0].vars, found.workers[0].compatibility_date) == ("a", {"A": "b"}, "2026-01-20")
    assert load(tmp_path / name).workers == found.workers


def test_one_of_several_files_counts(tmp_path: Path) -> None:
    found = application(tmp_path, {"wrangler.toml": TOML, "detrun.toml": TOML.replace('"a"', '"own"')})

    assert found.main == "own"
    assert found.warnings == (f"{tmp_path}/detrun.toml is the configuration: wrangler.toml is not read",)


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[project]\nname = 'x'\n"}])
def test_a_directory_without_any_says_what_is_looked_for(files: dict[str, str], tmp_path: Path) -> None:
    assert refused(tmp_path, files) == (
        f"{tmp_path} has no application: expected detrun.toml, wrangler.json, wrangler.jsonc, wrangler.toml, "
        "or [tool.detrun] in pyproject.toml"
    )


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        load(tmp_path / "nowhere")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(UsageError, match=r"has no application: expected \[tool.detrun\] in it"):
        load(tmp_path / "pyproject.toml")


def test_a_worker_is_called_like_its_directory_unless_it_has_a_name(tmp_path: Path) -> None:
    directory = tmp_path / "my app"
    directory.mkdir()

    assert application(directory, {"detrun.toml": 'main = "a.py"'}).main == "my-app"


ENVIRONMENTS = """{
  "name": "rooms", "main": "a.py", "compatibility_date": "2026-01-01", "routes": ["x.y/a"],
  "limits": {"subrequests": 5}, "vars": {"A": "top", "B": "top"}, "kv_namespaces": [{"binding": "KV"}],
  "env": {
    "test": {"vars": {"A": "test"}, "main": "b.py", "route": "x.y/b"},
    "prod": {"name": "palace", "kv_namespaces": [], "vars": {}},
  }
}
"""


def test_an_environment_inherits_some_keys_and_says_the_others_itself(tmp_path: Path) -> None:
    found = application(tmp_path, {"wrangler.jsonc": ENVIRONMENTS}, "test")
    (worker,) = found.workers

    assert (worker.name, worker.environment, worker.main) == ("rooms-test", "test", "b.py")
    assert (worker.vars, worker.bindings) == ({"A": "test"}, {})
    assert (worker.compatibility_date, worker.limits.subrequests) == ("2026-01-01", 5)
    assert (worker.settings.route, worker.settings.routes) == ("x.y/b", ())
    assert found.warnings == (f"{tmp_path}/wrangler.jsonc: kv_namespaces is not handed down: say it in env.test too",)


def test_an_environment_may_have_a_name(tmp_path: Path) -> None:
    found = application(tmp_path, {"wrangler.jsonc": ENVIRONMENTS}, "prod")

    assert (found.main, found.warnings) == ("palace", ())
    assert found.workers[0].settings.routes == ("x.y/a",)
    assert application(tmp_path, {}).main == "rooms"


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        (
            ENVIRONMENTS,
            "tset",
            "wrangler.jsonc:4: env: expected an environment, 'test' or 'prod', got 'tset': did you mean 'test'?",
        ),
        ("{}", "test", "wrangler.jsonc: env: expected an environment of the file, which has none, got 'test'"),
        ('{"env": 1}', "test", "wrangler.jsonc:1: env: expected a table for each environment, got 1"),
        ('{"env": {"test": 1}}', "test", "wrangler.jsonc:1: env.test: expected a table, got 1"),
        ('{"env": {"test":\n{"main": 1}}}', "test", "wrangler.jsonc:2: env.test.main: expected str, got 1"),
    ],
)
def test_an_environment_that_is_none_is_an_error(text: str, environment: str, says: str, tmp_path: Path) -> None:
    assert refused(tmp_path, {"wrangler.jsonc": text}, environment) == says


WRONG = [
    ('name = "a"\nmain = 3', "detrun.toml:2: main: expected str, got 3"),
    ('main = "none.py"', "detrun.toml:1: main: expected a file in {directory}, and 'none.py' is not there"),
    ('main = "../outside.py"', "detrun.toml:1: main: expected a file below {directory}, got '../outside.py'"),
    ('main = "index.ts"', "detrun.toml:1: main: expected a module in Python, got 'index.ts'"),
    ('name = "a"', "detrun.toml: expected main, the file of its main module, or assets with a directory"),
    ('main = "a.py"\nname = "a b"', "detrun.toml:2: name: expected a name of letters, digits and dashes, got 'a b'"),
    ('main = "a.py"\nvarz = 1', "detrun.toml:2: varz: unknown key 'varz': did you mean 'vars'?"),
    ('main = "a.py"\n[limits]\nsubrequests = -1', "detrun.toml:3: limits.subrequests: expected int >= 0, got -1"),
    ('main = "a.py"\n[limits]\nstream_window = 0', "detrun.toml:3: limits.stream_window: expected int >= 1, got 0"),
    (f"vars = {{ A = {'[' * 9_999} }}", "detrun.toml: expected values within values, but not so deeply"),
    (
        'main = "a.py"\n[limits]\nsubrequest = 1',
        "detrun.toml:3: limits.subrequest: unknown key 'subrequest': did you mean 'subrequests'?",
    ),
    (
        'main = "a.py"\nobservability = true',
        "detrun.toml:2: observability: unknown key 'observability', known are name, ",
    ),
    (
        'main = "a.py"\n[[services]]\nbinding = "A"\n',
        "detrun.toml:2: services[0]: expected a 'service', got {'binding': 'A'}",
    ),
    (
        'main = "a.py"\n[[services]]\nbinding = "A"\nservice = 5\n',
        "detrun.toml:4: services[0].service: expected str, got 5",
    ),
    ('main = "a.py"\nroutes = ["/a/*/b"]', "detrun.toml:2: routes: expected a path with a star at most at its end"),
    ('main = "a.py"\nroutes = ["*/b"]', "detrun.toml:2: routes: expected a host such as 'a.b' or '*.b', got '*'"),
    ('main = "a.py"\nhosts = ["a b"]', "detrun.toml:2: hosts: expected a host such as"),
    (
        'main = "a.py"\nassets = {html_handling = "odd"}',
        "detrun.toml:2: assets.html_handling: invalid enum value 'odd', got 'odd'",
    ),
    (
        'main = "a.py"\nvars = {KV = 1}\nkv_namespaces = [{binding = "KV"}]',
        "detrun.toml:3: kv_namespaces: expected a name of its own: 'KV' is in vars too",
    ),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_what_is_wrong_is_said_with_file_line_and_key(text: str, says: str, tmp_path: Path) -> None:
    assert refused(tmp_path, {"detrun.toml": text}).startswith(says.replace("{directory}", str(tmp_path)))


def test_what_is_too_deep_is_said_of_json_as_well(tmp_path: Path) -> None:
    assert refused(tmp_path, {"wrangler.json": "[" * 99_999}) == (
        "wrangler.json: expected values within values, but not so deeply"
    )


def test_what_wrangler_knows_and_detrun_does_not_is_listed_once(tmp_path: Path) -> None:
    text = """{"main": "a.py", "name": "a", "new_thing": {}, "limits": {"gpu_ms": 1},
        "services": [{"binding": "A", "service": "a", "x": 1}]}"""

    assert application(tmp_path, {"wrangler.json": text}).warnings == (
        f"{tmp_path}/wrangler.json: detrun does not know new_thing, limits.gpu_ms, services[0].x",
    )


def test_secrets_go_before_variables(tmp_path: Path) -> None:
    files = {"detrun.toml": TOML, ".dev.vars": "A=secret\nC='d'\n", ".dev.vars.test": "A=test", ".env": "A=env"}
    (worker,) = application(tmp_path, files).workers

    assert (worker.vars, worker.secrets) == ({"A": "b"}, {"A": "secret", "C": "d"})
    assert worker.variables == {"A": "secret", "C": "d"}


def test_assets_are_a_worker_without_code(tmp_path: Path) -> None:
    (worker,) = application(tmp_path, {"detrun.toml": 'assets = {directory = "public", binding = "ASSETS"}'}).workers

    assert worker.main == ""
    assert worker.assets is not None
    assert worker.assets.directory == "public"


SEVERAL = """
[[workers]]
name = "front"
main = "a.py"
services = [{binding = "API", service = "api"}, {binding = "X", service = "apy"}]
routes = ["/ignored"]

[[workers]]
name = "api"
main = "b.py"
routes = ["/api/*", "admin.localhost/*", "/api/*"]

[[workers]]
config = "other"
hosts = ["other.localhost", "*.other.localhost"]
"""
OTHER = '{"name": "other", "main": "o.py", "routes": ["example.com/o/*", {"pattern": "b.com", "custom_domain": true}]}'


def test_several_workers_are_one_application(tmp_path: Path) -> None:
    found = application(tmp_path, {"detrun.toml": SEVERAL, "other/wrangler.json": OTHER, "other/.dev.vars": "A=b"})

    assert ([worker.name for worker in found.workers], found.main) == (["front", "api", "other"], "front")
    assert found.worker("other").directory == tmp_path / "other"
    assert found.worker("other").secrets == {"A": "b"}
    assert list(map(str, found.routes)) == [
        "/api/*",
        "admin.localhost/*",
        "/api/*",
        "other.localhost/*",
        "*.other.localhost/*",
    ]
    assert found.warnings == (
        "routes of 'front' are not needed: it is the main worker, and answers the rest",
        "the route /api/* of 'api' gets nothing: 'api' has it too",
        f"{tmp_path}/detrun.toml: X needs the worker 'apy', which is not here: did you mean 'api'?",
    )
    with pytest.raises(KeyError):
        found.worker("nobody")


@pytest.mark.parametrize(
    ("host", "path", "worker"),
    [
        ("localhost:8787", "/", "front"),
        ("localhost:8787", "/api/x", "api"),
        ("localhost:8787", "/ignored", "front"),
        ("admin.localhost:8787", "/x", "api"),
        ("x.other.localhost", "/", "other"),
        ("x.other.localhost", "/api/x", "api"),
    ],
)
def test_each_request_has_a_worker(host: str, path: str, worker: str, tmp_path: Path) -> None:
    found = application(tmp_path, {"detrun.toml": SEVERAL, "other/wrangler.json": OTHER})

    assert found.answering(host, path) == worker


def test_hosts_of_wrangler_are_those_of_production(tmp_path: Path) -> None:
    application(tmp_path, {"detrun.toml": TOML, "other/wrangler.json": OTHER})
    found = load_all([tmp_path, tmp_path / "other"])

    assert [worker.name for worker in found.workers] == ["a", "other"]
    assert list(map(str, found.routes)) == ["/o/*", "/*"]
    assert (found.answering("any", "/o/x"), found.answering("any", "/x")) == ("other", "other")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "x"\n' + SEVERAL, "detrun.toml:1: name: expected nothing beside [[workers]]"),
        ("workers = []", "detrun.toml:1: workers: expected at least one table [[workers]]"),
        ("workers = [1]", "detrun.toml:1: workers: expected at least one table [[workers]]"),
        (
            '[[workers]]\nconfig = "other"\nname = "x"',
            "detrun.toml:3: workers[0].name: expected only hosts and routes beside config",
        ),
        ("[[workers]]\nconfig = 1", "detrun.toml:2: workers[0].config: expected str, got 1"),
        ('[[workers]]\nconfig = "detrun.toml"', "detrun.toml:1: workers: unknown key 'workers'"),
        (
            '[[workers]]\nname = "x"\nmain = "a.py"\n[[workers]]\nmain = 1',
            "detrun.toml:5: workers[1].main: expected str, got 1",
        ),
        (
            '[[workers]]\nname = "x"\nmain = "a.py"\n[[workers]]\nname = "x"\nmain = "b.py"',
            "expected workers of different names: 'x' is in detrun.toml and detrun.toml",
        ),
    ],
)
def test_several_workers_are_checked_too(text: str, says: str, tmp_path: Path) -> None:
    assert refused(tmp_path, {"detrun.toml": text, "other/wrangler.json": OTHER}).startswith(says)


def test_the_environment_is_the_main_workers(tmp_path: Path) -> None:  # R-GEN-35
    several = '[[workers]]\nname = "x"\nmain = "a.py"\nenv.test.vars = {A = 1}\n' + SEVERAL
    found = application(
        tmp_path, {"detrun.toml": several, "other/wrangler.json": OTHER, "other/.env.test": "A=b"}, "test"
    )

    assert [worker.name for worker in found.workers] == ["x-test", "front", "api", "other"]
    assert (found.worker("x-test").vars, found.worker("other").secrets) == ({"A": 1}, {"A": "b"})
    assert f"{tmp_path}/other/wrangler.json has no environment 'test': what it says at the top holds" in found.warnings
    assert "expected an environment" in refused(tmp_path, {"detrun.toml": SEVERAL}, "test")


def test_a_worker_may_have_a_directory_of_its_own(tmp_path: Path) -> None:
    files = {"detrun.toml": '[[workers]]\nname = "x"\ndirectory = "src"\nmain = "entry.py"', "src/.env": "A=b"}
    (worker,) = application(tmp_path, files).workers

    assert (worker.main, worker.directory, worker.secrets) == ("entry.py", tmp_path / "src", {"A": "b"})
