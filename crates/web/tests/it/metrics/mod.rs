//! The metrics and their listener, and what documents, alerts and dashboards say of them.

#![expect(clippy::float_cmp, reason = "counts and whole seconds are exact")]

mod client;
mod deploy;
mod documents;
mod labels;
mod listener;
mod outbox;
mod promtool;
mod requests;
mod service;
mod traces;
mod webhooks;

pub(crate) use client::{MetricsClient, Scraped};
