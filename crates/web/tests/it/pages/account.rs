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
    ada.get("/account").await.assert_page(200, "Profile saved.");
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
    ada.post(&code_path, &[("code", "nonsense")]).await.assert_page(400, "Incorrect code");
    ada.post(&verify, &[]).await.assert_redirect(&verify);
    ada.post(&code_path, &[("code", &app.mailed_code(work))]).await.assert_redirect("/account");
    let page = ada.get("/account").await.assert_page(200, "Make primary");
    let primary = id_after(&page, "/account/addresses/");
    assert!(!page.contains(&format!("/account/addresses/{primary}/primary")), "the primary address has no such button");
    let address_path = verify.trim_end_matches("/verify");
    ada.post(&format!("{address_path}/primary"), &[]).await.assert_redirect("/account");
    ada.post(&format!("{address_path}/delete"), &[("sure", "yes")]).await.assert_page(400, "primary address");
    let delete_path = format!("/account/addresses/{primary}/delete");
    ada.post(&delete_path, &[]).await.assert_page(200, "Remove ada@example.com?");
    ada.post(&delete_path, &[("sure", "yes")]).await.assert_redirect("/account");
    ada.post("/account/addresses", &[("email", "nonsense")]).await.assert_page(400, "Enter a valid email address");
    ada.post("/account/addresses/7/verify", &[]).await.assert_page(404, "does not have this address");
}

#[tokio::test]
async fn ends_sign_ins_changes_password_and_deletes_account() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let other = app.anonymous();
    other.post("/sign-in", &[("identifier", ADA), ("password", PASSWORD)]).await.assert_redirect("/organizations");
    let page = ada.get("/account").await.assert_page(200, "this browser");
    assert!(page.contains("Unknown browser") && page.contains("Sign out Unknown browser"), "{page}");
    let id = id_after(page.split_once("<tbody>").unwrap().1, "/account/sign-ins/");
    let end = format!("/account/sign-ins/{id}/end");
    let page = ada.post(&end, &[]).await.assert_page(200, "<h1>Sign out Unknown browser?</h1>");
    assert!(page.contains("IP address: ") && page.contains("This cannot be undone."), "{page}");
    other.get("/account").await.assert_page(200, "this browser");
    ada.post(&end, &[("sure", "yes")]).await.assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "Session ended.");
    other.get("/account").await.assert_redirect("/sign-in");
    ada.post("/account/sign-ins/7/end", &[]).await.assert_page(400, "already ended");
    ada.post("/account/password", &[("present", "wrong-one"), ("chosen", NEW_PASSWORD)])
        .await
        .assert_page(400, "password is incorrect");
    ada.post("/account/password", &[("present", PASSWORD), ("chosen", NEW_PASSWORD)]).await.assert_redirect("/account");
    ada.post("/account/delete", &[]).await.assert_page(400, "Enter your password to confirm");
    ada.post("/account/delete", &[("present", "wrong-one")]).await.assert_page(400, "password is incorrect");
    ada.post("/account/delete", &[("present", NEW_PASSWORD)]).await.assert_redirect("/sign-in");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 0);
    let owner = app.create_organization("owner@example.com").await.0;
    owner.post("/account/delete", &[("present", PASSWORD)]).await.assert_page(403, "<li>Acme</li>");
}

#[tokio::test]
async fn ends_all_other_sessions() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let page = ada.get("/account").await.assert_page(200, "this browser");
    assert!(!page.contains("Sign out all other sessions"), "{page}");
    let others = [app.anonymous(), app.anonymous()];
    for other in &others {
        other.post("/sign-in", &[("identifier", ADA), ("password", PASSWORD)]).await.assert_redirect("/");
    }
    ada.get("/account").await.assert_page(200, "Sign out all other sessions");
    app.execute("UPDATE sign_ins SET proved_at = 0");
    let path = "/account/sign-ins/-/end-others";
    ada.post(path, &[]).await.assert_page(200, "<h1>Sign out all other sessions?</h1>");
    ada.post(path, &[("sure", "yes")]).await.assert_page(403, "sign out all other browsers");
    let proof = [("sure", "yes"), ("proof", "password"), ("proof_password", PASSWORD)];
    ada.post(path, &proof).await.assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "All other sessions ended.");
    for other in &others {
        other.get("/account").await.assert_redirect("/sign-in");
    }
}

#[tokio::test]
async fn deletion_says_what_goes_with_the_account() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let page = owner.get("/account/delete").await.assert_page(200, "You are the only admin of the following");
    assert!(page.contains("<li>Acme</li>") && !page.contains("name=\"present\""), "{page}");
    let ada = app.create_member(&owner, &organization, ADA, "").await;
    let page = ada.get("/account/delete").await.assert_page(200, "The account ada@example.com is deleted immediately");
    assert!(page.contains("<li>Acme</li>") && page.contains("This cannot be undone."), "{page}");
    let page = ada.post("/account/delete", &[("present", "wrong-one")]).await;
    page.assert_page(400, "password is incorrect");
    ada.post("/account/delete", &[("present", PASSWORD)]).await.assert_redirect("/sign-in");
    ada.get("/sign-in").await.assert_page(200, "Your account is deleted.");
    app.anonymous().get("/account/delete").await.assert_redirect("/sign-in");
}

#[tokio::test]
async fn chooses_notifications_and_language() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    let page = ada.get("/account").await.assert_page(200, "Email notifications");
    for kind in ["join_requests", "request_answers", "invitation_answers", "webhook_failures"] {
        assert!(page.contains(&format!("name=\"{kind}\" value=\"yes\" checked")), "{page}");
    }
    ada.post("/account/notifications", &[("request_answers", "yes")]).await.assert_redirect("/account");
    let page = ada.get("/account").await.assert_page(200, "Notification settings saved.");
    for (kind, checked) in [("join_requests", ""), ("request_answers", " checked"), ("invitation_answers", "")] {
        assert!(page.contains(&format!("name=\"{kind}\" value=\"yes\"{checked}>")), "{kind}: {page}");
    }
    ada.post("/language", &[("language", "de"), ("return_to", "/account")]).await.assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "<option value=\"de\" lang=\"de\" selected>Deutsch</option>");
}

#[tokio::test]
async fn language_of_the_account_is_that_of_its_pages_and_mail_in_every_browser() {
    let app = TestApp::start().await;
    let ada = app.create_user(ADA).await;
    app.verify_all_addresses();
    let mut other = app.anonymous();
    other.headers.insert("accept-language", "en".parse().unwrap());
    other.post("/sign-in", &[("identifier", ADA), ("password", PASSWORD)]).await.assert_redirect("/");
    other.get("/account").await.assert_page(200, "<html lang=\"en\">");
    ada.post("/language", &[("language", "de"), ("return_to", "/account")]).await.assert_redirect("/account");
    for browser in [&ada, &other] {
        browser.get("/account").await.assert_page(200, "<html lang=\"de\">");
    }
    other.headers.insert("accept", "text/html".parse().unwrap());
    other.get("/nope").await.assert_page(404, "<html lang=\"de\">");
    let mut signed_out = app.anonymous();
    signed_out.headers.insert("accept-language", "en".parse().unwrap());
    signed_out.get("/sign-in").await.assert_page(200, "<html lang=\"en\">");
    signed_out.post("/auth/forgot-password", &[("email", ADA)]).await.ok();
    assert!(app.mail(ADA).text.starts_with("Guten Tag"), "{}", app.mail(ADA).text);
    // An unknown language changes nothing.
    ada.post("/language", &[("language", "xx")]).await.assert_redirect("/");
    other.get("/account").await.assert_page(200, "<html lang=\"de\">");
}

#[tokio::test]
async fn signed_out_choice_becomes_the_language_of_a_new_account() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let mut browser = app.anonymous();
    browser.headers.insert("accept-language", "en".parse().unwrap());
    browser.post("/language", &[("language", "de"), ("return_to", "/sign-up")]).await.assert_redirect("/sign-up");
    let fields =
        [("email", ADA), ("first_name", "Ada"), ("last_name", "Lovelace"), ("password", PASSWORD), ("username", "")];
    browser.post("/sign-up", &fields).await.assert_redirect("/");
    app.verify_all_addresses();
    let mut other = app.anonymous();
    other.headers.insert("accept-language", "en".parse().unwrap());
    other.post("/sign-in", &[("identifier", ADA), ("password", PASSWORD)]).await.assert_redirect("/");
    other.get("/account").await.assert_page(200, "<html lang=\"de\">");
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", ADA)]).await.ok();
    assert!(app.mail(ADA).text.starts_with("Guten Tag"), "{}", app.mail(ADA).text);
}

#[tokio::test]
async fn pages_of_sessions_have_the_last_used_first() {
    let app = TestApp::start().await;
    let ada = app.create_user("ada@example.com").await;
    ada.get("/account").await.assert_page(200, "1 session<");
    for number in 1..60 {
        let digest = format!("{number:064x}");
        let digest = match vestibule_testbed::Engine::under_test() {
            vestibule_testbed::Engine::Sqlite => format!("x'{digest}'"),
            vestibule_testbed::Engine::Postgres => format!("'\\x{digest}'"),
        };
        let insert = "INSERT INTO sessions (id, token_digest, last_seen_at, expires_at, created_at, updated_at)";
        app.execute(&format!(
            "{insert} SELECT {number}, {digest}, MAX(last_seen_at), MAX(expires_at), 0, 0 FROM sessions"
        ));
    }
    app.execute(
        "INSERT INTO sign_ins (id, session_id, user_id, ip_address, user_agent, expires_at, last_active_at, created_at, updated_at)
         SELECT s.id, s.id, i.user_id, '203.0.113.' || s.id, 'x', i.expires_at, i.last_active_at - (s.id / 2) * 1000000,
                i.created_at, i.updated_at
           FROM sign_ins i, sessions s WHERE s.id < 60",
    );
    let addresses = |page: &str| -> Vec<String> {
        page.split("203.0.113.").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    };
    let link = |page: &str, rel: &str| {
        let start = format!("rel=\"{rel}\" href=\"");
        page.split_once(&start).unwrap().1.split(['"', '#']).next().unwrap().replace("&#38;", "&")
    };
    let first = ada.get("/account").await.assert_page(200, "60 sessions");
    assert!(first.len() < 40_000 && first.contains("this browser"), "{} bytes", first.len());
    let second = ada.get(&link(&first, "next")).await.assert_page(200, "60 sessions");
    let third = ada.get(&link(&second, "next")).await.assert_page(200, "<span class=\"off\">Next</span>");
    let mut all = addresses(&first);
    all.extend(addresses(&second));
    all.extend(addresses(&third));
    let all: Vec<u32> = all.iter().map(|id| id.parse().unwrap()).collect();
    assert_eq!(all.len(), 59);
    assert!(all.windows(2).all(|pair| pair[0] / 2 < pair[1] / 2 || pair[0] > pair[1]), "{all:?}");
    let back = ada.get(&link(&third, "prev")).await.assert_page(200, "60 sessions");
    assert_eq!(addresses(&back), addresses(&second));
    ada.post("/account/sign-ins/-/end-others", &[("sure", "yes")]).await.assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "1 session<");
}
