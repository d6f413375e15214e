//! Parsers for single values. They return `None` for an invalid value; the table describes what is expected.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use vestibule_core::permission::PermissionSet;
pub(super) use vestibule_core::permission::parse_network as network;
use vestibule_core::settings::{Bucket, ClaimTemplate, ImageStorage, Mail, PageUrl, PublicUrl, Tokens};
use vestibule_db::{DatabaseLocation, PostgresUrl};

pub(super) fn number<N: FromStr + PartialOrd>(text: &str, range: RangeInclusive<N>) -> Option<N> {
    text.parse().ok().filter(|number| range.contains(number))
}

pub(super) fn duration(text: &str, min: &str, max: &str) -> Option<Duration> {
    let range = super::duration::parse(min)?..=super::duration::parse(max)?;
    super::duration::parse(text).filter(|duration| range.contains(duration))
}

pub(super) fn database(text: &str) -> Option<DatabaseLocation> {
    if PostgresUrl::has_scheme(text) {
        return text.parse().ok().map(Box::new).map(DatabaseLocation::Postgres);
    }
    file_path(text).map(DatabaseLocation::File)
}

/// Parses `s3://bucket/prefix` or the path of a directory.
pub(super) fn image_storage(text: &str) -> Option<ImageStorage> {
    let Some(rest) = text.strip_prefix("s3://") else {
        return if text.contains("://") { None } else { file_path(text).map(ImageStorage::Directory) };
    };
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    // Upper case and underscores are valid in old buckets, and in other services than Amazon's.
    let is_name = (3..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
        && !name.contains("..");
    let prefix = prefix.trim_matches('/').to_owned();
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(char::is_control);
    let is_name = is_name && prefix.len() <= 500 && (prefix.is_empty() || prefix.split('/').all(is_segment));
    let bucket = Bucket { name: name.to_owned(), prefix, region: None, endpoint: None, key: None };
    is_name.then_some(ImageStorage::Bucket(bucket))
}

/// Parses the path of a file or directory. Rejects the special names of SQLite (`:memory:`, `file:…`), because an
/// in-memory database is lost when the process ends.
pub(super) fn file_path(text: &str) -> Option<PathBuf> {
    let is_path = !text.is_empty() && !text.contains('\0') && !text.starts_with(':') && !text.starts_with("file:");
    // A URL is an unsupported database, or a misspelled scheme.
    let is_path = is_path && !text.contains("://");
    is_path.then(|| PathBuf::from(text))
}

/// Parses a path into `target`; an empty text is `None`.
pub(super) fn optional_path(target: &mut Option<PathBuf>, text: &str) -> Option<()> {
    *target = if text.is_empty() { None } else { Some(file_path(text)?) };
    Some(())
}

/// Parses the public URL. Its path must not begin like a path of the server, except for `/auth`, which is unambiguous.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn public_url(text: &str) -> Result<PublicUrl, String> {
    let url = PublicUrl::parse(text)?;
    let first = url.path().split('/').nth(1).unwrap_or_default();
    let is_taken = |route: vestibule_web::Route| route.path.split('/').nth(1) == Some(first);
    if !first.is_empty() && first != "auth" && vestibule_web::route_list().into_iter().any(is_taken) {
        return Err(format!("its path begins with /{first}, as paths of the server do; choose another one"));
    }
    Ok(url)
}

pub(super) fn permission(text: &str) -> Option<String> {
    PermissionSet::parse("", vec![text.to_owned()]).is_ok().then(|| text.to_owned())
}

/// Parses an http or https URL without a fragment, so that one can be appended.
pub(super) fn url_without_fragment(text: &str) -> Option<String> {
    const MAX_LENGTH: usize = 1000;
    let (scheme, rest) = text.split_once("://")?;
    let (host, _) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    PublicUrl::parse_origin(&format!("{scheme}://{host}")).ok()?;
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'"' | b'<' | b'>' | b'\\');
    (text.len() <= MAX_LENGTH && text.bytes().all(is_allowed)).then(|| text.to_owned())
}

/// Parses the page that invitation links open. It may contain `{token}` once, behind the host; only then may it have a
/// fragment, because otherwise the token is appended as one.
pub(super) fn invitation_page(text: &str) -> Option<String> {
    let Some((before, after)) = text.split_once(Mail::TOKEN) else {
        let is_plain = !text.contains(['{', '}']);
        return is_plain.then(|| url_without_fragment(text)).flatten();
    };
    let has_other_braces = before.contains(['{', '}']) || after.contains(['{', '}']);
    let is_behind_host = before.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
    let page = PageUrl::parse(&format!("{before}token{after}"));
    (page.is_some() && is_behind_host && !has_other_braces).then(|| text.to_owned())
}

/// Parses the claims of each token template.
///
/// # Errors
/// What is wrong, as a part of a sentence.
pub(super) fn token_templates(
    templates: &serde_json::Map<String, serde_json::Value>,
) -> Result<BTreeMap<String, Arc<ClaimTemplate>>, String> {
    const MAX_TEMPLATES: usize = 20;
    const MAX_NAME_LENGTH: usize = 50;
    if templates.len() > MAX_TEMPLATES {
        return Err(format!("it has more than {MAX_TEMPLATES} templates"));
    }
    let parsed = templates.iter().map(|(name, claims)| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name == Tokens::DEFAULT_TEMPLATE {
            return Err(format!("the template {name} is that of tokens.claims"));
        }
        if name.is_empty() || name.len() > MAX_NAME_LENGTH || !name.bytes().all(is_plain) {
            return Err(format!("the name {name:?} is not of 1 to {MAX_NAME_LENGTH} letters, digits, - and _"));
        }
        let claims = claims.as_object().ok_or_else(|| format!("the template {name} is not a table of claims"))?;
        let claims = ClaimTemplate::parse(claims).map_err(|reason| format!("in the template {name}, {reason}"))?;
        Ok((name.clone(), Arc::new(claims)))
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enforces_limits_of_numbers_and_durations() {
        assert_eq!(number("90", 1_u16..=90), Some(90));
        for invalid in ["0", "91", "-1", "1.5", "", "seven", "99999999999999999999"] {
            assert_eq!(number(invalid, 1_u16..=90), None, "{invalid:?}");
        }
        assert_eq!(duration("1m", "1m", "365d"), Some(Duration::from_secs(60)));
        assert_eq!(duration("59s", "1m", "365d"), None);
        assert_eq!(duration("8761h", "1m", "365d"), None);
    }

    #[test]
    fn rejects_paths_that_are_not_files() {
        assert_eq!(file_path("a b/c.db"), Some(PathBuf::from("a b/c.db")));
        for invalid in ["", ":memory:", "file:x?mode=memory", "a\0b", "mysql://h/d", "postgress://h/d"] {
            assert_eq!(file_path(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn parses_networks_and_single_addresses() {
        assert_eq!(network("10.0.0.0/8").unwrap().prefix_len(), 8);
        assert_eq!(network("10.1.2.3").unwrap().prefix_len(), 32);
        assert_eq!(network("::1").unwrap().prefix_len(), 128);
        assert_eq!(network("::ffff:10.0.0.0/104").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("::ffff:10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(network("::/0").unwrap().to_string(), "::/0");
        assert!(network("10.0.0.0/33").or_else(|| network("localhost")).is_none());
    }

    #[test]
    fn invitation_page_may_name_the_place_of_the_token() {
        for valid in [
            "https://a.example/join",
            "https://a.example/join?token={token}",
            "https://a.example/join/{token}?x=1",
            "https://a.example?token={token}",
            "https://a.example/#/join?token={token}",
        ] {
            assert_eq!(invitation_page(valid).as_deref(), Some(valid));
        }
        for invalid in [
            "https://a.example/join#x",
            "https://{token}.example/",
            "https://a.example{token}",
            "{token}",
            "https://a.example/{token}/{token}",
            "https://a.example/?token={Token}",
            "https://a.example/?token={{token}}",
            "javascript:{token}",
        ] {
            assert_eq!(invitation_page(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn rejects_buckets_that_no_service_has() {
        for valid in ["s3://images", "s3://images/", "s3://My_Images/a/b", "s3://a.b-c/vestibule"] {
            assert!(image_storage(valid).is_some(), "{valid}");
        }
        for invalid in
            ["s3://", "s3://ab", "s3://-ab", "s3://ab-", "s3://a..b", "s3://a b", "s3://abc/../d", "s3://abc/."]
        {
            assert!(image_storage(invalid).is_none(), "{invalid}");
        }
        assert!(image_storage(&format!("s3://{}", "a".repeat(64))).is_none());
    }

    #[test]
    fn rejects_urls_with_a_fragment() {
        for valid in ["https://a.example", "http://localhost:3000/join?from=mail", "https://a.example?x=1"] {
            assert_eq!(url_without_fragment(valid).as_deref(), Some(valid));
        }
        for invalid in
            ["a.example", "https://", "https://a.example/#x", "https://a.example/a b", "javascript://a", "//a"]
        {
            assert_eq!(url_without_fragment(invalid), None, "{invalid:?}");
        }
    }
}
