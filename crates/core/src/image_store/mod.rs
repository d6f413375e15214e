//! Images of organizations, workspaces and users: decoded, re-encoded, and stored outside the database.
//!
//! The name is inserted into the table `images` as unused before the file is written. The command that refers to an
//! image marks it as used, and the one that it replaces as unused; the cleanup deletes images that have been unused for
//! a while. So a crash leaves no file that is unknown to the database, and no reference to a missing file.

mod bucket;
mod folder;
mod picture;
mod store;

use std::fmt;
use std::str::FromStr;

use crate::random::Randomness;

pub use picture::{Format, Picture};
pub use store::{Environment, ImageStore, StoreError};

/// An image never changes; a new image has a new name.
pub const CACHE_CONTROL_IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Random bytes in a name: enough that names cannot be guessed.
const NAME_BYTES: usize = 16;

/// The random name of a stored image, with its extension. It is the last segment of the image's URL, and contains
/// nothing that the uploader chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName(String);

impl ImageName {
    pub(crate) fn new(format: Format, random: &dyn Randomness) -> Self {
        let bytes: [u8; NAME_BYTES] = random.bytes();
        Self(format!("{}.{}", data_encoding::HEXLOWER.encode(&bytes), format.extension()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn format(&self) -> Format {
        let is_png = self.0.rsplit_once('.').is_some_and(|(_, extension)| extension == Format::Png.extension());
        if is_png { Format::Png } else { Format::Jpeg }
    }
}

/// The error of parsing a name that this server cannot have made.
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
        let is_valid = digits.len() == 2 * NAME_BYTES
            && digits.bytes().all(is_hexadecimal)
            && [Format::Png, Format::Jpeg].iter().any(|format| format.extension() == extension);
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidImageName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;

    #[test]
    fn rejects_names_that_this_server_cannot_have_made() {
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
