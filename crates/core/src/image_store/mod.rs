//! Images of organizations, workspaces and people: read with suspicion, encoded anew, kept outside of the database.
//!
//! What is kept has a name of its own and stands in the table `images` before it is written, as unused. The command that
//! changes whatever it is an image of takes it into use, and lets go of the one before; housekeeping removes what has
//! been unused for a while. So no crash leaves a file that nobody knows of, and none that is missing.

mod bucket;
mod folder;
mod picture;
mod store;

use std::fmt;
use std::str::FromStr;

pub use picture::{Format, Picture};
pub use store::{Environment, ImageStore, StoreError};

use crate::random::Randomness;

/// How long an image may be kept by whoever has shown it: it never changes, another one has another name.
pub const CACHE_CONTROL_IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Random bytes in a name: nobody guesses one.
const NAME_BYTES: usize = 16;

/// What a kept image is called: random, and never by a word of whoever sent it. It is the last part of its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName(String);

impl ImageName {
    pub(crate) fn new(format: Format, random: &dyn Randomness) -> Self {
        let bytes: [u8; NAME_BYTES] = random.bytes();
        Self(format!("{}.{}", data_encoding::HEXLOWER.encode(&bytes), format.extension()))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What an answer says it is.
    pub fn format(&self) -> Format {
        let is_png = self.0.rsplit_once('.').is_some_and(|(_, extension)| extension == Format::Png.extension());
        if is_png { Format::Png } else { Format::Jpeg }
    }
}

/// No name this server could have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidImageName;

impl fmt::Display for InvalidImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of an image")
    }
}

impl std::error::Error for InvalidImageName {}

impl FromStr for ImageName {
    type Err = InvalidImageName;

    fn from_str(text: &str) -> Result<Self, InvalidImageName> {
        let (digits, extension) = text.split_once('.').ok_or(InvalidImageName)?;
        let is_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_ours = digits.len() == 2 * NAME_BYTES
            && digits.bytes().all(is_hexadecimal)
            && [Format::Png, Format::Jpeg].iter().any(|format| format.extension() == extension);
        if is_ours { Ok(Self(text.to_owned())) } else { Err(InvalidImageName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;

    #[test]
    fn a_name_is_what_was_made_here_and_nothing_else() {
        let name = ImageName::new(Format::Jpeg, &SeededRandomness::new(1));
        assert_eq!(name.as_str().parse(), Ok(name.clone()));
        let digits = "0123456789abcdef0123456789abcdef";
        for other in [
            "",
            ".png",
            digits,
            &format!("{digits}.svg"),
            &format!("{digits}.png.html"),
            &format!("{digits}0.png"),
            &format!("{}.png", digits.to_uppercase()),
            &format!("../{}.png", &digits[3..]),
            &format!("{}/a.png", &digits[2..]),
            &format!("{digits}.png\n"),
        ] {
            assert_eq!(other.parse::<ImageName>(), Err(InvalidImageName), "{other:?}");
        }
    }
}
