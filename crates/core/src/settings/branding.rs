//! The look of pages and mail: logo, icon, colors, corners and the support address.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Color, PageUrl, Settings};

#[derive(Clone, Debug)]
pub struct Branding {
    /// Replaces the product name at the top of pages and mail.
    pub logo: Option<BrandImage>,
    /// The logo on dark pages; `None` for the same one.
    pub logo_dark: Option<BrandImage>,
    /// The icon of browser tabs.
    pub icon: Option<BrandImage>,
    /// The color of buttons and links.
    pub accent_color: Color,
    /// The same on dark pages.
    pub accent_color_dark: Color,
    /// In pixels.
    pub corner_radius: u8,
    /// The address that users write to for help.
    pub support_email: Option<String>,
}

impl Branding {
    pub const DEFAULT_ACCENT: &str = "#1d4ed8";

    /// Reads the files of the images.
    ///
    /// # Errors
    /// The first file that cannot be read, is too large, or has another format.
    pub fn read_files(&mut self) -> Result<(), BrandImageError> {
        let images = [
            ("branding.logo", &mut self.logo),
            ("branding.logo_dark", &mut self.logo_dark),
            ("branding.icon", &mut self.icon),
        ];
        for (setting, image) in images {
            if let Some(BrandImage::File(file)) = image {
                let read = read(&file.path);
                file.content =
                    Some(read.map_err(|reason| BrandImageError { setting, path: file.path.clone(), reason })?);
            }
        }
        Ok(())
    }
}

impl Default for Branding {
    fn default() -> Self {
        let accent_color = Self::DEFAULT_ACCENT.parse().unwrap_or(Color::BLACK);
        Self {
            logo: None,
            logo_dark: None,
            icon: None,
            accent_color,
            accent_color_dark: accent_color.readable_on(Color::DARK_BACKGROUND),
            corner_radius: 8,
            support_email: None,
        }
    }
}

/// An image of the operator: another server's, or a file that this server serves.
#[derive(Clone, Debug)]
pub enum BrandImage {
    Url(PageUrl),
    File(ImageFile),
}

#[derive(Clone, Debug)]
pub struct ImageFile {
    pub path: PathBuf,
    /// Set by [`Branding::read_files`].
    pub content: Option<Arc<ImageContent>>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct ImageContent {
    pub format: BrandImageFormat,
    pub bytes: Vec<u8>,
}

impl fmt::Debug for ImageContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes", self.format, self.bytes.len())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrandImageFormat {
    Png,
    Jpeg,
    WebP,
    Ico,
    /// Only of the operator's own files, and only within `<img>`, where browsers run no scripts.
    Svg,
}

impl BrandImageFormat {
    /// Detects the format by the content.
    fn detect(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [0, 0, 1, 0, ..] => Some(Self::Ico),
            _ => {
                let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
                (text.starts_with('<') && text.contains("<svg")).then_some(Self::Svg)
            }
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Ico => "image/x-icon",
            Self::Svg => "image/svg+xml",
        }
    }

    /// Whether mail programs show it.
    const fn is_for_mail(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg)
    }
}

impl BrandImage {
    /// Parses an https URL, or a path.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains("://") {
            return PageUrl::parse(text).filter(|url| url.origin().is_https()).map(Self::Url);
        }
        let is_path = !text.is_empty() && !text.contains('\0');
        is_path.then(|| Self::File(ImageFile { path: text.into(), content: None }))
    }

    /// Returns the content of a file that has been read.
    pub fn content(&self) -> Option<&Arc<ImageContent>> {
        match self {
            Self::Url(_) => None,
            Self::File(file) => file.content.as_ref(),
        }
    }
}

/// The path of the served logo, below the public URL.
pub const LOGO_PATH: &str = "/pages/logo";

impl Settings {
    /// Returns the URL of the logo for mail, if the servers of mail programs can load it.
    pub fn mail_logo_url(&self) -> Option<String> {
        match self.branding.logo.as_ref()? {
            BrandImage::Url(url) => Some(url.as_str().to_owned()),
            BrandImage::File(file) => {
                let is_reachable = self.public_url.is_reachable_by_mail_programs();
                let is_shown = file.content.as_ref().is_some_and(|content| content.format.is_for_mail());
                (is_reachable && is_shown).then(|| format!("{}{LOGO_PATH}", self.public_url.as_str()))
            }
        }
    }
}

/// An image file that cannot be used.
#[derive(Debug)]
pub struct BrandImageError {
    pub setting: &'static str,
    pub path: PathBuf,
    pub reason: String,
}

fn read(path: &Path) -> Result<Arc<ImageContent>, String> {
    /// Every visitor loads it.
    const MAX_BYTES: usize = 256 * 1024;
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| error.to_string())?;
    if bytes.len() > MAX_BYTES {
        return Err("it is larger than 256 KiB".to_owned());
    }
    let format = BrandImageFormat::detect(&bytes).ok_or("it is no PNG, JPEG, WebP, ICO or SVG image")?;
    Ok(Arc::new(ImageContent { format, bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_formats_by_content() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some(BrandImageFormat::Png)),
            (b"\xff\xd8\xff\xe0", Some(BrandImageFormat::Jpeg)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(BrandImageFormat::WebP)),
            (b"\0\0\x01\0\x01\0", Some(BrandImageFormat::Ico)),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg xmlns=\"\"/>", Some(BrandImageFormat::Svg)),
            (b"  <svg></svg>", Some(BrandImageFormat::Svg)),
            (b"<html></html>", None),
            (b"svg", None),
            (b"", None),
        ] {
            assert_eq!(BrandImageFormat::detect(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn images_are_files_or_https_urls() {
        assert!(matches!(BrandImage::parse("logo.svg"), Some(BrandImage::File(_))));
        assert!(matches!(BrandImage::parse("https://cdn.example.com/logo.png"), Some(BrandImage::Url(_))));
        for invalid in ["", "http://cdn.example.com/logo.png", "data://x", "https://a b/"] {
            assert!(BrandImage::parse(invalid).is_none(), "{invalid}");
        }
    }

    #[test]
    fn mail_has_a_logo_only_if_it_can_be_loaded() {
        let content = |format| Some(Arc::new(ImageContent { format, bytes: Vec::new() }));
        let file = |format| BrandImage::File(ImageFile { path: "logo".into(), content: content(format) });
        let url = |public_url: &str, logo| {
            let public_url = super::super::PublicUrl::parse(public_url).unwrap();
            let branding = Branding { logo: Some(logo), ..Branding::default() };
            Settings { public_url, branding, ..Settings::default() }.mail_logo_url()
        };
        let public = "https://join.example.com/id";
        assert_eq!(url(public, file(BrandImageFormat::Png)).unwrap(), "https://join.example.com/id/pages/logo");
        assert_eq!(url(public, file(BrandImageFormat::Svg)), None);
        assert_eq!(url("http://127.0.0.1:8080", file(BrandImageFormat::Png)), None);
        let remote = BrandImage::parse("https://cdn.example.com/logo.png").unwrap();
        assert_eq!(url("http://127.0.0.1:8080", remote).unwrap(), "https://cdn.example.com/logo.png");
    }
}
