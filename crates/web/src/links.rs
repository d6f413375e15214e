//! The `Link` header of a page of a list (RFC 8288).

use std::fmt::Display;

use axum::http::HeaderValue;
use vestibule_core::time::Timestamp;

use crate::app::App;

/// The URL of a list with its filter, to which the cursors are added.
pub(crate) struct PageLinks {
    url: String,
    query: form_urlencoded::Serializer<'static, String>,
}

impl PageLinks {
    pub(crate) fn new(app: &App, path: &str) -> Self {
        let url = format!("{}{path}", app.settings().public_url.as_str());
        Self { url, query: form_urlencoded::Serializer::new(String::new()) }
    }

    /// Adds a parameter, if it has a value.
    pub(crate) fn add(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.query.append_pair(name, &value.to_string());
        }
    }

    /// The value of the header with the links that there are: to the next page by `cursor`, to the previous one by
    /// `before`.
    pub(crate) fn header(
        mut self,
        next: Option<&impl Display>,
        previous: Option<&impl Display>,
    ) -> Option<HeaderValue> {
        let (url, filter) = (self.url, self.query.finish());
        let link = |name: &str, cursor: String, relation: &str| {
            let mut query = form_urlencoded::Serializer::new(filter.clone());
            query.append_pair(name, &cursor);
            format!("<{url}?{}>; rel=\"{relation}\"", query.finish())
        };
        let next = next.map(|cursor| link("cursor", cursor.to_string(), "next"));
        let previous = previous.map(|cursor| link("before", cursor.to_string(), "prev"));
        let links: Vec<_> = next.into_iter().chain(previous).collect();
        if links.is_empty() { None } else { HeaderValue::from_str(&links.join(", ")).ok() }
    }
}

/// A time as a query parameter.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    String::from_utf8_lossy(&time.to_rfc3339()).into_owned()
}
