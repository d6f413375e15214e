//! Images: upload, serving, replacement, deletion, and rejection of invalid files.

use std::io::Cursor;

use axum::http::header;
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};
use vestibule_core::image_store::{Environment, ImageStore};
use vestibule_core::images::delete_unused;
use vestibule_core::organization::erase_deleted;
use vestibule_core::settings::ImageStorage;
use vestibule_testbed::{Database, invariants};

use crate::harness::{DAY, HOUR, TestApp, TestAppBuilder, TestResponse, text};

/// Returns a blank image of this format and size.
pub(crate) fn encode(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Gets an image by its URL, without a cookie.
pub(crate) async fn fetch(app: &TestApp, url: &Value) -> TestResponse {
    let path = url.as_str().unwrap().strip_prefix("http://vestibule.test").unwrap();
    app.anonymous().get(path).await
}

#[tokio::test]
async fn reencodes_and_serves_organization_image() {
    let app = TestApp::start().await;
    let owner = app.create_user("olga@example.com").await;
    let png = encode(ImageFormat::Png, 1024, 512);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    let organization = text(&created["organization"]["id"]);
    let first = created["organization"]["image_url"].clone();
    let response = fetch(&app, &first).await;
    assert_eq!(response.status, 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
        ),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(response.headers[name], value);
    }
    let name = first.as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(response.headers[header::CONTENT_DISPOSITION], format!("inline; filename=\"{name}\""));
    let stored = image::load_from_memory(&response.bytes).unwrap();
    assert_eq!((stored.width(), stored.height()), (512, 256));

    let jpeg = encode(ImageFormat::Jpeg, 20, 10);
    let update = format!("/organizations/{organization}/update");
    let second = owner.post_file(&update, &[], ("image", &jpeg)).await.ok()["image_url"].clone();
    assert!(second != first && text(&second).rsplit_once('.').unwrap().1 == "jpg");
    assert_eq!(fetch(&app, &second).await.headers["content-type"], "image/jpeg");
    let listed = owner.get("/me/organization-memberships").await.ok();
    assert_eq!(listed[0]["organization"]["image_url"], second);
    let untouched = owner.post(&update, &[("name", "Acme Corp"), ("image", "")]).await.ok();
    assert_eq!(untouched["image_url"], second);

    assert_eq!(fetch(&app, &first).await.status, 200, "a replaced image stays available for an hour");
    app.advance(HOUR);
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 1);
    fetch(&app, &first).await.assert_error(404, "NOT_FOUND");
    assert_eq!(fetch(&app, &second).await.status, 200);
    assert_eq!(owner.post(&update, &[("image", "null")]).await.ok()["image_url"], "");
    app.advance(HOUR);
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 1);
    fetch(&app, &second).await.assert_error(404, "NOT_FOUND");
    assert_eq!(app.count("SELECT COUNT(*) FROM images"), 0);
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn deletes_images_with_workspace_and_organization() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let png = encode(ImageFormat::WebP, 5, 5);
    let fields = |name| [("organization_id", organization.as_str()), ("name", name)];
    let create = async |name| owner.post_file("/workspaces", &fields(name), ("image", &png)).await.ok();
    let (first, second) = (create("Lobby").await, create("Attic").await);
    let path = format!("/workspaces/{}", text(&first["workspace"]["id"]));
    let changed = owner.post_file(&format!("{path}/update"), &[], ("image", &png)).await.ok();
    let (before, after) = (&first["workspace"]["image_url"], &changed["workspace"]["image_url"]);
    assert_ne!(before, after);
    assert_eq!(owner.get(&path).await.ok()["workspace"]["image_url"], *after);
    owner.post(&format!("{path}/delete"), &[]).await.ok();
    app.advance(HOUR);
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 2);
    fetch(&app, after).await.assert_error(404, "NOT_FOUND");
    assert_eq!(fetch(&app, &second["workspace"]["image_url"]).await.status, 200);
    invariants::assert_hold(&app.inner.database, &[]);

    let update = format!("/organizations/{organization}/update");
    let of_organization = owner.post_file(&update, &[], ("image", &png)).await.ok()["image_url"].clone();
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    app.advance(DAY * 29);
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 0, "a restorable organization keeps its images");
    app.advance(DAY);
    erase_deleted(&app.inner.service).await.unwrap();
    app.advance(HOUR);
    assert_eq!(delete_unused(&app.inner.service).await.unwrap(), 2);
    fetch(&app, &of_organization).await.assert_error(404, "NOT_FOUND");
}

#[tokio::test]
async fn stores_nothing_for_unauthorized_uploads() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let otto = app.create_organization("otto@example.com").await.0;
    let fields = [("organization_id", organization.as_str()), ("name", "Lobby")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let (small, large) = (encode(ImageFormat::Png, 5, 5), vec![b'x'; 100_000]);
    for path in [format!("/organizations/{organization}/update"), format!("/workspaces/{workspace}/update")] {
        for (client, status, code) in
            [(&app.anonymous(), 401, "UNAUTHORIZED"), (&nina, 403, "FORBIDDEN"), (&otto, 403, "FORBIDDEN")]
        {
            client.post_file(&path, &[], ("image", &small)).await.assert_error(status, code);
        }
        // The body of an anonymous upload is not read.
        app.anonymous().post_file(&path, &[], ("image", &large)).await.assert_error(401, "UNAUTHORIZED");
    }
    otto.post_file("/workspaces", &fields, ("image", &small)).await.assert_error(403, "FORBIDDEN");
    assert_eq!(app.count("SELECT COUNT(*) FROM images"), 0);
}

#[tokio::test]
async fn rejects_invalid_and_oversized_images() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/update");
    let png = encode(ImageFormat::Png, 5, 5);
    let upload = async |bytes: &[u8]| owner.post_file(&path, &[("name", "Changed")], ("image", bytes)).await;
    for bytes in [&b"<svg onload='alert(1)'/>"[..], b"GIF89a", b"\x89PNG\r\n\x1a\n", &png[..20], b"#!/bin/sh"] {
        upload(bytes).await.assert_error(400, "IMAGE_UNREADABLE");
    }
    upload(&encode(ImageFormat::Png, 9000, 1)).await.assert_error(400, "IMAGE_TOO_LARGE");
    upload(&encode(ImageFormat::Png, 4100, 4100)).await.assert_error(400, "IMAGE_TOO_LARGE");
    upload(&vec![b'x'; 5 * 1024 * 1024]).await.assert_error(413, "BODY_TOO_LARGE");
    owner.post_json(&path, &json!({"image": "aGVsbG8="})).await.assert_error(400, "INVALID_FIELD");
    owner.post_file(&path, &[("image", "null")], ("image", &png)).await.assert_error(400, "INVALID_FIELD");
    owner.post_file(&path, &[], ("name", &png)).await.assert_error(400, "INVALID_FIELD");
    let (roles, large) = (format!("/organizations/{organization}/roles"), vec![0; 70_000]);
    owner.post_file(&roles, &[], ("name", &large)).await.assert_error(413, "BODY_TOO_LARGE");
    let listed = owner.get("/me/organization-memberships").await.ok();
    assert_eq!(
        (&listed[0]["organization"]["name"], &listed[0]["organization"]["image_url"]),
        (&json!("Acme"), &json!(""))
    );
    app.advance(HOUR);
    delete_unused(&app.inner.service).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM images"), 0, "aborted uploads are deleted");
    for name in ["x", "..%2f..%2fmaster.key", "%2e%2e", "0123456789abcdef0123456789abcdef.png", "a.png%00"] {
        app.anonymous().get(&format!("/images/{name}")).await.assert_error(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn folder_store_uses_generated_names_and_private_mode() {
    let folder = tempfile::tempdir().unwrap();
    let store_path = folder.path().join("images");
    let store = ImageStore::open(&ImageStorage::Directory(store_path.clone()), Environment::new()).unwrap();
    let app = TestAppBuilder::new(Database::create()).with_image_store(store).build().await;
    let owner = app.create_user("olga@example.com").await;
    let png = encode(ImageFormat::Png, 5, 5);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    let names: Vec<_> = std::fs::read_dir(&store_path).unwrap().map(|file| file.unwrap().file_name()).collect();
    let url = text(&created["organization"]["image_url"]);
    assert_eq!(names.len(), 1);
    assert!(url.ends_with(names[0].to_str().unwrap()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&store_path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
