//! The settings of what lies outside of the database, and of whom we ask.

use vestibule_core::settings::{Bucket, Hidden, ImagePlace, PublicUrl};

use super::super::Loaded;
use super::super::read::{file_or_none, image_place, page};
use super::super::setting::{Fallback, Kind, Setting};
use super::{beside_database, put, some};

/// What is set of a bucket counts for a bucket only.
fn of_bucket(loaded: &mut Loaded, change: impl FnOnce(&mut Bucket)) {
    if let ImagePlace::Bucket(bucket) = &mut loaded.settings.images.place {
        change(bucket);
    }
}

/// The sections `images` and `domains`.
pub(super) static STORES: &[Setting] = &[
    Setting {
        path: "images.place",
        explains: "Where images are kept: a folder that all processes see, or a bucket.",
        takes: "the path of a folder, or s3://bucket/folder",
        example: "s3://example-images/vestibule",
        default: Fallback::From(
            "images beside the SQLite file, or where that would be by default",
            |loaded, surroundings| beside_database(loaded, surroundings, "images"),
        ),
        kind: Kind::Path,
        read: |loaded, text| put(&mut loaded.settings.images.place, image_place(text)),
    },
    Setting {
        path: "images.region",
        explains: "The bucket's region. Empty: what the environment says.",
        takes: "a region's name, or nothing",
        example: "eu-north-1",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            of_bucket(loaded, |bucket| bucket.region = some(text));
            Some(())
        },
    },
    Setting {
        path: "images.endpoint",
        explains: "Where the bucket is, when it is not at Amazon: a MinIO, Garage, R2 or Ceph of yours.",
        takes: "an http or https URL, or nothing",
        example: "https://s3.example.com",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            if !text.is_empty() {
                PublicUrl::parse(text).ok()?;
            }
            of_bucket(loaded, |bucket| bucket.endpoint = some(text));
            Some(())
        },
    },
    Setting {
        path: "images.key_id",
        explains: "The id of the bucket's key. Empty: what AWS_ACCESS_KEY_ID or the machine's role gives.",
        takes: "the id of a key, or nothing",
        example: "AKIAIOSFODNN7EXAMPLE",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            of_bucket(loaded, |bucket| bucket.key = some(text).map(|id| (id, Hidden::new(String::new()))));
            Some(())
        },
    },
    Setting {
        path: "images.secret_file",
        explains: "A file with the secret that belongs to images.key_id, and nothing else.",
        takes: "the path of a file, or nothing",
        example: "/run/secrets/images",
        default: Fallback::Is(""),
        kind: Kind::Path,
        read: |loaded, text| file_or_none(&mut loaded.images_secret_file, text),
    },
    Setting {
        path: "images.public_url",
        explains: "Where browsers find images, when not at this server's /images/: a CDN in front of the bucket.",
        takes: "an http or https URL, or nothing",
        example: "https://images.example.com/vestibule/",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            let url = if text.is_empty() { Some(None) } else { page(text).map(Some) };
            let url = url.map(|url| url.map(|url| format!("{}/", url.trim_end_matches('/'))));
            put(&mut loaded.settings.images.public_url, url)
        },
    },
    Setting {
        path: "domains.resolver",
        explains: "The DNS server that is asked for the records that prove a domain. Empty: the system's.",
        takes: "an IP address and a port, or nothing",
        example: "127.0.0.53:53",
        default: Fallback::Is(""),
        kind: Kind::Text,
        read: |loaded, text| {
            let address = if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
            put(&mut loaded.resolver, address)
        },
    },
];
