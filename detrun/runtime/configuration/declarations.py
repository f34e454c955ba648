"""What a configuration can declare, by the names that wrangler's files have for it.

A new kind of binding is a struct here and a line in `Settings`. `binding` is its name in `env`, however a file says it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field


class Declaration(Struct, frozen=True, kw_only=True):
    """Something that is offered in `env` under the name `binding`."""

    binding: str


class Service(Declaration, frozen=True, kw_only=True):
    """Another worker, or one of its entrypoints; the props reach its `ctx.props`."""

    service: str
    entrypoint: str | None = None
    props: dict[str, object] = {}
    environment: str | None = None
    remote: bool = False


class DurableObject(Declaration, frozen=True, kw_only=True):
    """A namespace of objects of a class, of this worker or another."""

    binding: str = field(name="name")
    class_name: str
    script_name: str | None = None
    environment: str | None = None


class Workflow(Declaration, frozen=True, kw_only=True):
    """A class whose runs go on where they were."""

    name: str
    class_name: str
    script_name: str | None = None
    limits: dict[str, object] = {}
    remote: bool = False


class KVNamespace(Declaration, frozen=True, kw_only=True):
    """Keys and values."""

    id: str | None = None
    preview_id: str | None = None
    remote: bool = False


class R2Bucket(Declaration, frozen=True, kw_only=True):
    """Large values, by key."""

    bucket_name: str | None = None
    preview_bucket_name: str | None = None
    jurisdiction: str | None = None
    remote: bool = False


class D1Database(Declaration, frozen=True, kw_only=True):
    """A database that is asked in SQL."""

    database_name: str | None = None
    database_id: str | None = None
    preview_database_id: str | None = None
    migrations_dir: str = "migrations"
    migrations_table: str = "d1_migrations"
    remote: bool = False


class Producer(Declaration, frozen=True, kw_only=True):
    """A queue to send to."""

    queue: str
    delivery_delay: int | None = None
    remote: bool = False


class Consumer(Struct, frozen=True, kw_only=True):
    """A queue whose messages this worker is given, and how."""

    queue: str
    type: str = "worker"
    max_batch_size: int | None = None
    max_batch_timeout: float | None = None
    max_retries: int | None = None
    max_concurrency: int | None = None
    dead_letter_queue: str | None = None
    retry_delay: int | None = None
    visibility_timeout_ms: int | None = None


class SendEmail(Declaration, frozen=True, kw_only=True):
    """A way to send mail, perhaps to a few addresses only."""

    binding: str = field(name="name")
    destination_address: str | None = None
    allowed_destination_addresses: tuple[str, ...] = ()
    allowed_sender_addresses: tuple[str, ...] = ()
    remote: bool = False


class Dataset(Declaration, frozen=True, kw_only=True):
    """What takes data points."""

    dataset: str | None = None


class Hyperdrive(Declaration, frozen=True, kw_only=True):
    """A database elsewhere, or one here in its place."""

    id: str | None = None
    local_connection_string: str | None = field(name="localConnectionString", default=None)


class VectorIndex(Declaration, frozen=True, kw_only=True):
    """What finds vectors that are near."""

    index_name: str
    remote: bool = False


class Dispatcher(Declaration, frozen=True, kw_only=True):
    """Workers that are named at run time."""

    namespace: str
    remote: bool = False


class Rate(Struct, frozen=True, kw_only=True):
    """So many in so many seconds."""

    limit: int
    period: int


class RateLimit(Declaration, frozen=True, kw_only=True):
    """What says whether somebody asks too often."""

    binding: str = field(name="name")
    namespace_id: str
    simple: Rate


class Secret(Declaration, frozen=True, kw_only=True):
    """A secret that is kept in a store."""

    store_id: str
    secret_name: str


class Pipeline(Declaration, frozen=True, kw_only=True):
    """What takes records."""

    pipeline: str


class Certificate(Declaration, frozen=True, kw_only=True):
    """What a connection identifies itself with."""

    certificate_id: str


class Named(Declaration, frozen=True, kw_only=True):
    """What is there once, and has nothing to it but a name."""

    remote: bool = False
    staging: bool = False


class DurableObjects(Struct, frozen=True, kw_only=True):
    """The namespaces of a worker."""

    bindings: tuple[DurableObject, ...] = ()


class Queues(Struct, frozen=True, kw_only=True):
    """The queues that a worker sends to and receives from."""

    producers: tuple[Producer, ...] = ()
    consumers: tuple[Consumer, ...] = ()


class Renamed(Struct, frozen=True, kw_only=True):
    """A class with a new name."""

    old: str = field(name="from")
    new: str = field(name="to")


class Transferred(Struct, frozen=True, kw_only=True):
    """A class that came from another worker."""

    old: str = field(name="from")
    script: str = field(name="from_script")
    new: str = field(name="to")


class Migration(Struct, frozen=True, kw_only=True):
    """A step in the life of an application's Durable Object classes."""

    tag: str
    new_classes: tuple[str, ...] = ()
    new_sqlite_classes: tuple[str, ...] = ()
    renamed_classes: tuple[Renamed, ...] = ()
    deleted_classes: tuple[str, ...] = ()
    transferred_classes: tuple[Transferred, ...] = ()


class Assets(Struct, frozen=True, kw_only=True):
    """Files that are served as they are."""

    directory: str | None = None
    binding: str | None = None
    html_handling: Literal["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"] = (
        "auto-trailing-slash"
    )
    not_found_handling: Literal["single-page-application", "404-page", "none"] = "none"
    run_worker_first: bool | tuple[str, ...] = False


class Triggers(Struct, frozen=True, kw_only=True):
    """When a worker is woken."""

    crons: tuple[str, ...] = ()


class TailConsumer(Struct, frozen=True, kw_only=True):
    """A worker that is told what this one did."""

    service: str
    environment: str | None = None


class RoutePattern(Struct, frozen=True, kw_only=True):
    """Requests that are for a worker."""

    pattern: str
    zone_name: str | None = None
    zone_id: str | None = None
    custom_domain: bool = False
    enabled: bool = True
    previews_enabled: bool = False


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds of a worker: of its messages, of what a request may ask of others, and of chunks that are under way."""

    cpu_ms: Annotated[int, Meta(ge=1)] | None = None
    subrequests: Annotated[int, Meta(ge=0)] = 1_000
    message_bytes: Annotated[int, Meta(ge=1)] = 32 * 1024 * 1024
    stream_window: Annotated[int, Meta(ge=1)] = 8
