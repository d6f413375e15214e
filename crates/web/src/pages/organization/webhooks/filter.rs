//! The filter and the position of the list of deliveries, which the URL has.

use vestibule_core::id::AuditEntryId;
use vestibule_core::time::Timestamp;
use vestibule_core::webhook::{DeliveryFilter, DeliveryState};

use super::super::super::context::PageContext;
use super::super::list_url::{list_url, period_end};

/// A parameter that is no value of its kind has no effect.
#[derive(Clone, Default)]
pub(super) struct ListState {
    pub(super) state: Option<DeliveryState>,
    pub(super) event: String,
    /// Days, as they were typed.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) before: Option<AuditEntryId>,
}

impl ListState {
    pub(super) fn from_query(cx: &PageContext) -> Self {
        let text = |name| cx.query_param(name).trim().to_owned();
        Self {
            state: text("state").parse().ok(),
            event: text("event"),
            from: text("from"),
            to: text("to"),
            before: text("before").parse().ok(),
        }
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.state.is_some() || [&self.event, &self.from, &self.to].iter().any(|value| !value.is_empty())
    }

    pub(super) fn filter(&self) -> DeliveryFilter {
        DeliveryFilter {
            state: self.state,
            event: Some(self.event.clone()).filter(|event| !event.is_empty()),
            from: Timestamp::parse(&self.from),
            to: period_end(&self.to),
        }
    }

    /// Returns the URL of another page, with the same filter.
    pub(super) fn page_url(&self, path: &str, before: Option<AuditEntryId>) -> String {
        list_url(
            path,
            &[
                ("state", self.state.map(|state| state.to_string()).unwrap_or_default()),
                ("event", self.event.clone()),
                ("from", self.from.clone()),
                ("to", self.to.clone()),
                ("before", before.map(|before| before.to_string()).unwrap_or_default()),
            ],
        )
    }
}
