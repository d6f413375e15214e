//! The states of endpoints and deliveries in words.

use axum::http::StatusCode;
use vestibule_core::webhook::{DeliveryState, DisabledReason, Endpoint};

use super::super::super::context::PageContext;
use super::super::super::words::Words;

/// A text with the class of its color.
pub(super) struct Badge {
    pub(super) text: String,
    /// `good`, `warn`, `bad`, or empty.
    pub(super) class: &'static str,
}

pub(super) fn endpoint_badge(t: Words, endpoint: &Endpoint) -> Badge {
    match (endpoint.is_enabled, endpoint.failing_since) {
        (false, _) => Badge { text: t.webhook_disabled(), class: "bad" },
        (true, Some(_)) => Badge { text: t.webhook_failing(), class: "warn" },
        (true, None) => Badge { text: t.webhook_enabled(), class: "good" },
    }
}

/// Returns in a few words why an endpoint gets nothing; `None` if all is well.
pub(super) fn endpoint_reason(cx: &PageContext, endpoint: &Endpoint) -> Option<String> {
    let t = cx.words;
    if endpoint.is_enabled {
        return endpoint.failing_since.map(|since| t.webhook_reason_since(t.long_time(since)));
    }
    Some(match endpoint.disabled_reason {
        Some(DisabledReason::Gone) => t.webhook_reason_gone(),
        Some(DisabledReason::Failing) => t.webhook_reason_failing(),
        Some(DisabledReason::Manual) | None => t.webhook_reason_manual(),
    })
}

/// Returns the same in whole sentences, with what follows.
pub(super) fn endpoint_explanation(cx: &PageContext, endpoint: &Endpoint) -> Option<String> {
    let t = cx.words;
    if endpoint.is_enabled {
        return endpoint.failing_since.map(|since| t.webhook_failing_since(t.long_time(since)));
    }
    let date = endpoint.disabled_at.map(|time| t.long_time(time)).unwrap_or_default();
    Some(match endpoint.disabled_reason {
        Some(DisabledReason::Gone) => t.webhook_disabled_gone(date),
        Some(DisabledReason::Failing) => t.webhook_disabled_failing(date),
        Some(DisabledReason::Manual) | None => t.webhook_disabled_manual(date),
    })
}

pub(super) fn state_label(t: Words, state: DeliveryState) -> String {
    match state {
        DeliveryState::Waiting => t.webhook_waiting(),
        DeliveryState::Delivered => t.webhook_delivered(),
        DeliveryState::Failed => t.webhook_failed(),
        DeliveryState::Cancelled => t.webhook_cancelled(),
    }
}

/// Returns the state of a delivery. One that waits after a failed attempt is `Retrying`.
pub(super) fn delivery_badge(t: Words, state: DeliveryState, attempts: i64) -> Badge {
    let class = match state {
        DeliveryState::Waiting if attempts > 0 => return Badge { text: t.webhook_retrying(), class: "warn" },
        DeliveryState::Waiting | DeliveryState::Cancelled => "",
        DeliveryState::Delivered => "good",
        DeliveryState::Failed => "bad",
    };
    Badge { text: state_label(t, state), class }
}

/// Returns how an attempt has ended, such as `500 Internal Server Error` or `The receiver did not answer in time`; empty
/// without an attempt.
pub(super) fn outcome(t: Words, status: Option<i64>, error: &str) -> String {
    if let Some(status) = status {
        let known = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let reason = known.and_then(|status| status.canonical_reason()).unwrap_or_default();
        return format!("{status} {reason}").trim_end().to_owned();
    }
    match error {
        "" => String::new(),
        "blocked_address" => t.webhook_error_blocked_address(),
        "name_not_found" => t.webhook_error_name_not_found(),
        "lookup_failed" => t.webhook_error_lookup_failed(),
        "unreachable" => t.webhook_error_unreachable(),
        "connection_lost" => t.webhook_error_connection_lost(),
        "tls_failed" => t.webhook_error_tls_failed(),
        "timeout" => t.webhook_error_timeout(),
        "too_large" | "invalid_response" => t.webhook_error_invalid_response(),
        "url_not_allowed" => t.webhook_error_url_not_allowed(),
        _ => t.webhook_error_internal(),
    }
}

#[cfg(test)]
mod tests {
    use vestibule_core::language::Language;

    use super::*;

    #[test]
    fn outcomes_are_words() {
        let t = Words::new(Language::English);
        assert_eq!(outcome(t, Some(500), ""), "500 Internal Server Error");
        assert_eq!(outcome(t, Some(599), ""), "599");
        assert_eq!(outcome(t, None, ""), "");
        assert_eq!(outcome(t, None, "timeout"), "No answer within 15 seconds");
        assert_eq!(outcome(t, None, "new_kind"), outcome(t, None, "internal"));
    }

    #[test]
    fn a_delivery_that_has_failed_once_is_retried() {
        let t = Words::new(Language::English);
        assert_eq!(delivery_badge(t, DeliveryState::Waiting, 0).text, "Waiting");
        let retrying = delivery_badge(t, DeliveryState::Waiting, 1);
        assert_eq!((retrying.text.as_str(), retrying.class), ("Retrying", "warn"));
        assert_eq!(delivery_badge(t, DeliveryState::Failed, 10).class, "bad");
    }
}
