//! The languages that people are written to in.

use std::str::FromStr;

/// One of them. English is what everybody gets whose language is not here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// `en`
    #[default]
    English,
    /// `de`
    German,
}

impl Language {
    /// Every language there is.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag (RFC 5646), the same in the database and on the wire.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The same, for the database.
    pub const fn as_str(self) -> &'static str {
        self.tag()
    }

    /// The one a browser would like best, by its `Accept-Language` (RFC 9110, 12.5.4). What cannot be read counts as
    /// not being there.
    pub fn accepted(header: &str) -> Self {
        let wishes = header.split(',').take(20).filter_map(|wish| {
            let (range, parameters) = wish.split_once(';').unwrap_or((wish, "q=1"));
            let weight: f32 = parameters.trim().strip_prefix("q=")?.trim().parse().ok()?;
            let primary = range.trim().split('-').next()?.to_ascii_lowercase();
            let language = primary.parse().ok()?;
            (weight > 0.0 && weight <= 1.0).then_some((weight, language))
        });
        let best = wishes.fold(None, |best: Option<(f32, Self)>, wish| match best {
            // Of two that are liked alike, the first.
            Some(best) if best.0 >= wish.0 => Some(best),
            _ => Some(wish),
        });
        best.map_or(Self::default(), |(_, language)| language)
    }
}

/// A language that is not here.
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
    fn the_best_liked_language_that_is_here_is_taken() {
        for (header, right) in [
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
            assert_eq!(Language::accepted(header), right, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in any::<String>()) {
            let _ = Language::accepted(&header);
        }
    }
}
