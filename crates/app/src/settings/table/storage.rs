//! The sections `images` and `domains`.

use std::net::SocketAddr;

use vestibule_core::settings::{Bucket, ImageStorage, PublicUrl, Secret};

use super::super::LoadedSettings;
use super::super::parse::{image_storage, optional_path, url_without_fragment};
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::{in_data_dir, non_empty, store};

/// Changes the bucket settings. Has no effect if images are stored in a directory.
fn update_bucket(loaded: &mut LoadedSettings, update: impl FnOnce(&mut Bucket)) {
    if let ImageStorage::Bucket(bucket) = &mut loaded.settings.images.storage {
        update(bucket);
    }
}

pub(super) static STORAGE: &[Setting] = &[
    Setting {
        path: "images.storage",
        description: "Where images are stored: a directory that all processes share, or an S3 bucket.",
        expected: "a directory path, or s3://bucket/prefix",
        example: "s3://example-images/vestibule",
        default: DefaultValue::Derived(
            "images next to the SQLite file, or in vestibule in the user's data directory",
            |loaded, environment| in_data_dir(loaded, environment, "images"),
        ),
        kind: ValueKind::Path,
        set: |loaded, text| store(&mut loaded.settings.images.storage, image_storage(text)),
    },
    Setting {
        path: "images.region",
        description: "The region of the bucket. Empty: AWS_REGION or AWS_DEFAULT_REGION.",
        expected: "the name of a region, or empty",
        example: "eu-north-1",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            update_bucket(loaded, |bucket| bucket.region = non_empty(text));
            Some(())
        },
    },
    Setting {
        path: "images.endpoint",
        description: "The endpoint of an S3-compatible service, such as MinIO, Garage or R2. Empty: AWS_ENDPOINT_URL, or Amazon S3.",
        expected: "an http or https URL without a path, or empty",
        example: "https://s3.example.com",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            if !text.is_empty() {
                PublicUrl::parse_origin(text).ok()?;
            }
            update_bucket(loaded, |bucket| bucket.endpoint = non_empty(text));
            Some(())
        },
    },
    Setting {
        path: "images.access_key_id",
        description: "The access key ID for the bucket. Empty: AWS_ACCESS_KEY_ID, or the role of the machine.",
        expected: "an access key ID, or empty",
        example: "AKIAIOSFODNN7EXAMPLE",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            update_bucket(loaded, |bucket| {
                bucket.key = non_empty(text).map(|id| (id, Secret::new(String::new())));
            });
            Some(())
        },
    },
    Setting {
        path: "images.secret_key_file",
        description: "A file that contains only the secret access key of images.access_key_id.",
        expected: "a file path, or empty",
        example: "/run/secrets/images",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Path,
        set: |loaded, text| optional_path(&mut loaded.image_secret_key_file, text),
    },
    Setting {
        path: "images.public_url",
        description: "The URL under which browsers load images, such as a CDN. Empty: /images/ of this server.",
        expected: "an http or https URL without a query, or empty",
        example: "https://images.example.com/vestibule/",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            // The name of an image is appended.
            let url = if text.is_empty() { Some(None) } else { url_without_fragment(text).map(Some) };
            let url = url.filter(|_| !text.contains('?'));
            let url = url.map(|url| url.map(|url| format!("{}/", url.trim_end_matches('/'))));
            store(&mut loaded.settings.images.public_url, url)
        },
    },
    Setting {
        path: "domains.default_joining",
        description: "How people with a verified address of a verified domain join, unless the request says otherwise.",
        expected: "none, request, join or auto",
        example: "request",
        default: DefaultValue::Literal("auto"),
        kind: ValueKind::Text,
        set: |loaded, text| store(&mut loaded.settings.domains.default_joining, text.parse().ok()),
    },
    Setting {
        path: "domains.resolver",
        description: "The DNS server for domain verification and for http_client. Empty: the DNS servers of the system.",
        expected: "an IP address and a port, or empty",
        example: "127.0.0.53:53",
        default: DefaultValue::Literal(""),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let address = if text.is_empty() { Some(None) } else { text.parse::<SocketAddr>().ok().map(Some) };
            // No server answers at port 0.
            store(&mut loaded.dns_resolver, address.filter(|address| address.is_none_or(|address| address.port() > 0)))
        },
    },
];
