//! How single values are read. `None` means: not what the setting takes; the table has the words for that.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use vestibule_core::access::PermissionSet;
use vestibule_core::db::{Place, PostgresUrl};
use vestibule_core::settings::{Bucket, ImagePlace, PublicUrl};

use super::duration;

/// A number within its limits.
pub(super) fn number<N: FromStr + PartialOrd>(text: &str, limits: RangeInclusive<N>) -> Option<N> {
    text.parse().ok().filter(|number| limits.contains(number))
}

/// A span of time from `shortest` to `longest`.
pub(super) fn span(text: &str, shortest: &str, longest: &str) -> Option<Duration> {
    let limits = duration::parse(shortest)?..=duration::parse(longest)?;
    duration::parse(text).filter(|span| limits.contains(span))
}

/// Where a database is.
pub(super) fn place(text: &str) -> Option<Place> {
    if PostgresUrl::is_meant(text) {
        return text.parse().ok().map(Box::new).map(Place::Postgres);
    }
    file_path(text).map(Place::File)
}

/// A bucket and perhaps a folder in it, or a folder of this machine.
pub(super) fn image_place(text: &str) -> Option<ImagePlace> {
    let Some(rest) = text.strip_prefix("s3://") else {
        return if text.contains("://") { None } else { file_path(text).map(ImagePlace::Folder) };
    };
    let (name, folder) = rest.split_once('/').unwrap_or((rest, ""));
    let is_name = name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let folder = folder.trim_matches('/').to_owned();
    let bucket = Bucket { name: name.to_owned(), folder, region: None, endpoint: None, key: None };
    is_name.then_some(ImagePlace::Bucket(bucket))
}

/// A path in the file system. SQLite's other names (`:memory:`, `file:…`) are none: what they hold is not kept.
pub(super) fn file_path(text: &str) -> Option<PathBuf> {
    let is_path = !text.is_empty() && !text.contains('\0') && !text.starts_with(':') && !text.starts_with("file:");
    // Another kind of database, or a slip in the name of this one.
    let is_path = is_path && !text.contains("://");
    is_path.then(|| PathBuf::from(text))
}

/// The same, or nothing, put in its place.
pub(super) fn file_or_none(place: &mut Option<PathBuf>, text: &str) -> Option<()> {
    *place = if text.is_empty() { None } else { Some(file_path(text)?) };
    Some(())
}

/// Yes or no.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// A permission that a role can hold.
pub(super) fn permission(text: &str) -> Option<String> {
    PermissionSet::parse("", vec![text.to_owned()]).is_ok().then(|| text.to_owned())
}

/// A network, or one address as the network that holds only it.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()
}

/// A page's URL that a fragment can be put behind.
pub(super) fn page(text: &str) -> Option<String> {
    const LONGEST: usize = 1000;
    let (scheme, rest) = text.split_once("://")?;
    let (host, _) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    PublicUrl::parse(&format!("{scheme}://{host}")).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'"' | b'<' | b'>' | b'\\');
    (text.len() <= LONGEST && text.bytes().all(is_plain)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_spans_keep_their_limits() {
        assert_eq!(number("90", 1_u16..=90), Some(90));
        for wrong in ["0", "91", "-1", "1.5", "", "seven", "99999999999999999999"] {
            assert_eq!(number(wrong, 1_u16..=90), None, "{wrong:?}");
        }
        assert_eq!(span("1m", "1m", "365d"), Some(Duration::from_secs(60)));
        assert_eq!(span("59s", "1m", "365d"), None);
        assert_eq!(span("8761h", "1m", "365d"), None);
    }

    #[test]
    fn a_path_is_a_place_on_the_disk() {
        assert_eq!(file_path("a b/c.db"), Some(PathBuf::from("a b/c.db")));
        for wrong in ["", ":memory:", "file:x?mode=memory", "a\0b", "mysql://h/d", "postgress://h/d"] {
            assert_eq!(file_path(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        assert_eq!(network("10.0.0.0/8").unwrap().prefix_len(), 8);
        assert_eq!(network("10.1.2.3").unwrap().prefix_len(), 32);
        assert_eq!(network("::1").unwrap().prefix_len(), 128);
        assert!(network("10.0.0.0/33").or_else(|| network("localhost")).is_none());
    }

    #[test]
    fn a_page_has_room_for_a_fragment() {
        for good in ["https://a.example", "http://localhost:3000/join?from=mail", "https://a.example?x=1"] {
            assert_eq!(page(good).as_deref(), Some(good));
        }
        for wrong in ["a.example", "https://", "https://a.example/#x", "https://a.example/a b", "javascript://a", "//a"]
        {
            assert_eq!(page(wrong), None, "{wrong:?}");
        }
    }
}
