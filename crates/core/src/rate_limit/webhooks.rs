//! The quota of webhooks that are sent on request: tests, and deliveries that are sent again. Without it, a member who
//! manages endpoints could make the service send any number of requests to a URL.

use super::quota::{HOUR, Limit, Quotas};
use crate::error::Result;
use crate::execution::Context;
use crate::metrics::RateLimit;

const WEBHOOK_REPLAYS_OF_ORGANIZATION: Limit = Limit {
    kind: RateLimit::WebhookReplay,
    name: "webhook replays of organization",
    max: |limits| limits.webhook_replays_per_organization,
    window: HOUR,
};

/// The largest number of deliveries that [`take_webhook_replays`] admits at once; `None` for any.
pub(crate) fn max_webhook_replays(cx: &Context<'_>) -> Option<u32> {
    let max = cx.executor.settings.rate_limits.webhook_replays_per_organization;
    (max > 0 && !cx.caller.is_operator).then_some(max)
}

/// Checks that an organization, 0 for the installation, may send at least one delivery, before the work that ends with
/// [`take_webhook_replays`].
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn check_webhook_replays(cx: &mut Context<'_>, organization: i64) -> Result<()> {
    quotas(cx, organization, 1).check(cx).await
}

/// Takes the quota of this many tests and deliveries that are sent again. The operator has none.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(crate) async fn take_webhook_replays(cx: &mut Context<'_>, organization: i64, count: usize) -> Result<()> {
    quotas(cx, organization, count).take(cx).await
}

fn quotas(cx: &Context<'_>, organization: i64, count: usize) -> Quotas {
    let mut quotas = Quotas::default();
    if !cx.caller.is_operator {
        quotas.add(cx, WEBHOOK_REPLAYS_OF_ORGANIZATION, &organization.to_string(), count);
    }
    quotas
}
