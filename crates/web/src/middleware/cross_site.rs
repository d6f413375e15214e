//! Protection against cross-site request forgery (ASVS 3.5.1), by the `Origin` and `Sec-Fetch-Site` headers of
//! browsers. Requests without either header are not from browsers and pass.

use axum::http::{HeaderMap, Method, header};
use vestibule_core::settings::Settings;
use vestibule_core::{Code, Problem};

/// Where identity providers make a browser post their response (OAuth 2.0 Form Post Response Mode). The response is only
/// kept: the browser's own session finishes, with the state that only it has.
const RESPONSES_OF_PROVIDERS: &str = "/auth/oauth2/callback";
/// The same, before the id of an organization.
const RESPONSES_OF_CONNECTIONS: &str = "/auth/sso/oidc/callback/";

/// Whether identity providers post to this path.
fn takes_responses(path: &str) -> bool {
    let is_id = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    path == RESPONSES_OF_PROVIDERS || path.strip_prefix(RESPONSES_OF_CONNECTIONS).is_some_and(is_id)
}

/// Like [`check`], except for the paths on which other sites post.
///
/// # Errors
/// `CROSS_SITE_REQUEST`.
pub(crate) fn check_path(method: &Method, path: &str, headers: &HeaderMap, settings: &Settings) -> Result<(), Problem> {
    if *method == Method::POST && takes_responses(path) {
        return Ok(());
    }
    check(method, headers, settings)
}

/// Rejects state-changing requests from other sites, also without a session cookie: login CSRF signs the victim in as
/// the attacker.
///
/// # Errors
/// `CROSS_SITE_REQUEST`.
pub(crate) fn check(method: &Method, headers: &HeaderMap, settings: &Settings) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let passes = match (headers.get(header::ORIGIN), headers.get("sec-fetch-site")) {
        // Our pages have the policy `no-referrer`, with which browsers send `Origin: null` (Fetch, 3.2). Scripts cannot
        // forge `Sec-Fetch-Site`.
        (Some(origin), Some(site)) if origin == "null" => site == "same-origin",
        (Some(origin), _) => {
            origin.to_str().is_ok_and(|origin| settings.is_allowed_origin(&origin.to_ascii_lowercase()))
        }
        (None, Some(site)) => site == "same-origin" || site == "none",
        (None, None) => true,
    };
    if passes { Ok(()) } else { Err(Code::CrossSiteRequest.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};
    use vestibule_core::settings::PublicUrl;

    #[test]
    fn providers_post_to_redirect_uris_only() {
        let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static("https://appleid.apple.com"))]);
        let settings = Settings::default();
        for (method, path, passes) in [
            (Method::POST, "/auth/oauth2/callback", true),
            (Method::POST, "/auth/sso/oidc/callback/7", true),
            (Method::POST, "/auth/sso/oidc/callback", false),
            (Method::POST, "/auth/sso/oidc/callback/", false),
            (Method::POST, "/auth/sso/oidc/callback/7/8", false),
            (Method::POST, "/auth/sso/oidc/callback/%37", false),
            (Method::PUT, "/auth/oauth2/callback", false),
            (Method::POST, "/auth/oauth2/callback/", false),
            (Method::POST, "/auth/oauth2/callback/x", false),
            (Method::POST, "/auth//oauth2/callback", false),
            (Method::POST, "/AUTH/oauth2/callback", false),
            (Method::POST, "/auth/sso/callback", false),
            (Method::POST, "/auth/signin", false),
        ] {
            assert_eq!(check_path(&method, path, &headers, &settings).is_ok(), passes, "{method} {path}");
        }
    }

    #[test]
    fn rejects_unsafe_requests_of_other_origins() {
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
        for (lines, expected) in cases {
            let headers =
                lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let headers: HeaderMap = headers.collect();
            assert_eq!(check(&Method::POST, &headers, &settings).is_ok(), *expected, "{lines:?}");
            assert!(check(&Method::GET, &headers, &settings).is_ok());
        }
    }
}
