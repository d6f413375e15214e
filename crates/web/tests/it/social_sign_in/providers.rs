//! What is peculiar to each provider.

use serde_json::{Value, json};
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::settings::Settings;

use super::{ADA, GITHUB, GOOGLE, addresses, identities, signed_in_as, start, start_with, users, waits_for_profile};
use crate::harness::TestApp;
use crate::harness::identity_provider::{
    Endpoint, Fault, IdentityProvider, Part, TENANT, github_user, person, person_with,
};

const MICROSOFT: &str = "microsoft_oauth";
const APPLE: &str = "apple_oauth";
const GITLAB: &str = "gitlab_oauth";
const OTHER_TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const OBJECT: &str = "00000000-0000-0000-66f3-3332eca7ea81";
const CARL: &str = "carl@acme.example";

async fn verified_user(app: &TestApp, email: &str) {
    app.create_user(email).await;
    app.verify_all_addresses();
}

async fn microsoft(change: impl FnOnce(&mut Settings)) -> (IdentityProvider, TestApp) {
    let microsoft = IdentityProvider::start_as(ProviderKind::Microsoft).await;
    let app = start_with(&[(MICROSOFT, &microsoft)], change).await;
    (microsoft, app)
}

fn microsoft_person(tenant: &str, object: &str, email: &str, claims: &Value) -> Value {
    let mut person = person_with("pairwise", email, &json!({"tid": tenant, "oid": object, "email_verified": null}));
    person.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    person
}

#[tokio::test]
async fn microsoft_people_are_known_by_tenant_and_object() {
    let (microsoft, app) = microsoft(|_| ()).await;
    let object = OBJECT;
    for (tenant, email) in [(TENANT, "one@one.example"), (OTHER_TENANT, "two@two.example")] {
        let person = microsoft_person(tenant, object, email, &json!({}));
        signed_in_as(app.anonymous().go_through(MICROSOFT, &microsoft, &person).await, email);
        // `sub` differs from client to client.
        let renamed = microsoft_person(tenant, object, "new@new.example", &json!({"sub": "another"}));
        signed_in_as(app.anonymous().go_through(MICROSOFT, &microsoft, &renamed).await, email);
    }
    assert_eq!((users(&app), identities(&app)), (2, 2));
    let rows = app.inner.database.rows("SELECT issuer, subject FROM identities ORDER BY id");
    assert!(rows[0][0].ends_with(&format!("/{TENANT}/v2.0")) && rows[0][1] == format!("{TENANT}:{object}"), "{rows:?}");
}

/// nOAuth: any admin of any tenant can give their user any address.
#[tokio::test]
async fn microsoft_address_links_only_with_the_proof_of_its_domain() {
    let (microsoft, app) = microsoft(|_| ()).await;
    verified_user(&app, CARL).await;
    for (index, claims) in [
        json!({}),
        json!({"email_verified": true}),
        json!({"xms_edov": false}),
        json!({"xms_edov": "true"}),
        json!({"xms_edov": 1}),
        json!({"verified_primary_email": [CARL]}),
        json!({"preferred_username": CARL, "upn": CARL}),
    ]
    .into_iter()
    .enumerate()
    {
        let person =
            microsoft_person(OTHER_TENANT, &format!("00000000-0000-0000-0000-00000000000{index}"), CARL, &claims);
        waits_for_profile(app.anonymous().go_through(MICROSOFT, &microsoft, &person).await);
    }
    assert_eq!(identities(&app), 0);
    let proved = microsoft_person(OTHER_TENANT, OBJECT, CARL, &json!({"xms_edov": true}));
    signed_in_as(app.anonymous().go_through(MICROSOFT, &microsoft, &proved).await, CARL);
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

/// A domain can move to another tenant, whose admin then speaks for its addresses.
#[tokio::test]
async fn microsoft_address_is_not_linked_to_the_identity_of_a_second_tenant() {
    let (microsoft, app) = microsoft(|_| ()).await;
    let proved = json!({"xms_edov": true});
    let one = microsoft_person(TENANT, "00000000-0000-0000-66f3-3332eca7ea81", CARL, &proved);
    signed_in_as(app.anonymous().go_through(MICROSOFT, &microsoft, &one).await, CARL);
    let other = microsoft_person(OTHER_TENANT, "00000000-0000-0000-66f3-3332eca7ea82", CARL, &proved);
    waits_for_profile(app.anonymous().go_through(MICROSOFT, &microsoft, &other).await);
    assert_eq!((users(&app), identities(&app)), (1, 1));
}

#[tokio::test]
async fn microsoft_issuer_is_that_of_the_tenant() {
    let (microsoft, app) = microsoft(|_| ()).await;
    let base = microsoft.url().trim_end_matches("/common").to_owned();
    let person = microsoft_person(TENANT, OBJECT, CARL, &json!({}));
    for (what, issuer, tenant) in [
        ("another tenant's", format!("{base}/{OTHER_TENANT}/v2.0"), json!(TENANT)),
        ("the template", format!("{base}/{{tenantid}}/v2.0"), json!(TENANT)),
        ("a tenant that is none", format!("{base}/common/v2.0"), json!("common")),
        ("a path", format!("{base}/{TENANT}/../x/v2.0"), json!(format!("{TENANT}/../x"))),
        ("no tenant", format!("{base}/{TENANT}/v2.0"), Value::Null),
        ("a list", format!("{base}/{TENANT}/v2.0"), json!([TENANT])),
        ("another host's", format!("https://evil.example/{TENANT}/v2.0"), json!(TENANT)),
    ] {
        microsoft.change(Part::Claims, move |claims| {
            (claims["iss"], claims["tid"]) = (json!(issuer), tenant.clone());
        });
        let response = app.anonymous().go_through(MICROSOFT, &microsoft, &person).await;
        assert_eq!((response.status, users(&app)), (400, 0), "{what}: {}", response.text);
        response.assert_error(400, "INVALID_IDENTITY");
    }
}

#[tokio::test]
async fn microsoft_tenants_can_be_limited() {
    let (microsoft, app) =
        microsoft(|settings| settings.social.providers[0].allowed_tenants = vec![OTHER_TENANT.to_owned()]).await;
    let stranger = microsoft_person(TENANT, OBJECT, CARL, &json!({}));
    app.anonymous().go_through(MICROSOFT, &microsoft, &stranger).await.assert_error(400, "INVALID_IDENTITY");
    let colleague = microsoft_person(OTHER_TENANT, OBJECT, CARL, &json!({}));
    signed_in_as(app.anonymous().go_through(MICROSOFT, &microsoft, &colleague).await, CARL);
    assert_eq!(users(&app), 1);
}

async fn github() -> (IdentityProvider, TestApp) {
    let github = IdentityProvider::start_as(ProviderKind::GitHub).await;
    let app = start(&[(GITHUB, &github)]).await;
    (github, app)
}

#[tokio::test]
async fn github_people_are_known_by_their_number() {
    let (github, app) = github().await;
    signed_in_as(app.anonymous().go_through(GITHUB, &github, &github_user(583_231, CARL)).await, CARL);
    // Another person takes the login name that has become free.
    let session = signed_in_as(
        app.anonymous().go_through(GITHUB, &github, &github_user(583_232, "new@acme.example")).await,
        "new@acme.example",
    );
    assert_eq!(session["active_signin"]["user"]["first_name"], "Octo");
    signed_in_as(app.anonymous().go_through(GITHUB, &github, &github_user(583_231, "x@acme.example")).await, CARL);
    assert_eq!((users(&app), identities(&app)), (2, 2));
    assert_eq!((github.requests(Endpoint::Discovery), github.requests(Endpoint::Keys)), (0, 0));
}

/// The address of the profile is whatever the person has typed there.
#[tokio::test]
async fn github_address_is_the_primary_one_and_verified() {
    let (github, app) = github().await;
    for (number, emails) in [
        json!([]),
        json!([{"email": CARL, "primary": true, "verified": false}]),
        json!([{"email": CARL, "primary": false, "verified": true}]),
        json!([{"email": CARL, "primary": "true", "verified": "true"}]),
        json!([{"email": 1, "primary": true, "verified": true}]),
        json!({"email": CARL}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut user = github_user(number as u64 + 1, CARL);
        user["emails"] = emails.clone();
        let response = app.anonymous().go_through(GITHUB, &github, &user).await;
        // Without an address, or with one that is not verified there, a person has to give and prove one.
        let is_signed_in = response.body["data"]["session"]["active_signin"]["user"]["email"] == CARL;
        assert!(!is_signed_in || app.count("SELECT COUNT(*) FROM email_addresses WHERE verified_at IS NOT NULL") == 0);
        assert!(!response.text.contains("public@example.org"), "{emails}: {}", response.text);
    }
}

#[tokio::test]
async fn github_reports_errors_with_status_200() {
    let (github, app) = github().await;
    let browser = app.anonymous();
    let url = browser.begin_social(GITHUB).await;
    let callback = github.approve(&url, &github_user(1, CARL));
    browser.come_back(&callback.with("code", "wrong")).await.assert_error(400, "INVALID_CODE");
    for endpoint in [Endpoint::User, Endpoint::Emails, Endpoint::Token] {
        for fault in [Fault::Status(500), Fault::Body(b"<html>".to_vec()), Fault::Body(b"{}".to_vec())] {
            github.fail(endpoint, fault.clone());
            let response = browser.go_through(GITHUB, &github, &github_user(1, CARL)).await;
            assert_eq!(response.status, 400, "{endpoint:?} {fault:?}: {}", response.text);
            github.recover();
        }
    }
    assert_eq!((users(&app), identities(&app)), (0, 0));
}

#[tokio::test]
async fn github_ids_are_numbers() {
    let (github, app) = github().await;
    for id in [json!("1"), json!(-1), json!(1.5), json!(0), Value::Null, json!([1])] {
        let mut user = github_user(1, CARL);
        user["id"] = id.clone();
        let response = app.anonymous().go_through(GITHUB, &github, &user).await;
        assert_eq!((response.status, users(&app)), (400, 0), "{id}: {}", response.text);
    }
}

async fn apple() -> (IdentityProvider, TestApp) {
    let apple = IdentityProvider::start_as(ProviderKind::Apple).await;
    let app = start(&[(APPLE, &apple)]).await;
    (apple, app)
}

/// The form comes from Apple's site, without our cookie.
#[tokio::test]
async fn apple_posts_a_form_that_the_browser_finishes() {
    let (apple, app) = apple().await;
    let browser = app.anonymous();
    let url = browser.begin_social(APPLE).await;
    let relay = "a1b2c3@privaterelay.appleid.com";
    let mut callback = apple.approve(&url, &person_with("001", relay, &json!({"given_name": null, "name": null})));
    callback.set("user", &json!({"name": {"firstName": "Ada", "lastName": "Lovelace"}, "email": relay}).to_string());
    let session = signed_in_as(browser.come_back(&callback).await, relay);
    assert_eq!(session["active_signin"]["user"]["first_name"], "Ada");
    assert_eq!(addresses(&app), [(relay.to_owned(), true)]);
    // The secret was a token of its own, and differs each time.
    let first = apple.last_token_request();
    signed_in_as(app.anonymous().go_through(APPLE, &apple, &person("001", relay)).await, relay);
    assert_ne!(first.get("code_verifier"), apple.last_token_request().get("code_verifier"));
}

/// It comes with the form and not with the token, so anyone could have written it.
#[tokio::test]
async fn apple_user_field_proves_nothing() {
    let (apple, app) = apple().await;
    verified_user(&app, ADA).await;
    for user in [
        json!({"email": ADA, "email_verified": true, "sub": "002"}).to_string(),
        json!({"name": {"firstName": ["x"], "lastName": {"a": 1}}}).to_string(),
        json!({"name": "x".repeat(20_000)}).to_string(),
        "[[[[[[".to_owned(),
        "null".to_owned(),
    ] {
        let browser = app.anonymous();
        let url = browser.begin_social(APPLE).await;
        let callback = apple.approve(&url, &person("001", "carl@icloud.com")).with("user", &user);
        let response = browser.come_back(&callback).await;
        assert_ne!(response.body["data"]["session"]["active_signin"]["user"]["email"], ADA, "{user}");
        if response.status == 200 {
            signed_in_as(response, "carl@icloud.com");
        }
    }
}

/// A form that is kept is bound to the browser that began, and is good once.
#[tokio::test]
async fn apple_form_is_bound_to_the_browser_that_began() {
    let (apple, app) = apple().await;
    let (victim, attacker) = (app.anonymous(), app.anonymous());
    let url = attacker.begin_social(APPLE).await;
    let callback = apple.approve(&url, &person("evil", "eve@icloud.com"));
    victim.begin_social(APPLE).await;
    // The attacker's page posts it in the victim's browser.
    let response = victim.come_back(&callback).await;
    assert_eq!(response.status, 400, "{}", response.text);
    assert_eq!(victim.get("/session").await.ok()["active_signin"], Value::Null);
    for target in ["/auth/oauth2/callback?handoff=", "/auth/oauth2/callback?handoff=AAAA", "/auth/oauth2/callback"] {
        victim.get(target).await.assert_error(400, "INVALID_STATE");
    }
    assert_eq!(users(&app), 0);
}

#[tokio::test]
async fn gitlab_is_an_openid_provider_that_vouches_for_nothing() {
    let gitlab = IdentityProvider::start_as(ProviderKind::GitLab).await;
    let app = start(&[(GITLAB, &gitlab)]).await;
    verified_user(&app, ADA).await;
    waits_for_profile(app.anonymous().go_through(GITLAB, &gitlab, &person("1", ADA)).await);
    signed_in_as(app.anonymous().go_through(GITLAB, &gitlab, &person("2", CARL)).await, CARL);
}

#[tokio::test]
async fn one_subject_of_two_providers_is_two_people() {
    let (google, gitlab) = (IdentityProvider::start().await, IdentityProvider::start_as(ProviderKind::GitLab).await);
    let app = start(&[(GOOGLE, &google), (GITLAB, &gitlab)]).await;
    signed_in_as(app.anonymous().go_through(GOOGLE, &google, &person("1", ADA)).await, ADA);
    signed_in_as(app.anonymous().go_through(GITLAB, &gitlab, &person("1", CARL)).await, CARL);
    assert_eq!((users(&app), identities(&app)), (2, 2));
}
