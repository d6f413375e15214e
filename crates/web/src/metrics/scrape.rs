//! One scrape: what the metrics are at one moment, and how they are written.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use vestibule_core::metrics::{HistogramSnapshot, Metrics};
use vestibule_core::service::Service;
use vestibule_core::{outbox, webhook};
use vestibule_db::Db;
use vestibule_db::metrics::Label;

use super::RouteMetrics;
use super::families::FAMILIES;
use super::family::{Engine, Family, Kind};
use crate::app::App;
use crate::platform::PlatformServer;
use crate::server::Server;

/// A text format of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Version 0.0.4 of the text format of Prometheus.
    Prometheus,
    /// OpenMetrics 1.0.0, which also has units.
    OpenMetrics,
}

impl Format {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Where the metrics of a scrape are read.
#[derive(Debug)]
pub(super) struct Scrape {
    pub(super) frontend: Server,
    pub(super) platform: Option<PlatformServer>,
    /// `None` if the database did not answer.
    pub(super) outbox: Option<outbox::Status>,
    /// `None` if the database did not answer.
    pub(super) webhooks: Option<webhook::Status>,
}

impl Scrape {
    /// Writes all metrics.
    pub(super) fn write(self, format: Format) -> Result<String, fmt::Error> {
        let (mut registry, mut output) = (Registry::default(), String::new());
        registry.register_collector(Box::new(self));
        match format {
            Format::Prometheus => prometheus_text::encode(&mut output, &registry)?,
            Format::OpenMetrics => text::encode(&mut output, &registry)?,
        }
        Ok(output)
    }

    pub(super) fn app(&self) -> &App {
        self.frontend.app()
    }

    pub(super) fn service(&self) -> &Service {
        self.app().service()
    }

    pub(super) fn db(&self) -> &Db {
        self.service().db()
    }

    pub(super) fn counters(&self) -> &Metrics {
        &self.service().metrics
    }

    /// The routes of all APIs, each with the name of its API.
    pub(super) fn routes(&self) -> impl Iterator<Item = (&'static str, &RouteMetrics)> {
        let servers = [Some(self.frontend.metrics()), self.platform.as_ref().map(PlatformServer::metrics)];
        servers.into_iter().flatten().flat_map(|http| http.routes().map(|route| (http.api.as_str(), route)))
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        FAMILIES.iter().try_for_each(|family| family.encode(self, &mut encoder))
    }
}

impl Family {
    /// Writes the samples of this family, and nothing if there is none.
    fn encode(&self, scrape: &Scrape, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let is_exported = match self.engine {
            Engine::Any => true,
            Engine::Sqlite => matches!(scrape.db(), Db::Sqlite(_)),
            Engine::Postgres => matches!(scrape.db(), Db::Postgres(_)),
        };
        if !is_exported {
            return Ok(());
        }
        let mut samples = Samples { labels: self.labels, list: Vec::new() };
        (self.collect)(scrape, &mut samples);
        if samples.list.is_empty() {
            return Ok(());
        }
        let kind = match self.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
            Kind::Info => MetricType::Info,
        };
        let unit = self.unit.map(super::family::Unit::encoded);
        let mut metric = encoder.encode_descriptor(self.base_name, self.help, unit.as_ref(), kind)?;
        samples.list.iter().try_for_each(|sample| sample.encode(self.kind, &mut metric))
    }
}

/// The samples of one family.
pub(super) struct Samples<'a> {
    labels: &'static [&'static str],
    list: Vec<Sample<'a>>,
}

struct Sample<'a> {
    labels: Vec<(&'static str, &'a str)>,
    value: Value,
}

enum Value {
    Integer(u64),
    Seconds(f64),
    Histogram(HistogramSnapshot),
}

impl<'a> Samples<'a> {
    /// Adds a sample with a value for each label of the family.
    fn add(&mut self, labels: &[&'a str], value: Value) {
        debug_assert_eq!(labels.len(), self.labels.len(), "{:?}", self.labels);
        let labels = self.labels.iter().copied().zip(labels.iter().copied()).collect();
        self.list.push(Sample { labels, value });
    }

    pub(super) fn integer(&mut self, labels: &[&'a str], value: u64) {
        self.add(labels, Value::Integer(value));
    }

    pub(super) fn size(&mut self, labels: &[&'a str], value: usize) {
        self.integer(labels, value as u64);
    }

    pub(super) fn seconds(&mut self, labels: &[&'a str], value: f64) {
        self.add(labels, Value::Seconds(value));
    }

    pub(super) fn histogram(&mut self, labels: &[&'a str], snapshot: HistogramSnapshot) {
        self.add(labels, Value::Histogram(snapshot));
    }
}

impl Sample<'_> {
    fn encode(&self, kind: Kind, metric: &mut MetricEncoder<'_>) -> fmt::Result {
        if kind == Kind::Info {
            return metric.encode_info(&self.labels);
        }
        let mut metric = metric.encode_family(&self.labels)?;
        match &self.value {
            Value::Integer(count) if kind == Kind::Counter => metric.encode_counter::<NoLabelSet, _, u64>(count, None),
            Value::Integer(size) => metric.encode_gauge(size),
            Value::Seconds(seconds) => metric.encode_gauge(seconds),
            Value::Histogram(snapshot) => {
                metric.encode_histogram::<NoLabelSet>(snapshot.sum, snapshot.count(), &snapshot.buckets, None)
            }
        }
    }
}
