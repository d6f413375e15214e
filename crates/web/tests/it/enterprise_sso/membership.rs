//! Who may sign in by a connection, and who becomes a member by it.

use serde_json::{Value, json};
use vestibule_core::settings::SignUpMode;

use super::{
    DOMAIN, NINA, OLGA, Setup, add_domain, add_primary_address, assert_refused, create_connection, delete_address,
    nina_with, signed_in_as,
};
use crate::harness::identity_provider::{IdentityProvider, person, person_with};
use crate::harness::{PASSWORD, TestApp, TestClient, allow_this_machine, text};
use crate::platform::PlatformClient;

#[tokio::test]
async fn address_has_to_be_at_a_domain_of_the_connection() {
    let setup = Setup::start().await;
    for claims in [
        json!({"email": "nina@other.example"}),
        json!({"email": "nina@sub.acme.example"}),
        json!({"email": "nina@acme.example.evil.example"}),
        json!({"email": "nina@acme.example@evil.example"}),
        json!({"email": null}),
        json!({"email": ""}),
        json!({"email": [NINA]}),
        json!({"email": {"value": NINA}}),
        json!({"email_verified": false}),
        json!({"email_verified": "false"}),
    ] {
        let refused = setup.sign_in(&nina_with(&claims)).await;
        assert_refused(refused, 403, "SSO_ADDRESS_NOT_ALLOWED").await;
    }
    assert_eq!((setup.count("users"), setup.count("identities")), (1, 0));
    // Many directories do not say whether an address is verified: they own the mailboxes.
    let (_, response) = setup.sign_in(&nina_with(&json!({"email_verified": null}))).await;
    signed_in_as(response, NINA);
}

/// A connection whose domain is verified no more vouches for nobody.
#[tokio::test]
async fn domain_has_to_be_verified_still() {
    let setup = Setup::start().await;
    setup.app.execute("UPDATE domains SET verified_at = NULL");
    assert_refused(setup.sign_in(&person("nina", NINA)).await, 403, "SSO_ADDRESS_NOT_ALLOWED").await;
    assert_eq!(setup.count("users"), 1);
}

#[tokio::test]
async fn without_jit_only_members_and_invitees_sign_in() {
    let setup = Setup::start().await;
    setup.update(&json!({"jit_enabled": false})).await.ok();
    assert_refused(setup.sign_in(&person("nina", NINA)).await, 403, "JIT_DISABLED").await;
    assert_eq!(setup.count("users"), 1);
    // A member signs in.
    let browser = setup.sign_admin_in().await;
    browser.get("/me").await.ok();
    // An account that is no member does not.
    setup.app.create_user("kim@acme.example").await;
    setup.app.verify_all_addresses();
    assert_refused(setup.sign_in(&person("kim", "kim@acme.example")).await, 403, "JIT_DISABLED").await;
    // A pending invitation lets a person in, who accepts it then.
    setup.olga.post(&format!("{}/invitations", setup.path), &[("email", "kim@acme.example")]).await.ok();
    let token = setup.app.mailed_token("kim@acme.example");
    let (kim, response) = setup.sign_in(&person("kim", "kim@acme.example")).await;
    signed_in_as(response, "kim@acme.example");
    assert_eq!(setup.members(), [OLGA]);
    kim.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(setup.members(), ["kim@acme.example", OLGA]);
}

#[tokio::test]
async fn former_member_does_not_return_by_signing_in() {
    let setup = Setup::start().await;
    let (nina, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    let id = text(&nina.get("/me").await.ok()["id"]);
    setup.olga.post(&format!("{}/members/{id}/remove", setup.path), &[]).await.ok();
    assert_refused(setup.sign_in(&person("nina", NINA)).await, 403, "SSO_MEMBERSHIP_ENDED").await;
    assert_eq!(setup.members(), [OLGA]);
    // Until an admin invites her again.
    setup.olga.post(&format!("{}/invitations", setup.path), &[("email", NINA)]).await.ok();
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
}

/// The account is a private one by now, and may have joined other organizations.
#[tokio::test]
async fn provider_does_not_open_the_account_of_a_former_member_without_its_address() {
    let setup = Setup::start().await;
    let nina = setup.app.create_member(&setup.olga, &setup.organization, NINA, "").await;
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    let id = text(&nina.get("/me").await.ok()["id"]);
    add_primary_address(&setup.app, &nina, "nina@home.example").await;
    setup.olga.post(&format!("{}/members/{id}/remove", setup.path), &[]).await.ok();
    delete_address(&nina, NINA).await.ok();
    setup.olga.post(&format!("{}/invitations", setup.path), &[("email", NINA)]).await.ok();
    assert_refused(setup.sign_in(&person("nina", NINA)).await, 403, "SSO_MEMBERSHIP_ENDED").await;
    nina.get("/me").await.ok();
}

#[tokio::test]
async fn seats_are_respected() {
    let setup = Setup::with_settings(|settings| settings.seats.max_per_organization = 2).await;
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    assert_refused(setup.sign_in(&person("kim", "kim@acme.example")).await, 403, "ORGANIZATION_FULL").await;
    assert_eq!((setup.members().len(), setup.count("users")), (2, 2));
}

/// The account was made by another person, who waited for the owner of the address.
#[tokio::test]
async fn unverified_account_is_claimed() {
    let setup = Setup::start().await;
    let attacker = setup.app.create_user(NINA).await;
    let (nina, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    attacker.get("/me").await.assert_error(401, "UNAUTHORIZED");
    let fields = [("email", NINA), ("password", PASSWORD)];
    setup.app.anonymous().post("/auth/signin", &fields).await.assert_error(401, "INVALID_CREDENTIALS");
    assert_eq!(nina.get("/me").await.ok()["has_password"], false);
}

/// The directory gives the address of a colleague who has left to a new one.
#[tokio::test]
async fn second_subject_with_the_address_is_another_person() {
    let setup = Setup::start().await;
    let (_, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    assert_refused(setup.sign_in(&person("new nina", NINA)).await, 403, "SSO_IDENTITY_MISMATCH").await;
    assert_eq!((setup.count("users"), setup.count("identities")), (2, 1));
}

/// A connection says who the organization's people are, and nothing about those of others.
#[tokio::test]
async fn connection_does_not_sign_in_to_accounts_of_other_domains() {
    let setup = Setup::start().await;
    let victim = setup.app.create_user("ceo@victim.example").await;
    setup.app.verify_all_addresses();
    let evil = person_with("evil", "ceo@victim.example", &json!({"email_verified": true}));
    assert_refused(setup.sign_in(&evil).await, 403, "SSO_ADDRESS_NOT_ALLOWED").await;
    // Nor with a domain that is there and not verified.
    let fields = [("domain", "victim.example")];
    let domain = text(&setup.olga.post(&format!("{}/domains", setup.path), &fields).await.ok()["id"]);
    let added = setup.update(&json!({"domain_ids": [setup.domain, domain]})).await;
    added.assert_error(400, "DOMAIN_NOT_VERIFIED");
    assert_refused(setup.sign_in(&evil).await, 403, "SSO_ADDRESS_NOT_ALLOWED").await;
    victim.get("/me").await.ok();
}

#[tokio::test]
async fn two_first_sign_ins_at_once_create_one_account() {
    let setup = Setup::start().await;
    let browsers: Vec<TestClient> = (0..4).map(|_| setup.app.anonymous()).collect();
    let mut callbacks = Vec::new();
    for browser in &browsers {
        callbacks.push(setup.begin(browser, &person("nina", NINA)).await);
    }
    let responses = browsers.iter().zip(&callbacks).map(|(browser, callback)| browser.come_back(callback));
    let responses = futures_util::future::join_all(responses).await;
    assert!(responses.iter().any(|response| response.status == 200), "{}", responses[0].text);
    assert_eq!((setup.count("users"), setup.count("identities"), setup.members().len()), (2, 1, 2));
}

/// Sign-up is for other people: those whom the directory knows need none.
#[tokio::test]
async fn jit_does_not_depend_on_the_mode_of_sign_up() {
    let app = TestApp::with_settings(|settings| {
        allow_this_machine(settings);
        (settings.verify_addresses, settings.sign_up) = (true, SignUpMode::Restricted);
    })
    .await;
    let backend = PlatformClient::new(&app, "*").await;
    let fields = json!({"first_name": "Olga", "last_name": "Test", "email_address": OLGA, "password": PASSWORD});
    backend.post("/users", &fields).await.ok();
    let olga = app.anonymous();
    olga.post("/auth/signin", &[("email", OLGA), ("password", PASSWORD)]).await.ok();
    let organization = text(&olga.post("/organizations", &[("name", "Acme")]).await.ok()["organization"]["id"]);
    let path = format!("/organizations/{organization}");
    let provider = IdentityProvider::start().await;
    provider.attach(&app);
    let domain = add_domain(&app, &olga, &path, DOMAIN).await;
    let connection = create_connection(&olga, &path, &provider, &json!({"domain_ids": [domain]})).await;
    let update = format!("{path}/enterprise-connections/{connection}/update");
    olga.post_json(&update, &json!({"enabled": true})).await.ok();
    let browser = app.anonymous();
    let session = browser.go_through_sso(&connection, &provider, &person("nina", NINA)).await.ok()["session"].clone();
    assert_ne!(session["active_signin"], Value::Null, "{session}");
}
