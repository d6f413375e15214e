//! Waking the workers of the outbox.

use tokio::sync::Notify;

use super::Queue;

/// Wakes the worker of one queue without waking the other. Wake-ups are not counted: a worker that wakes takes every job
/// that is due.
#[derive(Debug, Default)]
pub(crate) struct WakeUps {
    urgent: Notify,
    ordinary: Notify,
}

impl WakeUps {
    /// Wakes the worker of a queue, or keeps it from waiting the next time.
    pub(crate) fn wake(&self, queue: Queue) {
        self.of(queue).notify_one();
    }

    /// Waits for the next wake-up.
    pub(crate) async fn woken(&self, queue: Queue) {
        self.of(queue).notified().await;
    }

    const fn of(&self, queue: Queue) -> &Notify {
        match queue {
            Queue::Urgent => &self.urgent,
            Queue::Ordinary => &self.ordinary,
        }
    }
}
