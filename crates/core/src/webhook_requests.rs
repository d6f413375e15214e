//! Wakes the worker that delivers webhooks.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Requests to look for deliveries that are due.
#[derive(Debug, Default)]
pub(crate) struct WebhookRequests {
    notify: Notify,
    /// Whether the worker may have something to do. It is only a hint: the worker also polls, and finds the endpoints that
    /// another process has created.
    has_endpoints: AtomicBool,
}

impl WebhookRequests {
    /// Wakes the worker after an event, unless there are no endpoints.
    pub(crate) fn wake(&self) {
        if self.has_endpoints.load(Ordering::Relaxed) {
            self.notify.notify_one();
        }
    }

    /// Wakes the worker after a change of an endpoint or a delivery.
    pub(crate) fn wake_for_change(&self) {
        self.has_endpoints.store(true, Ordering::Relaxed);
        self.notify.notify_one();
    }

    pub(crate) fn set_has_endpoints(&self, has_endpoints: bool) {
        self.has_endpoints.store(has_endpoints, Ordering::Relaxed);
    }

    pub(crate) async fn requested(&self) {
        self.notify.notified().await;
    }
}
