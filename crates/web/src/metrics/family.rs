//! What describes a metric.

use prometheus_client::registry;

use super::scrape::{Samples, Scrape};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    /// A gauge that is 1, for its labels.
    Info,
}

/// The databases with which a metric is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Any,
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Bytes,
    Seconds,
}

impl Unit {
    pub(super) fn encoded(self) -> registry::Unit {
        match self {
            Self::Bytes => registry::Unit::Bytes,
            Self::Seconds => registry::Unit::Seconds,
        }
    }
}

/// Reads the samples of a metric.
pub(super) type Collect = for<'a> fn(&'a Scrape, &mut Samples<'a>);

/// A metric with its labels.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Without the unit and the suffix of its kind.
    pub(super) base_name: &'static str,
    pub(super) unit: Option<Unit>,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    pub engine: Engine,
    /// One sentence.
    pub help: &'static str,
    pub(super) collect: Collect,
}

impl Family {
    /// The name as it is exported.
    pub fn name(&self) -> String {
        let unit = self.unit.map_or(String::new(), |unit| format!("_{}", unit.encoded().as_str()));
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        format!("{}{unit}{suffix}", self.base_name)
    }

    const fn new(
        kind: Kind,
        base_name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self { base_name, unit: None, kind, labels, engine: Engine::Any, help, collect }
    }

    pub(super) const fn counter(
        base_name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self::new(Kind::Counter, base_name, labels, help, collect)
    }

    pub(super) const fn gauge(
        base_name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self::new(Kind::Gauge, base_name, labels, help, collect)
    }

    pub(super) const fn info(
        base_name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self::new(Kind::Info, base_name, labels, help, collect)
    }

    /// A histogram of seconds.
    pub(super) const fn histogram(
        base_name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        collect: Collect,
    ) -> Self {
        Self::new(Kind::Histogram, base_name, labels, help, collect).in_unit(Unit::Seconds)
    }

    pub(super) const fn in_unit(self, unit: Unit) -> Self {
        Self { unit: Some(unit), ..self }
    }

    pub(super) const fn only_with(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }
}
