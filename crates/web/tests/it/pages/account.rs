//! `/account`: every form works without a script.

use crate::harness::{PASSWORD, TestApp};
use crate::images;

const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-sesame-43";

/// Returns the path segment after `prefix` in a page.
fn id_after(page: &str, prefix: &str) -> String {
    page.split_once(prefix)
        .unwrap_or_else(|| panic!("{prefix} is not in {page}"))
        .1
        .split('/')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn updates_names_and_picture() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    ada.post("/account/profile", &[("first_name", "Ada"), ("last_name", "L"), ("username", "ada.l")])
        .await
        .assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "Saved.");
    ada.post("/account/profile", &[("first_name", "Ada"), ("last_name", "L"), ("username", "-")])
        .await
        .assert_page(400, "3 to 32");
    let picture = images::encode(image::ImageFormat::Png, 8, 8);
    ada.post_file("/account/picture", &[], ("file", &picture)).await.assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "<img class=\"picture\"");
    ada.post_file("/account/picture", &[], ("file", b"no image")).await.assert_page(400, "not an image");
}

#[tokio::test]
async fn adds_verifies_and_deletes_addresses() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let work = "ada@work.example";
    let verify = ada.post("/account/addresses", &[("email", work)]).await.assert_redirect("/account/addresses/");
    ada.get(&verify).await.assert_page(200, "Check your email");
    let code_path = verify.replace("/verify", "/code");
    ada.post(&code_path, &[("code", "nonsense")]).await.assert_page(400, "This is not the code");
    ada.post(&verify, &[]).await.assert_redirect(&verify);
    ada.post(&code_path, &[("code", &app.mailed_code(work))]).await.assert_redirect("/account");
    let page = ada.get("/account").await.assert_page(200, "Make primary");
    let primary = id_after(&page, "/account/addresses/");
    assert!(!page.contains(&format!("/account/addresses/{primary}/primary")), "the primary address has no such button");
    let address_path = verify.trim_end_matches("/verify");
    ada.post(&format!("{address_path}/primary"), &[]).await.assert_redirect("/account");
    ada.post(&format!("{address_path}/delete"), &[("sure", "yes")]).await.assert_page(400, "primary address");
    let delete_path = format!("/account/addresses/{primary}/delete");
    ada.post(&delete_path, &[]).await.assert_page(200, "do not reach you");
    ada.post(&delete_path, &[("sure", "yes")]).await.assert_redirect("/account");
    ada.post("/account/addresses", &[("email", "nonsense")]).await.assert_page(400, "exactly one @");
    ada.post("/account/addresses/7/verify", &[]).await.assert_page(404, "no such email address");
}

#[tokio::test]
async fn ends_sign_ins_changes_password_and_deletes_account() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let other = app.anonymous();
    other.post("/sign-in", &[("identifier", ADA), ("password", PASSWORD)]).await.assert_redirect("/organizations");
    let page = ada.get("/account").await.assert_page(200, "this browser");
    let id = id_after(&page, "/account/sign-ins/");
    ada.post(&format!("/account/sign-ins/{id}/end"), &[]).await.assert_redirect("/account");
    other.get("/account").await.assert_redirect("/sign-in");
    ada.post("/account/sign-ins/7/end", &[]).await.assert_page(400, "no such sign-in");
    ada.post("/account/password", &[("present", "wrong-one"), ("chosen", NEW_PASSWORD)])
        .await
        .assert_page(400, "password is wrong");
    ada.post("/account/password", &[("present", PASSWORD), ("chosen", NEW_PASSWORD)]).await.assert_redirect("/account");
    ada.post("/account/delete", &[]).await.assert_page(400, "Type delete");
    ada.post("/account/delete", &[("present", "wrong-one")]).await.assert_page(400, "password is wrong");
    ada.post("/account/delete", &[("present", NEW_PASSWORD)]).await.assert_redirect("/sign-in");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 0);
    let owner = app.create_organization("owner@example.com").await.0;
    owner.post("/account/delete", &[("present", PASSWORD)]).await.assert_page(403, "last admin of Acme");
}
