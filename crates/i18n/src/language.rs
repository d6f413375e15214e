//! The supported languages.

use std::str::FromStr;

include!(concat!(env!("OUT_DIR"), "/language.rs"));

impl Language {
    /// The stored value: the [`tag`](Self::tag).
    pub const fn as_str(self) -> &'static str {
        self.tag()
    }

    pub(crate) fn texts(self) -> &'static [&'static str] {
        self.files()
    }

    /// The supported language that an `Accept-Language` header prefers (RFC 9110, section 12.5.4). Malformed ranges are
    /// ignored.
    pub fn from_accept_language(header: &str) -> Self {
        let preferences = header.split(',').take(20).filter_map(|item| {
            let (range, parameters) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight: f32 = parameters.trim().strip_prefix("q=")?.trim().parse().ok()?;
            let primary = range.trim().split('-').next()?.to_ascii_lowercase();
            let language = primary.parse().ok()?;
            (weight > 0.0 && weight <= 1.0).then_some((weight, language))
        });
        let best = preferences.fold(None, |best: Option<(f32, Self)>, next| match best {
            // The first of several with equal weights.
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        });
        best.map_or(Self::default(), |(_, language)| language)
    }
}

/// The language is not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.tag() == tag).ok_or(UnknownLanguage)
    }
}

vestibule_db::column!(Language);
#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chooses_the_preferred_supported_language() {
        for (header, expected) in [
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("fr,de;q=0.5,en;q=0.4", Language::German),
            ("en;q=0.4, DE;q=0.5", Language::German),
            ("en,de", Language::English),
            ("de;q=0", Language::English),
            ("de;q=2", Language::English),
            ("*", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::from_accept_language(header), expected, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn accepts_any_header_without_panic(header in any::<String>()) {
            let _ = Language::from_accept_language(&header);
        }
    }
}
