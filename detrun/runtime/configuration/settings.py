"""The keys of a worker's configuration: which there are, which an environment inherits, and which nobody reads."""

from __future__ import annotations

import datetime

from msgspec import Struct

from detrun.runtime.configuration import declarations as d


class Settings(Struct, frozen=True, kw_only=True):
    """All that is said of one worker in one environment."""

    name: str | None = None
    main: str | None = None
    compatibility_date: datetime.date | None = None
    compatibility_flags: tuple[str, ...] = ()
    route: str | d.RoutePattern | None = None
    routes: tuple[str | d.RoutePattern, ...] = ()
    hosts: tuple[str, ...] = ()
    limits: d.Limits = d.Limits()
    assets: d.Assets | None = None
    triggers: d.Triggers = d.Triggers()
    migrations: tuple[d.Migration, ...] = ()

    vars: dict[str, object] = {}
    services: tuple[d.Service, ...] = ()
    durable_objects: d.DurableObjects = d.DurableObjects()
    workflows: tuple[d.Workflow, ...] = ()
    kv_namespaces: tuple[d.KVNamespace, ...] = ()
    r2_buckets: tuple[d.R2Bucket, ...] = ()
    d1_databases: tuple[d.D1Database, ...] = ()
    queues: d.Queues = d.Queues()
    send_email: tuple[d.SendEmail, ...] = ()
    analytics_engine_datasets: tuple[d.Dataset, ...] = ()
    hyperdrive: tuple[d.Hyperdrive, ...] = ()
    vectorize: tuple[d.VectorIndex, ...] = ()
    dispatch_namespaces: tuple[d.Dispatcher, ...] = ()
    ratelimits: tuple[d.RateLimit, ...] = ()
    secrets_store_secrets: tuple[d.Secret, ...] = ()
    pipelines: tuple[d.Pipeline, ...] = ()
    mtls_certificates: tuple[d.Certificate, ...] = ()
    worker_loaders: tuple[d.Named, ...] = ()
    ai: d.Named | None = None
    browser: d.Named | None = None
    images: d.Named | None = None
    media: d.Named | None = None
    version_metadata: d.Named | None = None
    tail_consumers: tuple[d.TailConsumer, ...] = ()

    def declared(self) -> list[tuple[str, d.Declaration]]:
        """Everything that has a name in `env`, but variables and assets; each with the section that it stands in."""
        sections = {name: getattr(self, name) for name in self.__struct_fields__}
        sections |= {"durable_objects": self.durable_objects.bindings, "queues": self.queues.producers}
        many = [(name, item) for name, section in sections.items() if isinstance(section, tuple) for item in section]
        return [found for found in [*many, *sections.items()] if isinstance(found[1], d.Declaration)]


_INHERITED = """
    name main compatibility_date compatibility_flags route routes hosts limits assets triggers migrations
"""
INHERITED = frozenset(_INHERITED.split())
"""What an environment has from the top unless it says otherwise; all else it has to say itself."""

_UNREAD = """
    $schema account_id alias base_dir build cloudchamber compliance_region configPath containers data_blobs define dev
    find_additional_modules first_party_worker jsx_factory jsx_fragment keep_names keep_vars legacy_env logfwdr logpush
    minify no_bundle observability pages_build_output_dir placement preserve_file_names preview_urls python_modules
    rules send_metrics site streaming_tail_consumers text_blobs tsconfig unsafe unsafe_hello_world upload_source_maps
    usage_model userConfigPath vpc_services wasm_modules workers_dev
"""
UNREAD = frozenset(_UNREAD.split())
"""Keys of wrangler that say nothing to a run: how to build, deploy and observe."""
