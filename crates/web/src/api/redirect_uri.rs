//! `redirect_uri`: the page of the client that a browser goes to after an identity provider.

use vestibule_core::settings::Settings;
use vestibule_core::{Code, Problem};

use crate::extract::FieldReader;
use crate::return_to::ReturnTo;

pub(super) const FIELD: &str = "redirect_uri";

/// The codes of [`required`].
pub(crate) const ERRORS: &[Code] = &[Code::RequiredField, Code::InvalidRedirectUri];

/// Reads the field, which may be missing in one of query and body.
pub(super) fn read(fields: &mut FieldReader) -> Result<Option<String>, Problem> {
    Ok(fields.text(FIELD)?.filter(|url| !url.is_empty()))
}

/// Returns the URL if its origin is an allowed one. A path is none: the client is not at this server.
///
/// # Errors
/// `REQUIRED_FIELD`; `INVALID_REDIRECT_URI`.
pub(super) fn required(url: Option<String>, settings: &Settings) -> Result<String, Problem> {
    let url = url.ok_or_else(|| Problem::required(FIELD))?;
    match ReturnTo::parse(FIELD, &url) {
        Ok(target @ ReturnTo::Url { .. }) => {
            target.allowed(FIELD, settings).map_err(|_| Code::InvalidRedirectUri.into())
        }
        Ok(ReturnTo::Path(_)) | Err(_) => Err(Code::InvalidRedirectUri.into()),
    }
}

/// Adds parameters to the query of a URL, before its fragment.
pub(super) fn with_parameters<'a>(url: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let (base, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let separator = match base.split_once('?') {
        _ if query.is_empty() => "",
        None => "?",
        Some((_, existing)) if existing.is_empty() || existing.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{base}{separator}{query}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule_core::settings::PublicUrl;

    #[test]
    fn only_urls_of_allowed_origins_pass() {
        let settings = Settings {
            public_url: PublicUrl::parse("https://join.example.com").unwrap(),
            allowed_origins: vec!["https://app.example.com".to_owned()],
            ..Settings::default()
        };
        let code = |url: &str| required(Some(url.to_owned()), &settings).map_err(|problem| problem.code());
        for valid in ["https://app.example.com", "https://app.example.com/sso?x=1#/y", "https://join.example.com/a"] {
            assert_eq!(code(valid).as_deref(), Ok(valid));
        }
        for invalid in
            ["/organizations", "//app.example.com", "app.example.com", "https://evil.example", "javascript:alert(1)"]
        {
            assert_eq!(code(invalid), Err(Code::InvalidRedirectUri), "{invalid}");
        }
        assert_eq!(required(None, &settings).map_err(|problem| problem.code()), Err(Code::RequiredField));
    }

    #[test]
    fn parameters_are_added_before_the_fragment() {
        for (url, expected) in [
            ("https://a.example", "https://a.example?code=a+b"),
            ("https://a.example/?", "https://a.example/?code=a+b"),
            ("https://a.example/?x=1", "https://a.example/?x=1&code=a+b"),
            ("https://a.example/?x=1&", "https://a.example/?x=1&code=a+b"),
            ("https://a.example/#/x?y", "https://a.example/?code=a+b#/x?y"),
        ] {
            assert_eq!(with_parameters(url, [("code", "a b")].into_iter()), expected);
        }
        assert_eq!(with_parameters("https://a.example#x", std::iter::empty()), "https://a.example#x");
    }
}
