//! Every metric that is exported. The table in `docs/operations.md` is compared with it.
//!
//! Dashboards and alerts of operators depend on names and labels. A label's values are those of an enum, or the patterns
//! of the routes.

use vestibule_core::metrics::{CacheMetrics, Counters, Label, PoolStatus};
use vestibule_core::outbox::QueueStatus;
use vestibule_db::Db;

use super::family::{Engine, Family, Unit};
use super::process;
use super::scrape::{Samples, Scrape};

/// Every metric, in the order in which it is exported.
pub static FAMILIES: &[Family] = &[
    Family::counter(
        "vestibule_http_requests",
        &["api", "route", "method", "status"],
        "Requests by API, pattern of the route, method and class of the status.",
        |scrape, samples| {
            for (api, route) in scrape.routes() {
                for (status, count) in route.responses.values().filter(|(_, count)| *count > 0) {
                    samples.integer(&[api, &route.path, route.method, status.as_str()], count);
                }
            }
        },
    ),
    Family::histogram(
        "vestibule_http_request_duration",
        &["api", "route", "method"],
        "Time from the head of a request to the head of its response.",
        |scrape, samples| {
            for (api, route) in scrape.routes() {
                let snapshot = route.duration.snapshot();
                if snapshot.count() > 0 {
                    samples.histogram(&[api, &route.path, route.method], snapshot);
                }
            }
        },
    ),
    Family::counter(
        "vestibule_database_statements",
        &[],
        "SQL statements of operations that have ended.",
        |scrape, samples| samples.integer(&[], scrape.counters().statements.get()),
    ),
    Family::counter(
        "vestibule_database_retries",
        &[],
        "Transactions that were run again after a failure.",
        |scrape, samples| samples.integer(&[], scrape.counters().retries.get()),
    )
    .only_with(Engine::Postgres),
    Family::counter(
        "vestibule_database_transaction_failures",
        &["reason"],
        "Attempts of transactions that failed, also if a later attempt succeeded.",
        |scrape, samples| add_each(samples, &scrape.counters().transaction_failures),
    )
    .only_with(Engine::Postgres),
    Family::gauge(
        "vestibule_database_pool_max_connections",
        &[],
        "Connections for transactions that the process may open.",
        |scrape, samples| add_pool(scrape, samples, |pool| pool.max),
    )
    .only_with(Engine::Postgres),
    Family::gauge(
        "vestibule_database_pool_open_connections",
        &[],
        "Open connections for transactions.",
        |scrape, samples| add_pool(scrape, samples, |pool| pool.open),
    )
    .only_with(Engine::Postgres),
    Family::gauge(
        "vestibule_database_pool_used_connections",
        &[],
        "Connections that a transaction uses.",
        |scrape, samples| add_pool(scrape, samples, |pool| pool.in_use),
    )
    .only_with(Engine::Postgres),
    Family::gauge(
        "vestibule_database_pool_waiting",
        &[],
        "Transactions that wait for a connection.",
        |scrape, samples| add_pool(scrape, samples, |pool| pool.waiting),
    )
    .only_with(Engine::Postgres),
    Family::histogram(
        "vestibule_database_pool_wait",
        &[],
        "Time that transactions have waited for a connection, also for a new one.",
        |scrape, samples| {
            if let Db::Postgres(postgres) = scrape.db() {
                samples.histogram(&[], postgres.pool_wait().snapshot());
            }
        },
    )
    .only_with(Engine::Postgres),
    Family::gauge(
        "vestibule_database_writer_queue",
        &[],
        "Commands that wait for the writer. At 1024, further ones are refused.",
        |scrape, samples| {
            if let Db::Sqlite(sqlite) = scrape.db() {
                samples.size(&[], sqlite.writer_queue());
            }
        },
    )
    .only_with(Engine::Sqlite),
    Family::histogram(
        "vestibule_database_writer_wait",
        &[],
        "Time that commands have waited for the writer.",
        |scrape, samples| {
            if let Db::Sqlite(sqlite) = scrape.db() {
                samples.histogram(&[], sqlite.writer_wait().snapshot());
            }
        },
    )
    .only_with(Engine::Sqlite),
    Family::counter(
        "vestibule_cache_hits",
        &["cache"],
        "Look-ups in a cache that found a current entry.",
        |scrape, samples| add_caches(scrape, samples, |cache| cache.hits.get()),
    ),
    Family::counter(
        "vestibule_cache_misses",
        &["cache"],
        "Look-ups in a cache that found no entry, or an outdated one.",
        |scrape, samples| add_caches(scrape, samples, |cache| cache.misses.get()),
    ),
    Family::counter(
        "vestibule_cache_invalidations",
        &["cache"],
        "Entries of a cache that were found to be outdated.",
        |scrape, samples| add_caches(scrape, samples, |cache| cache.invalidations.get()),
    ),
    Family::gauge(
        "vestibule_outbox_due_jobs",
        &["queue"],
        "Mails of all processes that are due and not claimed, up to 10000.",
        |scrape, samples| {
            for (queue, status) in queues(scrape) {
                samples.integer(&[queue], status.due.unsigned_abs());
            }
        },
    ),
    Family::gauge(
        "vestibule_outbox_oldest_due_age",
        &["queue"],
        "Time for which the oldest due mail of all processes has been due.",
        |scrape, samples| {
            for (queue, status) in queues(scrape) {
                samples.seconds(&[queue], status.oldest.as_secs_f64());
            }
        },
    )
    .in_unit(Unit::Seconds),
    Family::gauge(
        "vestibule_outbox_dead_jobs",
        &[],
        "Mails of all processes that were given up and that an operator can retry or drop, up to 10000.",
        |scrape, samples| {
            if let Some(outbox) = scrape.outbox {
                samples.integer(&[], outbox.dead.unsigned_abs());
            }
        },
    ),
    Family::counter(
        "vestibule_mail_attempts",
        &["outcome"],
        "Attempts to send a mail, by outcome.",
        |scrape, samples| add_each(samples, &scrape.counters().mail_attempts),
    ),
    Family::gauge(
        "vestibule_webhook_waiting_deliveries",
        &[],
        "Webhooks of all processes that wait for an attempt to an enabled endpoint, up to 10000.",
        |scrape, samples| {
            if let Some(webhooks) = scrape.webhooks {
                samples.integer(&[], webhooks.waiting.unsigned_abs());
            }
        },
    ),
    Family::gauge(
        "vestibule_webhook_oldest_due_age",
        &[],
        "Time for which the webhook has been due that has been due longest.",
        |scrape, samples| {
            if let Some(webhooks) = scrape.webhooks {
                let now = scrape.frontend.app().service().now();
                let age = webhooks.oldest_due_at.map_or(0.0, |due_at| now.since(due_at).as_secs_f64());
                samples.seconds(&[], age);
            }
        },
    )
    .in_unit(Unit::Seconds),
    Family::counter(
        "vestibule_webhook_attempts",
        &["outcome"],
        "Attempts to deliver a webhook, by outcome.",
        |scrape, samples| add_each(samples, &scrape.counters().webhook_attempts),
    ),
    Family::counter(
        "vestibule_authentications",
        &["kind", "outcome"],
        "Proofs of identity, such as sign-ins, by outcome; a failure is a wrong proof.",
        |scrape, samples| {
            for (kind, outcome, count) in scrape.counters().authentications.values() {
                samples.integer(&[kind.as_str(), outcome.as_str()], count);
            }
        },
    ),
    Family::counter(
        "vestibule_rate_limit_refusals",
        &["limit"],
        "What rate limits have refused.",
        |scrape, samples| add_each(samples, &scrape.counters().rate_limit_refusals),
    ),
    Family::counter(
        "vestibule_api_key_refusals",
        &["reason"],
        "Requests with an API key that were refused for the key.",
        |scrape, samples| add_each(samples, &scrape.counters().api_key_refusals),
    ),
    Family::gauge(
        "vestibule_background_pool_max",
        &["pool"],
        "Pieces of work that a pool of background threads may run at once.",
        |scrape, samples| add_background(scrape, samples, |pool| pool.max),
    ),
    Family::gauge(
        "vestibule_background_pool_busy",
        &["pool"],
        "Pieces of work that a pool of background threads runs.",
        |scrape, samples| add_background(scrape, samples, |pool| pool.in_use),
    ),
    Family::gauge(
        "vestibule_background_pool_waiting",
        &["pool"],
        "Pieces of work that wait for a pool of background threads.",
        |scrape, samples| add_background(scrape, samples, |pool| pool.waiting),
    ),
    Family::info(
        "vestibule_build",
        &["version", "database"],
        "The version of the server, and its database.",
        |scrape, samples| {
            let database = match scrape.db() {
                Db::Sqlite(_) => "sqlite",
                Db::Postgres(_) => "postgresql",
            };
            samples.integer(&[env!("CARGO_PKG_VERSION"), database], 1);
        },
    ),
    Family::gauge("process_start_time", &[], "Start time of the process since 1970.", |scrape, samples| {
        samples.integer(&[], scrape.service().started_at.unix_seconds().unsigned_abs());
    })
    .in_unit(Unit::Seconds),
    // Only where the system tells it, which is on Linux.
    Family::gauge("process_resident_memory", &[], "Resident memory of the process.", |_, samples| {
        if let Some(bytes) = process::resident_memory() {
            samples.integer(&[], bytes);
        }
    })
    .in_unit(Unit::Bytes),
];

fn add_each<L: Label>(samples: &mut Samples<'_>, counters: &Counters<L>) {
    for (label, count) in counters.values() {
        samples.integer(&[label.as_str()], count);
    }
}

fn add_pool(scrape: &Scrape, samples: &mut Samples<'_>, read: fn(PoolStatus) -> usize) {
    if let Db::Postgres(postgres) = scrape.db() {
        samples.size(&[], read(postgres.pool_status()));
    }
}

fn add_caches(scrape: &Scrape, samples: &mut Samples<'_>, read: fn(&CacheMetrics) -> u64) {
    let (app, service) = (scrape.app(), scrape.service());
    for (name, metrics) in [
        ("access", service.access_cache_metrics()),
        ("references", service.organization_cache_metrics()),
        ("invitation_lists", &app.list_cache().metrics),
        ("sessions", &app.session_cache().metrics),
    ] {
        samples.integer(&[name], read(metrics));
    }
}

fn add_background(scrape: &Scrape, samples: &mut Samples<'_>, read: fn(PoolStatus) -> usize) {
    for (pool, status) in scrape.service().background_pools() {
        samples.size(&[pool.as_str()], read(status));
    }
}

/// The queues of the outbox; none if the database did not answer.
fn queues(scrape: &Scrape) -> impl Iterator<Item = (&'static str, QueueStatus)> {
    let outbox = scrape.outbox;
    outbox.into_iter().flat_map(|outbox| [("urgent", outbox.urgent), ("ordinary", outbox.ordinary)])
}
