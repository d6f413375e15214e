//! The operator's own application, into which the hosted pages lead.

use super::PublicUrl;

/// The application and its pages. A page that is `None` is the built-in one, or does not exist.
#[derive(Clone, Debug, Default)]
pub struct Application {
    /// Where the application is, without a trailing slash. Its origin may send requests with cookies.
    pub url: Option<PageUrl>,
    pub sign_in_page_url: Option<PageUrl>,
    pub sign_up_page_url: Option<PageUrl>,
    pub waitlist_page_url: Option<PageUrl>,
    pub user_profile_url: Option<PageUrl>,
    pub organization_profile_url: Option<PageUrl>,
    pub create_organization_url: Option<PageUrl>,
    pub after_sign_in_url: Option<PageUrl>,
    pub after_sign_up_url: Option<PageUrl>,
    /// After the last account of a session has signed out.
    pub after_sign_out_url: Option<PageUrl>,
    /// After one of several accounts of a session has signed out.
    pub after_sign_out_one_url: Option<PageUrl>,
    pub after_create_organization_url: Option<PageUrl>,
    pub after_logo_click_url: Option<PageUrl>,
    pub support_page_url: Option<PageUrl>,
    pub privacy_policy_url: Option<PageUrl>,
    pub terms_url: Option<PageUrl>,
}

impl Application {
    /// Returns the host of the application with its port, if the application is set.
    pub fn host(&self) -> Option<&str> {
        self.url.as_ref().map(|url| url.origin().host_and_port())
    }

    /// Returns the pages that the hosted pages redirect to after a form.
    pub fn redirect_targets(&self) -> impl Iterator<Item = &PageUrl> {
        let targets = [
            &self.url,
            &self.after_sign_in_url,
            &self.after_sign_up_url,
            &self.after_sign_out_url,
            &self.after_sign_out_one_url,
        ];
        targets.into_iter().flatten()
    }
}

/// An absolute http or https URL of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageUrl {
    text: String,
    origin: PublicUrl,
}

impl PageUrl {
    const MAX_BYTES: usize = 1000;

    /// Parses a URL. Returns `None` for anything that browsers could read differently: user info, backslashes, spaces,
    /// control characters and letters outside ASCII. Write other letters of a host as `xn--…`, and those of a path with
    /// `%`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`');
        if text.len() > Self::MAX_BYTES || !text.bytes().all(is_allowed) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let origin = PublicUrl::parse(&format!("{scheme}://{authority}")).ok()?;
        Some(Self { text: format!("{}{path}", origin.as_str()), origin })
    }

    /// Parses a URL without query and fragment, to which a path can be appended.
    pub fn parse_base(text: &str) -> Option<Self> {
        let mut url = Self::parse(text)?;
        url.text.truncate(url.text.trim_end_matches('/').len());
        (!url.text.contains(['?', '#'])).then_some(url)
    }

    /// Parses an absolute URL, or a path of this application: `/home` on its origin, or `home` below its URL.
    pub fn parse_with_base(text: &str, base: Option<&Self>) -> Option<Self> {
        if text.contains("://") {
            return Self::parse(text);
        }
        // Two slashes would begin another host, and a colon in the first segment another scheme (RFC 3986, 4.2).
        let first_segment = text.split(['/', '?', '#']).next().unwrap_or_default();
        if text.is_empty() || text.starts_with("//") || first_segment.contains(':') {
            return None;
        }
        let base = base?;
        let prefix = if text.starts_with('/') { base.origin.as_str() } else { &base.text };
        let separator = if text.starts_with('/') { "" } else { "/" };
        Self::parse(&format!("{prefix}{separator}{text}"))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn origin(&self) -> &PublicUrl {
        &self.origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(base: &str, text: &str) -> Option<String> {
        PageUrl::parse_with_base(text, PageUrl::parse_base(base).as_ref()).map(|url| url.text)
    }

    #[test]
    fn normalizes_the_origin_and_keeps_the_rest() {
        for (text, url, origin) in [
            (
                "https://App.Example.com:443/Home?x=1#/y",
                "https://app.example.com/Home?x=1#/y",
                "https://app.example.com",
            ),
            ("http://[::1]:3000", "http://[::1]:3000", "http://[::1]:3000"),
            ("https://app.example.com?x", "https://app.example.com?x", "https://app.example.com"),
        ] {
            let parsed = PageUrl::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.origin().as_str()), (url, origin));
        }
        assert_eq!(PageUrl::parse_base("https://a.example/app/").unwrap().as_str(), "https://a.example/app");
        for invalid in ["https://a.example/?x", "https://a.example#x", "a.example", "https://u@a.example"] {
            assert_eq!(PageUrl::parse_base(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn rejects_what_browsers_could_read_differently() {
        for invalid in [
            "",
            "https://",
            "https://a.example\\@evil.example",
            "https://user:secret@a.example",
            "https://a.example/a b",
            "https://a.example/\u{e9}",
            "https://b\u{fc}cher.example",
            "https://a.example/\n",
            "https://a.example:99999",
            "javascript://a.example/",
            "ftp://a.example",
        ] {
            assert_eq!(PageUrl::parse(invalid), None, "{invalid:?}");
        }
        assert_eq!(PageUrl::parse(&format!("https://a.example/{}", "x".repeat(1000))), None);
    }

    #[test]
    fn paths_belong_to_the_application() {
        let base = "https://example.com/app";
        for (text, url) in [
            ("/home", "https://example.com/home"),
            ("home?x=1", "https://example.com/app/home?x=1"),
            ("#/inbox", "https://example.com/app/#/inbox"),
            ("https://other.example/x", "https://other.example/x"),
        ] {
            assert_eq!(joined(base, text).as_deref(), Some(url));
        }
        for invalid in ["", "//evil.example", "/\\evil.example", "\\home", "javascript:alert(1)", "https:evil", "a b"] {
            assert_eq!(joined(base, invalid), None, "{invalid:?}");
        }
        assert_eq!(PageUrl::parse_with_base("/home", None), None);
    }

    proptest! {
        #[test]
        fn relative_urls_never_leave_the_application(text in "[a-z/.:@?#\\\\%]{0,20}") {
            if let Some(url) = joined("https://example.com/app", &text).filter(|_| !text.contains("://")) {
                prop_assert!(url.starts_with("https://example.com/"), "{text:?}: {url}");
            }
        }
    }
}
