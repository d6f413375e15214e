//! What password managers read: the account in each form with a password, and the kind of each field.

use crate::harness::{PASSWORD, TestApp};

const NINA: &str = "nina@example.com";

/// The `input` tags of each form with a password.
fn password_forms(page: &str) -> Vec<Vec<&str>> {
    let forms = page.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap());
    let forms = forms.map(|form| form.split("<input").skip(1).map(|tag| tag.split('>').next().unwrap()).collect());
    forms.filter(|inputs: &Vec<&str>| inputs.iter().any(|input| input.contains("type=\"password\""))).collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// Asserts that each form names its account in a field that managers read, before the first password. `email` is its
/// value, or `None` if the user types it.
fn assert_readable(page: &str, forms: usize, email: Option<&str>) {
    let found = password_forms(page);
    assert_eq!(found.len(), forms, "{page}");
    for inputs in found {
        let password = inputs.iter().position(|input| attribute(input, "type") == Some("password")).unwrap();
        // The field may also offer passkeys.
        let is_account = |input: &&&str| {
            attribute(input, "autocomplete").is_some_and(|kinds| kinds.split(' ').any(|kind| kind == "username"))
        };
        let account = inputs[..password].iter().find(is_account);
        let account = account.unwrap_or_else(|| panic!("no account: {inputs:?}"));
        assert!(!account.contains("type=\"hidden\"") && !account.contains(" hidden"), "{account}");
        match email {
            Some(email) => {
                assert_eq!(attribute(account, "value"), Some(email), "{account}");
                assert!(account.contains(" readonly") && attribute(account, "type") == Some("email"), "{account}");
            }
            None => assert!(!account.contains(" readonly"), "{account}"),
        }
        for input in inputs.iter().filter(|input| attribute(input, "type") == Some("password")) {
            match attribute(input, "autocomplete") {
                Some("current-password") => {}
                Some("new-password") => assert_eq!(attribute(input, "passwordrules"), Some("minlength: 8;"), "{input}"),
                other => panic!("{other:?}: {input}"),
            }
        }
    }
}

#[tokio::test]
async fn forms_with_a_password_name_their_account() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let anonymous = app.anonymous();
    assert_readable(&anonymous.get("/sign-in").await.text, 1, None);
    assert_readable(&anonymous.get("/sign-up").await.text, 1, None);

    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", NINA)]).await.ok();
    let token = app.mailed_token(NINA);
    anonymous.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    let page = anonymous.get("/invite").await.assert_page(200, "Create account and join");
    assert_readable(&page, 1, Some(NINA));
    let page = anonymous.post("/invite/sign-up", &[("first_name", "Nina"), ("password", "short")]).await;
    assert_readable(&page.assert_page(400, "at least 8 characters"), 1, Some(NINA));
    let nina = app.create_user(NINA).await;
    assert_readable(&anonymous.get("/invite").await.assert_page(200, "Sign in and join"), 1, Some(NINA));

    assert_readable(&nina.get("/account").await.text, 1, Some(NINA));
    assert_readable(&nina.get("/account/delete").await.text, 1, Some(NINA));
    app.execute("UPDATE sign_ins SET proved_at = 0");
    let page = nina.post("/account/addresses", &[("email", "other@example.com")]).await;
    assert_readable(&page.assert_page(403, "Confirm access"), 1, Some(NINA));
    let wrong = [("email", "other@example.com"), ("proof", "password"), ("proof_password", "wrong-one")];
    let page = nina.post("/account/addresses", &wrong).await.assert_page(400, "password is incorrect");
    assert_readable(&page, 1, Some(NINA));

    // Without a password, a code confirms. The form for the first password asks for both.
    app.verify_all_addresses();
    nina.reauthenticate().await;
    nina.post("/me/remove-password", &[("current_password", PASSWORD)]).await.ok();
    app.execute("UPDATE sign_ins SET proved_at = 0");
    let page = nina.post("/account/password", &[("proof", "send")]).await.assert_page(403, "6 digits");
    assert!(page.contains("autocomplete=\"one-time-code\""), "{page}");
    assert_readable(&page, 1, Some(NINA));
}

#[tokio::test]
async fn new_password_after_a_reset_names_the_account() {
    let app = TestApp::start().await;
    app.create_user(NINA).await;
    let browser = app.anonymous();
    let page = browser.get("/reset").await.assert_page(200, "autocomplete=\"username\"");
    assert!(!page.contains("type=\"password\""));
    browser.post("/reset", &[("email", NINA)]).await.assert_redirect("/reset/code");
    let code = app.mailed_code(NINA);
    let page = browser.post("/reset/code", &[("email", NINA), ("code", &code)]).await;
    let page = page.assert_page(200, "type=\"password\"");
    assert_readable(&page, 1, Some(NINA));
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let short = [("token", token), ("email", NINA), ("password", "short")];
    let page = browser.post("/reset/password", &short).await.assert_page(400, "at least 8 characters");
    assert_readable(&page, 1, Some(NINA));
    let chosen = [("token", token), ("email", NINA), ("password", "another-password-42")];
    browser.post("/reset/password", &chosen).await.assert_redirect("/organizations");
}

#[tokio::test]
async fn well_known_url_leads_to_the_change_of_the_password() {
    let app = TestApp::start().await;
    let nina = app.create_user(NINA).await;
    let url = "/.well-known/change-password";
    assert_eq!(nina.get(url).await.assert_redirect("/account"), "/account#password");
    nina.get("/account").await.assert_page(200, "id=\"password\"");
    app.anonymous().get(url).await.assert_redirect("/account");
}
