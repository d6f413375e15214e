//! Where somebody is sent back to: a path here, or a page of an origin that the settings name, and nowhere else.

use vestibule_core::Problem;
use vestibule_core::settings::Settings;

/// The longest, in bytes.
const LONGEST: usize = 2000;

/// A path of this server, or an absolute http or https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReturnTo {
    /// It begins with one slash.
    Path(String),
    /// Its origin, as browsers spell it, and all of it.
    Url { origin: String, url: String },
}

impl ReturnTo {
    /// Reads what a stranger may have written. Browsers read `\` as `/` and pass over tabs and line ends, so neither may be
    /// in it.
    ///
    /// Error: `INVALID_FIELD`.
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self, Problem> {
        let refused = || Problem::field(field, "write a path that begins with one slash, or an http or https URL.");
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>');
        if text.len() > LONGEST || !text.bytes().all(is_plain) {
            return Err(refused());
        }
        if text.starts_with('/') {
            return if text.starts_with("//") { Err(refused()) } else { Ok(Self::Path(text.to_owned())) };
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let origin = format!("{scheme}://{authority}").to_ascii_lowercase();
        // No user, no port that cannot be one, no scheme but these two: what is no public URL is nobody's origin.
        match vestibule_core::settings::PublicUrl::parse(&origin) {
            Ok(read) => Ok(Self::Url { origin: read.as_str().to_owned(), url: text.to_owned() }),
            Err(_) => Err(refused()),
        }
    }

    /// Its text, if somebody may be sent there. Error: `INVALID_FIELD`.
    pub(crate) fn allowed(self, field: &str, settings: &Settings) -> Result<String, Problem> {
        match self {
            Self::Path(path) => Ok(path),
            Self::Url { origin, url } => {
                let allowed = settings.allowed_origins.iter().map(String::as_str);
                let is_ours = std::iter::once(settings.public_url.as_str()).chain(allowed).any(|ours| ours == origin);
                let told = "its origin is not in allowed_origins, so nobody is sent there.";
                if is_ours { Ok(url) } else { Err(Problem::field(field, told)) }
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

    fn allowed(text: &str) -> Option<String> {
        ReturnTo::parse("return_to", text).ok()?.allowed("return_to", &settings()).ok()
    }

    #[test]
    fn nobody_is_sent_anywhere_else() {
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
        fn what_is_allowed_is_a_path_or_ours(text in "(https?:)?/{0,3}[a-z.@:\\\\/?#]{0,30}|.*") {
            if let Some(text) = allowed(&text) {
                let is_path = text.starts_with('/') && !text.starts_with("//");
                prop_assert!(is_path || text.to_ascii_lowercase().starts_with("https://"), "{text}");
            }
        }
    }
}
