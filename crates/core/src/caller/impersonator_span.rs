//! The impersonator in the span of a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::id::UserId;

/// The field of the span, which is the same as in the security log.
const IMPERSONATOR_FIELD: &str = "impersonator_id";

/// Records the impersonator in the span of a request once: a text log would repeat what is recorded twice.
#[derive(Clone, Debug)]
pub struct ImpersonatorSpan(Option<Arc<AtomicBool>>);

impl ImpersonatorSpan {
    /// For a request with a span of its own.
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// For work without one.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Names the impersonator in the current span, and so in every later line of the request.
    pub(crate) fn record(&self, impersonator: UserId) {
        let is_first = self.0.as_ref().is_some_and(|is_recorded| !is_recorded.swap(true, Ordering::Relaxed));
        if is_first {
            tracing::Span::current().record(IMPERSONATOR_FIELD, tracing::field::display(impersonator));
        }
    }
}

impl Default for ImpersonatorSpan {
    fn default() -> Self {
        Self::new()
    }
}
