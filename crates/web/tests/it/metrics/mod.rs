//! The metrics and their listener, and what documents, alerts and dashboards say of them.

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

pub(crate) use client::{MetricsClient, Scraped};
