//! Sending the deliveries of a span of time again, such as those of an outage of the receiver.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::time::Timestamp;
use vestibule_core::webhook::{MAX_REPLAYED, Replay, Span};
use vestibule_core::{Code, Problem};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::confirm::Confirmation;
use super::super::page_or_response;
use super::endpoint::{self, Failed};
use super::{Ids, PathIds};

/// What the fields contain.
pub(super) struct SpanFields {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) only_failed: bool,
    /// Why they were refused.
    pub(super) error: Option<String>,
}

impl Default for SpanFields {
    fn default() -> Self {
        Self { from: String::new(), to: String::new(), only_failed: true, error: None }
    }
}

impl SpanFields {
    fn from_form(form: &Form) -> Self {
        Self {
            from: form.text("from").trim().to_owned(),
            to: form.text("to").trim().to_owned(),
            only_failed: form.is_checked("only_failed"),
            error: None,
        }
    }

    /// Returns the beginning and the end, which is the latest time if it is left empty. `None` if they are no span.
    fn parse(&self) -> Option<(Timestamp, Timestamp)> {
        let from = parse_time(&self.from)?;
        let to = if self.to.is_empty() { Timestamp::LATEST } else { parse_time(&self.to)? };
        (from < to).then_some((from, to))
    }
}

/// Parses the value of a field for date and time, which has no time zone: the page says that it is UTC.
fn parse_time(text: &str) -> Option<Timestamp> {
    match text.len() {
        16 => Timestamp::parse(&format!("{text}:00Z")),
        19 => Timestamp::parse(&format!("{text}Z")),
        _ => Timestamp::parse(text),
    }
}

pub(super) async fn replay(cx: PageContext, Path((organization, id)): PathIds, form: Form) -> Response {
    page_or_response(replay_span(&cx, (&organization, &id), &form).await)
}

async fn replay_span(cx: &PageContext, ids: (&str, &str), form: &Form) -> PageResult<Response> {
    let (t, ids) = (cx.words, Ids::parse(cx, ids)?);
    let fields = SpanFields::from_form(form);
    let Some((from, to)) = fields.parse() else {
        let problem: Problem = Code::InvalidField.into();
        let span = SpanFields { error: Some(t.webhook_replay_error()), ..fields };
        return endpoint::page(cx, ids, Failed { problem: Some(&problem), span: Some(span) }).await;
    };
    let (url, path) = (ids.find(cx).await?.url, ids.path());
    let until = if to == Timestamp::LATEST { t.webhook_replay_until_now() } else { t.long_time(to) };
    let which = if fields.only_failed {
        t.webhook_replay_failed_between(t.long_time(from), until)
    } else {
        t.webhook_replay_all_between(t.long_time(from), until)
    };
    Confirmation::new(t.webhook_replay_title(), t.webhook_replay(), format!("{path}/replay"), &path)
        .paragraph(url)
        .paragraph(which)
        .paragraph(t.webhook_replay_warning())
        .hidden_field("from", fields.from.as_str())
        .hidden_field("to", fields.to.as_str())
        .hidden_field("only_failed", if fields.only_failed { "yes" } else { "" })
        .harmless()
        .require(cx, form)?;
    let span = Span::Between { from, to, only_failed: fields.only_failed };
    match cx.run(Replay { access: ids.access(), endpoint: ids.endpoint, span }).await {
        Ok(count) => {
            let is_most = i64::try_from(count).is_ok_and(|count| count == MAX_REPLAYED);
            let key = if is_most { "webhooks_replayed_most" } else { "webhooks_replayed" };
            Ok(cx.redirect_with_flash(&path, &format!("{key}.{count}")))
        }
        Err(problem) => endpoint::page(cx, ids, Failed::from(&problem)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str) -> Option<(String, String)> {
        let fields = SpanFields { from: from.to_owned(), to: to.to_owned(), ..SpanFields::default() };
        fields.parse().map(|(from, to)| (from.to_string(), to.to_string()))
    }

    #[test]
    fn times_are_utc() {
        let expected = Some(("2026-01-31T09:30:00Z".to_owned(), "2026-02-01T00:00:00Z".to_owned()));
        assert_eq!(span("2026-01-31T09:30", "2026-02-01T00:00:00"), expected);
        assert_eq!(span("2026-01-31T09:30:00Z", "2026-02-01"), expected);
        assert!(span("2026-01-31T09:30", "").is_some());
        for (from, to) in [("", ""), ("x", ""), ("2026-01-31T09:30", "x"), ("2026-01-31T09:30", "2026-01-31T09:30")] {
            assert_eq!(span(from, to), None, "{from} {to}");
        }
    }
}
