//! Decoding and re-encoding uploaded images.
//!
//! The format is detected from the content, not from what the client declares, and only three are accepted. The
//! dimensions are checked before decoding, which prevents decompression bombs. The result contains pixels only: no
//! metadata such as location, and no data after the end of the image.

use std::fmt;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::error::{Code, Problem, Result};

/// Pixels that are decoded; phone cameras produce 12 to 16 million.
const MAX_PIXELS: u64 = 16_000_000;
/// The longest side that is decoded, in pixels.
const MAX_SIDE: u32 = 8192;
/// Bytes: four per pixel, and as many for intermediate buffers.
const MAX_DECODER_MEMORY: u64 = 8 * MAX_PIXELS;
/// The longest side that is stored, in pixels; larger images are scaled down.
const MAX_STORED_SIDE: u32 = 512;
const JPEG_QUALITY: u8 = 85;

/// The format of a stored image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Also for uploaded WebP; supports transparency.
    Png,
    Jpeg,
}

impl Format {
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// A re-encoded image.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    format: Format,
    bytes: Vec<u8>,
}

impl Picture {
    /// Detects the format of the bytes, and returns the one that they would be stored in.
    ///
    /// # Errors
    /// `IMAGE_UNREADABLE` for anything but PNG, JPEG and WebP.
    pub fn output_format(bytes: &[u8]) -> Result<Format> {
        match image::guess_format(bytes) {
            Ok(ImageFormat::Jpeg) => Ok(Format::Jpeg),
            Ok(ImageFormat::Png | ImageFormat::WebP) => Ok(Format::Png),
            _ => Err(Code::ImageUnreadable.into()),
        }
    }

    /// Decodes the image, applies its orientation, scales it down if necessary, and encodes it. This takes tens of
    /// milliseconds of CPU, so call it off the async threads.
    ///
    /// # Errors
    /// `IMAGE_UNREADABLE`; `IMAGE_TOO_LARGE` above 16 million pixels or 8192 pixels per side.
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
        // Phones store the orientation as metadata, which is not preserved.
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

    pub fn format(&self) -> Format {
        self.format
    }

    /// The encoded file.
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
    tracing::debug!(%error, "could not decode an image");
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
    fn reads_three_formats_and_writes_two() {
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
        assert_eq!(image::load_from_memory(&small).unwrap().width(), 3, "small images are not enlarged");
    }

    #[test]
    fn drops_metadata_and_trailing_data() {
        let mut bytes = encoded(8, 8, ImageFormat::Png);
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let stored = Picture::read(&bytes).unwrap().into_bytes();
        assert!(!stored.windows(8).any(|window| window == b"<script>"));
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new(&mut jpeg);
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"somebody's home");
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode(&[200; 4 * 2 * 3], 4, 2, image::ExtendedColorType::Rgb8).unwrap();
        let stored = Picture::read(&jpeg).unwrap().into_bytes();
        assert!(!stored.windows(4).any(|window| window == b"home"));
        let upright = image::load_from_memory(&stored).unwrap();
        assert_eq!((upright.width(), upright.height()), (2, 4), "the EXIF orientation is applied");
    }

    #[test]
    fn rejects_non_images() {
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

    /// The header declares more pixels than are decoded, followed by almost no data.
    #[test]
    fn rejects_decompression_bombs_before_decoding() {
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
        fn never_panics(noise in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..300, kind in 0_usize..3) {
            let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP][kind];
            let mut bytes = encoded(9, 7, format);
            let at = at.min(bytes.len());
            bytes.splice(at..(at + noise.len() / 8).min(bytes.len()), noise);
            let _ = Picture::read(&bytes);
        }
    }
}
