//! Protection against requests that another site has a browser make (ASVS 3.5.1): what browsers say of a request's
//! origin is held against the settings. Programs that say nothing of it are not browsers, and pass.

use axum::http::{HeaderMap, Method, header};
use vestibule_core::settings::Settings;
use vestibule_core::{Code, Problem};

/// Refuses a state-changing request of another site, with a cookie or without: signing somebody in as the attacker is
/// an attack too. Error: `CROSS_SITE_REQUEST`.
pub(crate) fn check(method: &Method, headers: &HeaderMap, settings: &Settings) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let allowed = match (headers.get(header::ORIGIN), headers.get("sec-fetch-site")) {
        // Our own pages send no referrer, and then no origin either: browsers write `null` instead (Fetch, 3.2). They say
        // beside it that the page is ours, which no other site can have them say.
        (Some(origin), Some(site)) if origin == "null" => site == "same-origin",
        (Some(origin), _) => origin.to_str().is_ok_and(|origin| is_ours(origin, settings)),
        (None, Some(site)) => site == "same-origin" || site == "none",
        (None, None) => true,
    };
    if allowed { Ok(()) } else { Err(Code::CrossSiteRequest.into()) }
}

fn is_ours(origin: &str, settings: &Settings) -> bool {
    let allowed = settings.allowed_origins.iter().map(String::as_str);
    std::iter::once(settings.public_url.as_str()).chain(allowed).any(|ours| ours.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};
    use vestibule_core::settings::PublicUrl;

    #[test]
    fn what_browsers_say_is_held_against_the_settings() {
        let settings = Settings {
            public_url: PublicUrl::parse("https://join.example.com").unwrap(),
            allowed_origins: vec!["https://app.example.com".to_owned()],
            ..Settings::default()
        };
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (&[("origin", "https://join.example.com")], true),
            (&[("origin", "https://APP.example.com"), ("sec-fetch-site", "same-site")], true),
            (&[("origin", "https://app.example.com.evil.test")], false),
            (&[("origin", "https://evil.test"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", "http://join.example.com")], false),
            (&[("origin", "null")], false),
            (&[("origin", "null"), ("sec-fetch-site", "same-origin")], true),
            (&[("origin", "null"), ("sec-fetch-site", "same-site")], false),
            (&[("origin", "null"), ("sec-fetch-site", "cross-site")], false),
            (&[("origin", "null"), ("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
        ];
        for (lines, right) in cases {
            let headers =
                lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let headers: HeaderMap = headers.collect();
            assert_eq!(check(&Method::POST, &headers, &settings).is_ok(), *right, "{lines:?}");
            assert!(check(&Method::GET, &headers, &settings).is_ok());
        }
    }
}
