//! "Confirm access": the page asks in place, and goes on with what was begun.

use std::time::Duration;

use axum::http::header;

use super::second_factors::{enrol, hidden, wrong};
use crate::harness::{PASSWORD, TestApp, TestClient, text};

const ADA: &str = "ada@example.com";
const NEW_PASSWORD: &str = "another-sesame-43";
const MAX_AGE: Duration = Duration::from_mins(10);

/// Signs up Ada, whose address is verified. Her proof is too old.
async fn setup() -> (TestApp, TestClient) {
    let app = TestApp::with_settings(|settings| settings.reauthentication.max_age = MAX_AGE).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let ada = app.create_member(&owner, &organization, ADA, "").await;
    app.advance(MAX_AGE);
    (app, ada)
}

/// Path and fields of an action, and what the confirmation page says about it.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// Returns the form of the confirmation page: its action, and the hidden fields.
fn form(page: &str) -> (String, Vec<(String, String)>) {
    let form = page.split_once("<form class=\"card\"").unwrap().1.split_once("</form>").unwrap().0;
    let attribute = |text: &str, name: &str| {
        let value = text.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0;
        value.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
    };
    let hidden = form.split("<input type=\"hidden\"").skip(1);
    let hidden = hidden.map(|input| (attribute(input, "name"), attribute(input, "value")));
    (attribute(form, "action"), hidden.collect())
}

/// Fills in the form of the confirmation page, as a browser without scripts does, and submits it.
pub(super) async fn confirm(client: &TestClient, page: &str, typed: &[(&str, &str)]) -> crate::harness::TestResponse {
    let (action, hidden) = form(page);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain(typed.iter().copied()).collect();
    client.post(&action, &fields).await
}

#[tokio::test]
async fn confirmed_actions_go_on_with_what_was_typed() {
    let (app, ada) = setup().await;
    let own = text(&ada.post("/organizations", &[("name", "Hers")]).await.ok()["organization"]["id"]);
    let lab = [("organization_id", own.as_str()), ("name", "Lab")];
    let workspace = text(&ada.post("/workspaces", &lab).await.ok()["workspace"]["id"]);
    let ben = app.create_member(&ada, &own, "ben@example.com", "").await;
    let ben = text(&ben.get("/me/organization-memberships").await.ok()[0]["id"]);
    let elsewhere = app.anonymous();
    elsewhere.post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    let listed = ada.get("/me/signins").await.ok();
    let other = listed.as_array().unwrap().iter().find(|one| one["current"] == false).unwrap();
    let end = format!("/account/sign-ins/{}/end", text(&other["id"]));
    let sure = [("sure", "yes")];
    let profile = [("first_name", "A & \"B\""), ("last_name", "<i>"), ("username", "ada.l")];
    let settings = format!("/organizations/{own}/-");
    let (offer, lab) =
        (format!("{settings}/members/{ben}/transfer"), format!("{settings}/workspaces/{workspace}/delete"));
    let delete = format!("{settings}/delete");
    let actions: [Case<'_>; 6] = [
        ("/account/profile", &profile, "change your username"),
        ("/account/addresses", &[("email", "ada@work.example")], "add ada@work.example to your account"),
        (&end, &[("sure", "yes"), ("browser", "Firefox, Windows")], "sign out another browser: Firefox, Windows"),
        (&offer, &sure, "offer an organization"),
        (&lab, &sure, "delete a workspace"),
        (&delete, &[("sure", "yes"), ("typed_name", "Hers")], "delete an organization"),
    ];
    for (path, fields, named) in actions {
        app.advance(MAX_AGE);
        let page = ada.post(path, fields).await.assert_page(403, "Confirm access");
        assert!(page.contains(named) && !page.contains("<i>"), "{path}: {page}");
        assert_eq!(form(&page).0, path);
        // A wrong password loses nothing either.
        let wrong = [("proof", "password"), ("proof_password", "not-the-one")];
        let page = confirm(&ada, &page, &wrong).await.assert_page(400, "password is incorrect");
        assert!(page.contains(named) && !page.contains("not-the-one"), "{path}: {page}");
        let old = app.client_with_cookie(ada.cookie.lock().unwrap().clone());
        let right = [("proof", "password"), ("proof_password", PASSWORD)];
        confirm(&ada, &page, &right).await.assert_redirect("/");
        old.get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    let me = ada.get("/me").await.ok();
    let names = (text(&me["first_name"]), text(&me["last_name"]), text(&me["username"]));
    assert_eq!(names, ("A & \"B\"".to_owned(), "<i>".to_owned(), "ada.l".to_owned()));
    assert!(ada.get("/me/email-addresses").await.text.contains("ada@work.example"));
    elsewhere.get("/me").await.assert_error(401, "UNAUTHORIZED");
    ada.get(&format!("/organizations/{own}/-/settings")).await.assert_page(403, "have access to this page");
}

#[tokio::test]
async fn first_password_is_asked_for_again_and_never_shown() {
    let (app, ada) = setup().await;
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    app.advance(MAX_AGE);
    let page = ada.post("/account/password", &[("chosen", NEW_PASSWORD)]).await.assert_page(403, "Email me a code");
    assert!(page.contains("set a password") && !page.contains(NEW_PASSWORD), "{page}");
    let page = confirm(&ada, &page, &[("proof", "send")]).await.assert_page(403, "6 digits");
    assert!(page.contains("name=\"chosen\" type=\"password\""), "{page}");
    let wrong = if app.mailed_code(ADA) == "000000" { "000001" } else { "000000" };
    let typed = [("proof", "code"), ("proof_code", wrong), ("chosen", NEW_PASSWORD)];
    let page = confirm(&ada, &page, &typed).await.assert_page(400, "Incorrect code");
    assert!(!page.contains(NEW_PASSWORD), "{page}");
    let code = app.mailed_code(ADA);
    let typed = [("proof", "code"), ("proof_code", code.as_str()), ("chosen", NEW_PASSWORD)];
    confirm(&ada, &page, &typed).await.assert_redirect("/account");
    ada.get("/account").await.assert_page(200, "this browser");
    let sign_in = [("email", ADA), ("password", NEW_PASSWORD)];
    app.anonymous().post("/auth/signin", &sign_in).await.ok();
}

#[tokio::test]
async fn account_without_password_is_deleted_after_a_mailed_code() {
    let (app, ada) = setup().await;
    ada.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    app.advance(MAX_AGE);
    let page = ada.post("/account/delete", &[("word", "delete")]).await.assert_page(403, "delete your account");
    let page = confirm(&ada, &page, &[("proof", "send")]).await.assert_page(403, "6 digits");
    let code = app.mailed_code(ADA);
    let typed = [("proof", "code"), ("proof_code", code.as_str())];
    confirm(&ada, &page, &typed).await.assert_redirect("/sign-in");
    assert_eq!(app.count("SELECT COUNT(*) FROM users"), 1);
}

#[tokio::test]
async fn proof_in_a_form_of_another_site_or_without_session_is_refused() {
    let (app, mut ada) = setup().await;
    let fields = [("email", "evil@example.com"), ("proof", "password"), ("proof_password", PASSWORD)];
    app.anonymous().post("/account/addresses", &fields).await.assert_redirect("/sign-in");
    ada.headers.insert(header::ORIGIN, "https://evil.example".parse().unwrap());
    ada.post("/account/addresses", &fields).await.assert_error(403, "CROSS_SITE_REQUEST");
    ada.headers.remove(header::ORIGIN);
    // Fields of a proof do nothing on other pages, and the size of what is carried along is limited.
    ada.post("/account/picture", &fields).await.assert_page(400, "<h1>");
    let long = "x".repeat(65 * 1024);
    ada.post("/account/addresses", &[("email", &long)]).await.assert_page(413, "<h1>");
    assert!(!ada.get("/me/email-addresses").await.text.contains("evil@example.com"));
}

#[tokio::test]
async fn asks_in_german() {
    let (_, ada) = setup().await;
    ada.post("/language", &[("language", "de")]).await.assert_redirect("/");
    let page = ada.post("/account/addresses", &[("email", "ada@work.example")]).await;
    let page = page.assert_page(403, "Zugriff bestätigen");
    assert!(page.contains("Sie möchten ada@work.example zu Ihrem Konto hinzufügen."), "{page}");
    let wrong = [("proof", "password"), ("proof_password", "not-the-one")];
    confirm(&ada, &page, &wrong).await.assert_page(400, "Passwort");
}

#[tokio::test]
async fn changes_of_factors_are_confirmed_with_the_second_factor() {
    let app = TestApp::with_settings(|settings| settings.reauthentication.max_age = MAX_AGE).await;
    let ada = app.create_user(ADA).await;
    let (authenticator, backup_codes) = enrol(&ada).await;
    app.advance(MAX_AGE);
    let replace = [("replaces", "yes"), ("sure", "yes")];
    let path = "/account/security/backup-codes";
    let page = ada.post(path, &replace).await.assert_page(403, "You are about to get new backup codes");
    // The password alone is not enough.
    assert!(page.contains("value=\"authenticator\"") && !page.contains("proof_password"), "{page}");
    let methods = hidden(&page, "proof_methods");
    let with = |proof: &'static str, code: &str| {
        let fields = [("proof_methods", methods.as_str()), ("proof", proof), ("proof_code", code)];
        replace.into_iter().chain(fields).map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let post = async |fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ada.post(path, &fields).await
    };
    let code = ada.code_of(&authenticator);
    let page = post(with("authenticator", wrong(&code))).await;
    let page = page.assert_page(400, "Incorrect code. Enter the code that the app shows now");
    assert!(page.contains("value=\"choose_backup_code\"") && page.contains("aria-invalid=\"true\""), "{page}");
    // The form with the code and the one of the other methods both go on with the action.
    for field in ["name=\"proof_methods\"", "name=\"replaces\" value=\"yes\""] {
        assert_eq!(page.matches(field).count(), 2, "{field}: {page}");
    }
    let page = post(with("choose_backup_code", "")).await.assert_page(403, "Enter one of your backup codes");
    assert!(page.contains("value=\"choose_authenticator\"") && hidden(&page, "proof_methods") == methods, "{page}");
    post(with("backup_code", "AAAA-AAAA")).await.assert_page(400, "Incorrect backup code");
    post(with("backup_code", &backup_codes[3])).await.assert_page(200, "Save your backup codes");
    app.advance(MAX_AGE);
    let code = ada.code_of(&authenticator);
    post(with("authenticator", &code)).await.assert_page(200, "Save your backup codes");
    // Nobody else's methods can be chosen into the page.
    let page = post(with("choose_<b>", "")).await;
    assert!(page.status == 400 && !page.text.contains("<b>"), "{}", page.text);
}
