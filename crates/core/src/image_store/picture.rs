//! From the bytes somebody sent to an image of ours.
//!
//! What they say they are is not asked: the first bytes tell, and only three formats are known. The size is read from the
//! head before anything is decoded, so that a bomb is refused for what it would become. What is kept holds pixels and
//! nothing else: no name, no place, no camera, no second payload behind the end.

use std::fmt;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::error::{Code, Problem, Result};

/// The most pixels that are decoded; a telephone's camera makes twelve to sixteen million.
const MAX_PIXELS: u64 = 16_000_000;
/// The longest side that is decoded.
const MAX_SIDE: u32 = 8192;
/// What decoding may take of memory at the most, in bytes: four a pixel, and as much again on the way.
const MAX_DECODER_MEMORY: u64 = 8 * MAX_PIXELS;
/// The longest side of what is kept.
const MAX_STORED_SIDE: u32 = 512;
const JPEG_QUALITY: u8 = 85;

/// In what an image is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With transparency, and for what was WebP.
    Png,
    /// For photographs.
    Jpeg,
}

impl Format {
    /// What a name ends in.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }

    /// What an answer calls it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// An image, encoded anew.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    format: Format,
    bytes: Vec<u8>,
}

impl Picture {
    /// In what these bytes would be kept, by their first few.
    ///
    /// Error: `IMAGE_UNREADABLE` for everything but PNG, JPEG and WebP.
    pub fn output_format(bytes: &[u8]) -> Result<Format> {
        match image::guess_format(bytes) {
            Ok(ImageFormat::Jpeg) => Ok(Format::Jpeg),
            Ok(ImageFormat::Png | ImageFormat::WebP) => Ok(Format::Png),
            _ => Err(Code::ImageUnreadable.into()),
        }
    }

    /// Decodes, turns upright, makes smaller where that is needed, and encodes. It takes some tens of milliseconds: not for
    /// a thread that others wait for.
    ///
    /// Errors: `IMAGE_UNREADABLE`; `IMAGE_TOO_LARGE` past 16 million pixels or 8192 on a side.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let format = Self::output_format(bytes)?;
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(unreadable)?;
        let mut limits = Limits::default();
        limits.max_alloc = Some(MAX_DECODER_MEMORY);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(unreadable)?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if pixels > MAX_PIXELS || width.max(height) > MAX_SIDE {
            return Err(Code::ImageTooLarge.into());
        }
        // Who holds a telephone upright says so in words that are not kept.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
        if width.max(height) > MAX_STORED_SIDE {
            image = image.resize(MAX_STORED_SIDE, MAX_STORED_SIDE, FilterType::Triangle);
        }
        image.apply_orientation(orientation);
        let mut encoded = Cursor::new(Vec::new());
        let written = match format {
            Format::Jpeg => {
                image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut encoded, JPEG_QUALITY))
            }
            Format::Png => image.to_rgba8().write_to(&mut encoded, ImageFormat::Png),
        };
        written.map_err(Problem::internal)?;
        Ok(Self { format, bytes: encoded.into_inner() })
    }

    /// In what it is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes", self.format, self.bytes.len())
    }
}

fn unreadable(error: impl fmt::Display) -> Problem {
    tracing::debug!(%error, "an image could not be read");
    Code::ImageUnreadable.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageEncoder, RgbaImage};
    use proptest::prelude::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let image = RgbaImage::from_fn(width, height, |x, y| {
            let [.., red] = x.to_be_bytes();
            let [.., green] = y.to_be_bytes();
            image::Rgba([red, green, 90, if x > width / 2 { 255 } else { 120 }])
        });
        let mut bytes = Cursor::new(Vec::new());
        match format {
            ImageFormat::Jpeg => DynamicImage::from(image).to_rgb8().write_to(&mut bytes, format).unwrap(),
            _ => image.write_to(&mut bytes, format).unwrap(),
        }
        bytes.into_inner()
    }

    #[test]
    fn three_formats_are_read_and_two_are_kept() {
        for (from, to) in
            [(ImageFormat::Png, Format::Png), (ImageFormat::Jpeg, Format::Jpeg), (ImageFormat::WebP, Format::Png)]
        {
            let picture = Picture::read(&encoded(640, 320, from)).unwrap();
            assert_eq!(picture.format(), to);
            let bytes = picture.into_bytes();
            assert_eq!(Picture::output_format(&bytes).unwrap(), to);
            let image = image::load_from_memory(&bytes).unwrap();
            assert_eq!((image.width(), image.height()), (512, 256), "{from:?}");
            assert_eq!(image.color().has_alpha(), to == Format::Png);
        }
        let small = Picture::read(&encoded(3, 2, ImageFormat::Png)).unwrap().into_bytes();
        assert_eq!(image::load_from_memory(&small).unwrap().width(), 3, "nothing is made larger");
    }

    #[test]
    fn what_is_behind_the_pixels_is_not_kept() {
        let mut bytes = encoded(8, 8, ImageFormat::Png);
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let kept = Picture::read(&bytes).unwrap().into_bytes();
        assert!(!kept.windows(8).any(|window| window == b"<script>"));
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new(&mut jpeg);
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"somebody's home");
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode(&[200; 4 * 2 * 3], 4, 2, image::ExtendedColorType::Rgb8).unwrap();
        let kept = Picture::read(&jpeg).unwrap().into_bytes();
        assert!(!kept.windows(4).any(|window| window == b"home"));
        let upright = image::load_from_memory(&kept).unwrap();
        assert_eq!((upright.width(), upright.height()), (2, 4), "it lay on its side, and said so");
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let png = encoded(8, 8, ImageFormat::Png);
        for bytes in [
            &b""[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            b"GIF89a\x01\0\x01\0\0\0\0;",
            b"\x89PNG\r\n\x1a\n",
            &png[..png.len() / 2],
            b"RIFF\x10\0\0\0WEBPVP8 ",
            b"\xff\xd8\xff\xe0",
            b"BM",
        ] {
            let refused = Picture::read(bytes).unwrap_err();
            assert_eq!(refused.code(), Code::ImageUnreadable, "{bytes:?}");
        }
    }

    /// A head that promises more than is decoded; what is behind it would be a few kilobytes of nothing.
    #[test]
    fn a_bomb_is_refused_by_its_head() {
        for (width, height) in [(20_000_u32, 20_000_u32), (9000, 1), (u32::MAX >> 1, u32::MAX >> 1), (5000, 5000)] {
            let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            png.extend(width.to_be_bytes());
            png.extend(height.to_be_bytes());
            png.extend([8, 6, 0, 0, 0]);
            let checksum = png_checksum(&png[12..]);
            png.extend(checksum.to_be_bytes());
            png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
            let refused = Picture::read(&png).unwrap_err().code();
            assert!(matches!(refused, Code::ImageTooLarge | Code::ImageUnreadable), "{width} x {height}: {refused:?}");
        }
    }

    fn png_checksum(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
        })
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(noise in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..300, kind in 0_usize..3) {
            let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP][kind];
            let mut bytes = encoded(9, 7, format);
            let at = at.min(bytes.len());
            bytes.splice(at..(at + noise.len() / 8).min(bytes.len()), noise);
            let _ = Picture::read(&bytes);
        }
    }
}
