//! Validation of redirect targets: a path of this server, or a URL of an allowed origin. It prevents open redirects.

use vestibule_core::Problem;
use vestibule_core::settings::Settings;

use crate::prefix;

const MAX_BYTES: usize = 2000;

/// A syntactically valid redirect target. Only [`ReturnTo::allowed`] checks the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReturnTo {
    /// Begins with exactly one slash.
    Path(String),
    /// `origin` is normalized as browsers do.
    Url { origin: String, url: String },
}

impl ReturnTo {
    /// Parses untrusted input. Browsers treat `\` as `/` and ignore tabs and line breaks, so those are rejected.
    ///
    /// # Errors
    /// `INVALID_FIELD` for `field`.
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self, Problem> {
        let invalid = || Problem::field(field, "write a path that begins with one slash, or an http or https URL.");
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>');
        if text.len() > MAX_BYTES || !text.bytes().all(is_plain) {
            return Err(invalid());
        }
        if text.starts_with('/') {
            return if text.starts_with("//") { Err(invalid()) } else { Ok(Self::Path(text.to_owned())) };
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(invalid)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let origin = format!("{scheme}://{authority}").to_ascii_lowercase();
        // Rejects user info, invalid ports, and schemes other than http and https.
        match vestibule_core::settings::PublicUrl::parse_origin(&origin) {
            Ok(parsed) => Ok(Self::Url { origin: parsed.as_str().to_owned(), url: text.to_owned() }),
            Err(_) => Err(invalid()),
        }
    }

    /// Whether the target is no page of ours: it has another origin, or is not below the prefix of the public URL.
    pub(crate) fn is_elsewhere(&self, settings: &Settings) -> bool {
        let Self::Url { origin, url } = self else { return false };
        let public_url = &settings.public_url;
        let host = origin.strip_prefix("http://").unwrap_or_default();
        let is_own_origin = origin == public_url.origin() || public_url.is_loopback_alias(host);
        let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
        let path = after_scheme.find(['/', '?', '#']).map_or("", |start| &after_scheme[start..]);
        !(is_own_origin && prefix::strip(path, public_url.path()).is_some())
    }

    /// Returns the target if it is a path, or its origin is that of the public URL or the application, or in
    /// `allowed_origins`.
    ///
    /// # Errors
    /// `INVALID_FIELD` for `field`.
    pub(crate) fn allowed(self, field: &str, settings: &Settings) -> Result<String, Problem> {
        match self {
            // A path may have the prefix of the public URL, which is added to every redirect.
            Self::Path(path) => Ok(prefix::strip_return_to(&path, settings.public_url.path())),
            Self::Url { origin, url } => {
                if settings.is_allowed_origin(&origin) {
                    return Ok(url);
                }
                Err(Problem::field(field, "its origin is neither in allowed_origins nor that of app.url."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vestibule_core::settings::PublicUrl;

    fn settings() -> Settings {
        Settings {
            public_url: PublicUrl::parse("https://join.example.com").unwrap(),
            allowed_origins: vec!["https://app.example.com".to_owned()],
            ..Settings::default()
        }
    }

    #[test]
    fn pages_below_the_prefix_are_ours() {
        for (public_url, url, is_elsewhere) in [
            ("https://example.com", "https://example.com/account", false),
            ("https://example.com", "https://app.example.com/account", true),
            ("https://example.com/id", "https://example.com/id/account", false),
            ("https://example.com/id", "https://example.com:443/id?x", false),
            ("https://example.com/id", "https://example.com/id", false),
            ("https://example.com/id", "https://example.com/idea", true),
            ("https://example.com/id", "https://example.com/account", true),
            ("https://example.com/id", "https://example.com", true),
            ("http://127.0.0.1:8080", "http://localhost:8080/account", false),
            ("http://127.0.0.1:8080", "http://localhost:3000/account", true),
        ] {
            let settings = Settings { public_url: PublicUrl::parse(public_url).unwrap(), ..Settings::default() };
            let target = ReturnTo::parse("return_to", url).unwrap();
            assert_eq!(target.is_elsewhere(&settings), is_elsewhere, "{public_url} {url}");
        }
    }

    fn allowed(text: &str) -> Option<String> {
        ReturnTo::parse("return_to", text).ok()?.allowed("return_to", &settings()).ok()
    }

    #[test]
    fn rejects_other_origins_and_malformed_targets() {
        for good in [
            "/",
            "/organizations?x=1#y",
            "https://app.example.com/a?b=c",
            "https://join.example.com",
            "https://APP.example.com:443/",
        ] {
            assert_eq!(allowed(good).as_deref(), Some(good));
        }
        for wrong in [
            "",
            "organizations",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /x",
            "https:evil.example",
            "https:/evil.example",
            "https://evil.example",
            "https://app.example.com.evil.example",
            "https://app.example.com@evil.example",
            "https://app.example.com:8443/",
            "http://app.example.com/",
            "javascript:alert(1)",
            "javascript://app.example.com/%0aalert(1)",
            "data:text/html,x",
            "https://",
        ] {
            assert_eq!(allowed(wrong), None, "{wrong:?}");
        }
        assert_eq!(allowed(&format!("/{}", "x".repeat(2000))), None);
    }

    proptest! {
        #[test]
        fn allows_only_paths_and_https_urls(text in "(https?:)?/{0,3}[a-z.@:\\\\/?#]{0,30}|.*") {
            if let Some(text) = allowed(&text) {
                let is_path = text.starts_with('/') && !text.starts_with("//");
                prop_assert!(is_path || text.to_ascii_lowercase().starts_with("https://"), "{text}");
            }
        }
    }
}
