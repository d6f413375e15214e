//! Images: kept, shown, replaced, cleared away, and refused when they are something else.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};
use vestibule_core::images::{Environment, ImageStore, clear_unused};
use vestibule_core::organization::erase_due;
use vestibule_core::settings::ImageStorage;
use vestibule_testbed::{Database, invariants};

use crate::harness::{Answer, App, DAY, HOUR, Start, text};

pub(crate) fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What an image's URL leads to, for somebody without a cookie.
pub(crate) async fn shown(app: &App, url: &Value) -> Answer {
    let path = url.as_str().unwrap().strip_prefix("http://vestibule.test").unwrap();
    app.visitor().get(path).await
}

#[tokio::test]
async fn an_organizations_image_is_encoded_anew_and_shown_to_whoever_has_its_url() {
    let app = App::start().await;
    let owner = app.person("olga@example.com").await;
    let png = picture(ImageFormat::Png, 1024, 512);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    let organization = text(&created["organization"]["id"]);
    let first = created["organization"]["image_url"].clone();
    let answer = shown(&app, &first).await;
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(answer.headers[name], value);
    }
    let kept = image::load_from_memory(&answer.bytes).unwrap();
    assert_eq!((kept.width(), kept.height()), (512, 256));

    let jpeg = picture(ImageFormat::Jpeg, 20, 10);
    let update = format!("/organizations/{organization}/update");
    let second = owner.post_file(&update, &[], ("image", &jpeg)).await.ok()["image_url"].clone();
    assert!(second != first && text(&second).rsplit_once('.').unwrap().1 == "jpg");
    assert_eq!(shown(&app, &second).await.headers["content-type"], "image/jpeg");
    let listed = owner.get("/me/organization-memberships").await.ok();
    assert_eq!(listed[0]["organization"]["image_url"], second);
    let untouched = owner.post(&update, &[("name", "Acme Corp"), ("image", "")]).await.ok();
    assert_eq!(untouched["image_url"], second);

    assert_eq!(shown(&app, &first).await.status, 200, "pages that are open go on showing it for a while");
    app.advance(HOUR);
    assert_eq!(clear_unused(&app.inner.service).await.unwrap(), 1);
    shown(&app, &first).await.refused(404, "NOT_FOUND");
    assert_eq!(shown(&app, &second).await.status, 200);
    assert_eq!(owner.post(&update, &[("image", "null")]).await.ok()["image_url"], "");
    app.advance(HOUR);
    assert_eq!(clear_unused(&app.inner.service).await.unwrap(), 1);
    shown(&app, &second).await.refused(404, "NOT_FOUND");
    assert_eq!(app.count("SELECT COUNT(*) FROM images"), 0);
    invariants::hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn a_workspaces_image_goes_with_it_and_with_its_organization() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let png = picture(ImageFormat::WebP, 5, 5);
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
    assert_eq!(clear_unused(&app.inner.service).await.unwrap(), 2);
    shown(&app, after).await.refused(404, "NOT_FOUND");
    assert_eq!(shown(&app, &second["workspace"]["image_url"]).await.status, 200);
    invariants::hold(&app.inner.database, &[]);

    let update = format!("/organizations/{organization}/update");
    let of_organization = owner.post_file(&update, &[], ("image", &png)).await.ok()["image_url"].clone();
    owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    app.advance(DAY * 29);
    assert_eq!(clear_unused(&app.inner.service).await.unwrap(), 0, "it may still come back, with its images");
    app.advance(DAY);
    erase_due(&app.inner.service).await.unwrap();
    app.advance(HOUR);
    assert_eq!(clear_unused(&app.inner.service).await.unwrap(), 2);
    shown(&app, &of_organization).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn nothing_is_kept_for_those_who_may_not_change_it() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let nina = app.member(&owner, &organization, "nina@example.com", "").await;
    let otto = app.founder("otto@example.com").await.0;
    let fields = [("organization_id", organization.as_str()), ("name", "Lobby")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let (small, large) = (picture(ImageFormat::Png, 5, 5), vec![b'x'; 100_000]);
    for path in [format!("/organizations/{organization}/update"), format!("/workspaces/{workspace}/update")] {
        for (client, status, code) in
            [(&app.visitor(), 401, "UNAUTHORIZED"), (&nina, 403, "FORBIDDEN"), (&otto, 403, "FORBIDDEN")]
        {
            client.post_file(&path, &[], ("image", &small)).await.refused(status, code);
        }
        // Nobody's megabytes are not even read.
        app.visitor().post_file(&path, &[], ("image", &large)).await.refused(401, "UNAUTHORIZED");
    }
    otto.post_file("/workspaces", &fields, ("image", &small)).await.refused(403, "FORBIDDEN");
    assert_eq!(app.count("SELECT COUNT(*) FROM images"), 0);
}

#[tokio::test]
async fn what_is_no_image_or_too_much_of_one_is_refused_and_nothing_changes() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let path = format!("/organizations/{organization}/update");
    let png = picture(ImageFormat::Png, 5, 5);
    let sent = async |bytes: &[u8]| owner.post_file(&path, &[("name", "Changed")], ("image", bytes)).await;
    for bytes in [&b"<svg onload='alert(1)'/>"[..], b"GIF89a", b"\x89PNG\r\n\x1a\n", &png[..20], b"#!/bin/sh"] {
        sent(bytes).await.refused(400, "IMAGE_UNREADABLE");
    }
    sent(&picture(ImageFormat::Png, 9000, 1)).await.refused(400, "IMAGE_TOO_LARGE");
    sent(&picture(ImageFormat::Png, 4100, 4100)).await.refused(400, "IMAGE_TOO_LARGE");
    sent(&vec![b'x'; 5 * 1024 * 1024]).await.refused(413, "BODY_TOO_LARGE");
    owner.post_json(&path, &json!({"image": "aGVsbG8="})).await.refused(400, "INVALID_FIELD");
    owner.post_file(&path, &[("image", "null")], ("image", &png)).await.refused(400, "INVALID_FIELD");
    owner.post_file(&path, &[], ("name", &png)).await.refused(400, "INVALID_FIELD");
    let (roles, large) = (format!("/organizations/{organization}/roles"), vec![0; 70_000]);
    owner.post_file(&roles, &[], ("name", &large)).await.refused(413, "BODY_TOO_LARGE");
    let kept = owner.get("/me/organization-memberships").await.ok();
    assert_eq!((&kept[0]["organization"]["name"], &kept[0]["organization"]["image_url"]), (&json!("Acme"), &json!("")));
    app.advance(HOUR);
    clear_unused(&app.inner.service).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM images"), 0, "what was begun is cleared away");
    for name in ["x", "..%2f..%2fmaster.key", "%2e%2e", "0123456789abcdef0123456789abcdef.png", "a.png%00"] {
        app.visitor().get(&format!("/images/{name}")).await.refused(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_folder_holds_images_under_names_of_ours_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("images");
    let store = ImageStore::open(&ImageStorage::Directory(place.clone()), Environment::new()).unwrap();
    let app = Start::on(Database::fresh()).keeping_images_in(store).app().await;
    let owner = app.person("olga@example.com").await;
    let png = picture(ImageFormat::Png, 5, 5);
    let created = owner.post_file("/organizations", &[("name", "Acme")], ("image", &png)).await.ok();
    let names: Vec<_> = std::fs::read_dir(&place).unwrap().map(|file| file.unwrap().file_name()).collect();
    let url = text(&created["organization"]["image_url"]);
    assert_eq!(names.len(), 1);
    assert!(url.ends_with(names[0].to_str().unwrap()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
