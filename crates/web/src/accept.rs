//! Whether a client wants a page or JSON, by its `Accept` header (RFC 9110, section 12.5.1).

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

/// What a client wants if a path has both, and for errors of every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    /// A person with a browser: browsers name `text/html` first when they navigate.
    Html,
    Json,
    /// The header is missing, is `*/*`, or rates both alike. The client is probably a program.
    Either,
}

/// How much a client wants a media type: the weight in thousandths, then how exactly the header names the type.
type Rating = (u16, u8);

const EXACT: u8 = 3;

impl Preference {
    /// Returns the preference that [`crate::Server`] attached to the request.
    pub(crate) fn from_parts(parts: &Parts) -> Self {
        parts.extensions.get().copied().unwrap_or(Self::Either)
    }

    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        // A client with an API key never wants a page, whatever its HTTP library accepts. Nothing reads bearer tokens yet.
        let is_bearer = |value: &HeaderValue| {
            value.as_bytes().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
        };
        if headers.get(header::AUTHORIZATION).is_some_and(is_bearer) {
            return Self::Json;
        }
        let (mut html, mut json) = (None, None);
        for line in headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
            for (range, weight) in line.split(',').filter_map(media_range) {
                keep_most_exact(&mut html, specificity(&range, "text", |subtype| subtype == "html"), weight);
                let is_xhtml = range == "application/xhtml+xml";
                keep_most_exact(&mut html, if is_xhtml { EXACT } else { 0 }, weight);
                let is_json = |subtype: &str| subtype == "json" || subtype.ends_with("+json");
                keep_most_exact(&mut json, specificity(&range, "application", is_json), weight);
            }
        }
        // A type that the header does not name is not acceptable, as with a weight of 0.
        let rating = |found: Option<Rating>| found.filter(|(weight, _)| *weight > 0);
        match rating(html).cmp(&rating(json)) {
            std::cmp::Ordering::Greater => Self::Html,
            std::cmp::Ordering::Less => Self::Json,
            std::cmp::Ordering::Equal => Self::Either,
        }
    }
}

/// The most exact range decides about a type. Of two alike, the client's higher weight.
fn keep_most_exact(rating: &mut Option<Rating>, specificity: u8, weight: u16) {
    let is_better = |(kept, exact): Rating| specificity > exact || (specificity == exact && weight > kept);
    if specificity > 0 && rating.is_none_or(is_better) {
        *rating = Some((weight, specificity));
    }
}

/// How exactly a range names the type: 3 for the type itself, 2 for `type/*`, 1 for `*/*`, 0 if it does not.
fn specificity(range: &str, main: &str, is_subtype: impl Fn(&str) -> bool) -> u8 {
    match range.split_once('/') {
        Some((found, subtype)) if found == main && is_subtype(subtype) => EXACT,
        Some((found, "*")) if found == main => 2,
        Some(("*", "*")) => 1,
        _ => 0,
    }
}

/// Parses a range with its weight in thousandths. `None` if the weight is invalid.
fn media_range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next()?.to_ascii_lowercase();
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().ok())
    });
    let weight = weight.unwrap_or(Some(1.0)).filter(|weight| (0.0..=1.0).contains(weight))?;
    // In bounds, as the weight is.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
    Some((range, (weight * 1000.0).round() as u16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn preference(accept: &[&str]) -> Preference {
        let mut headers = HeaderMap::new();
        accept.iter().for_each(|line| {
            headers.append(header::ACCEPT, HeaderValue::from_str(line).unwrap());
        });
        Preference::from_headers(&headers)
    }

    #[test]
    fn weighs_html_against_json() {
        use Preference::{Either, Html, Json};
        for (accept, expected) in [
            // Chromium, Firefox and Safari.
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", Html),
            ("text/html", Html),
            ("TEXT/HTML;charset=utf-8", Html),
            ("application/xhtml+xml", Html),
            ("text/*", Html),
            ("text/html, */*", Html),
            ("text/html, */*; q=0.01", Html),
            ("application/json;q=0.5, text/html;q=0.6", Html),
            ("text/html;q=0.1, application/json;q=0", Html),
            ("application/json", Json),
            ("application/*", Json),
            ("application/problem+json", Json),
            // axios.
            ("application/json, text/plain, */*", Json),
            ("application/json, text/html;q=0.1", Json),
            ("text/html;q=0.5, application/*", Json),
            ("text/html;q=0, */*", Json),
            ("application/json;q=0.9, */*;q=0.9", Json),
            ("*/*", Either),
            ("", Either),
            ("image/png", Either),
            ("text/html, application/json", Either),
            ("text/html;q=0, application/json;q=0", Either),
            ("text/html;q=2", Either),
            ("text/html;q=x", Either),
            ("nonsense;;,,=", Either),
        ] {
            assert_eq!(preference(&[accept]), expected, "{accept}");
        }
        assert_eq!(preference(&[]), Either);
        assert_eq!(preference(&["application/json;q=0.5", "text/html"]), Html);
    }

    #[test]
    fn a_bearer_token_is_a_programs() {
        for (value, expected) in
            [("Bearer x", Preference::Json), ("bearer x", Preference::Json), ("Basic x", Preference::Html)]
        {
            let headers = HeaderMap::from_iter([
                (header::ACCEPT, HeaderValue::from_static("text/html")),
                (header::AUTHORIZATION, HeaderValue::from_static(value)),
            ]);
            assert_eq!(Preference::from_headers(&headers), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn does_not_panic(accept in "[ -~]{0,80}") {
            let _ = preference(&[&accept]);
        }
    }
}
