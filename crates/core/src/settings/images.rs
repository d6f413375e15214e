//! Where images are stored.

use std::path::PathBuf;

use super::{Secret, Settings};

/// The path of images that this server serves, below the public URL.
pub const IMAGES_PATH: &str = "/images/";

#[derive(Clone, Debug)]
pub struct Images {
    pub storage: ImageStorage,
    /// The URL prefix of images, with a trailing slash; `None` for `/images/` of this server.
    pub public_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageStorage {
    /// A directory, which all processes must share.
    Directory(PathBuf),
    Bucket(Bucket),
}

/// An S3-compatible bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// The prefix of all object keys; may be empty.
    pub prefix: String,
    /// `None` uses the environment.
    pub region: Option<String>,
    /// `None` uses the environment, or Amazon S3.
    pub endpoint: Option<String>,
    /// Access key ID and secret access key; `None` uses the environment or the role of the machine.
    pub key: Option<(String, Secret)>,
}

impl Settings {
    /// Returns the public URL of the image stored under a name; empty if the name is empty.
    pub fn image_url(&self, stored: &str) -> String {
        match &self.images.public_url {
            _ if stored.is_empty() => String::new(),
            Some(prefix) => format!("{prefix}{stored}"),
            None => format!("{}{IMAGES_PATH}{stored}", self.public_url.as_str()),
        }
    }

    /// Returns the URL of a stored image for mail, if the servers of mail programs can load it. Stored images have
    /// formats that mail programs show.
    pub fn mail_image_url(&self, stored: &str) -> Option<String> {
        let is_reachable = match &self.images.public_url {
            Some(prefix) => prefix.starts_with("https://"),
            None => self.public_url.is_reachable_by_mail_programs(),
        };
        (is_reachable && !stored.is_empty()).then(|| self.image_url(stored))
    }
}

#[cfg(test)]
mod tests {
    use super::super::PublicUrl;
    use super::*;

    #[test]
    fn mail_has_an_image_only_if_it_can_be_loaded() {
        let url = |public_url: &str, bucket: Option<&str>, stored: &str| {
            let mut settings = Settings { public_url: PublicUrl::parse(public_url).unwrap(), ..Settings::default() };
            settings.images.public_url = bucket.map(str::to_owned);
            settings.mail_image_url(stored)
        };
        let public = "https://join.example.com/id";
        assert_eq!(url(public, None, "1f.png").unwrap(), "https://join.example.com/id/images/1f.png");
        assert_eq!(url(public, None, ""), None);
        assert_eq!(url("http://127.0.0.1:8080", None, "1f.png"), None);
        assert_eq!(url("http://join.example.com", None, "1f.png"), None, "mail programs load no images over http");
        let bucket = Some("https://cdn.example.com/img/");
        assert_eq!(url("http://127.0.0.1:8080", bucket, "1f.png").unwrap(), "https://cdn.example.com/img/1f.png");
        assert_eq!(url(public, Some("http://minio:9000/img/"), "1f.png"), None);
    }
}
