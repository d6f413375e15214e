//! Session tokens, verified by an independent library with the published keys.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use vestibule_core::time::{Clock, SystemClock};

use crate::harness::{DAY, PASSWORD, START_TIME, TestApp, TestClient, text};

/// Verifies a token as a backend does, at the machine's time. `ignore_expiry` skips the check of `exp`.
async fn verify(app: &TestApp, token: &str, ignore_expiry: bool) -> Result<Value, ErrorKind> {
    let keys: JwkSet = serde_json::from_str(&app.anonymous().get("/.well-known/jwks.json").await.text).unwrap();
    let header = decode_header(token).map_err(|error| error.kind().clone())?;
    assert_eq!(header.alg, Algorithm::ES256);
    let Some(key) = keys.find(&header.kid.unwrap()) else { return Err(ErrorKind::InvalidToken) };
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&["http://vestibule.test"]);
    validation.set_audience(&["http://vestibule.test"]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    (validation.leeway, validation.validate_exp) = (0, !ignore_expiry);
    let read = decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation);
    read.map(|token| token.claims).map_err(|error| error.kind().clone())
}

/// Creates a token and returns its claims.
pub(crate) async fn claims(app: &TestApp, client: &TestClient) -> Value {
    let created = client.get("/session/token").await.ok();
    verify(app, created["token"].as_str().unwrap(), true).await.unwrap()
}

/// Creates a token at a path and returns its claims, without verifying it.
pub(crate) async fn unverified_claims(client: &TestClient, path: &str) -> Value {
    decode_unverified(&text(&client.get(path).await.ok()["token"]))
}

#[tokio::test]
async fn claims_name_user_organization_workspace_and_permissions() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let (session, user) = (owner.get("/session").await.ok(), owner.get("/me").await.ok());
    let created = owner.get("/session/token?template=default").await.ok();
    let now = START_TIME.as_microseconds() / 1_000_000;
    assert_eq!(created["expires"], (now + 30) * 1000);
    let mut expected = json!({
        "iss": "http://vestibule.test", "aud": "http://vestibule.test",
        "sub": user["id"], "iat": now, "exp": now + 35, "sid": session["id"],
        "acr": "one_factor", "auth_time": now,
        "organization": organization, "workspace": null,
        "permissions": {"organization": ["organization:admin"], "workspace": []},
    });
    assert_eq!(claims(&app, &owner).await, expected);
    let switched = owner.post(&format!("/session/switch-workspace?workspace_id={workspace}"), &[]).await.ok();
    assert_eq!(switched["active_signin"]["active_workspace_membership"]["workspace_id"], workspace.as_str());
    expected["workspace"] = json!(workspace);
    expected["permissions"]["workspace"] = json!(["workspace:admin"]);
    assert_eq!(claims(&app, &owner).await, expected);
    owner.post("/session/switch-workspace", &[]).await.ok();
    (expected["organization"], expected["workspace"]) = (Value::Null, Value::Null);
    expected["permissions"] = json!({"organization": [], "workspace": []});
    assert_eq!(claims(&app, &owner).await, expected);
    owner.get("/session/token?template=hasura").await.assert_error(404, "TEMPLATE_NOT_FOUND");
    app.anonymous().get("/session/token").await.assert_error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn claims_say_how_and_when_the_person_last_proved_who_they_are() {
    let app = TestApp::start().await;
    app.create_user("ada@example.com").await;
    let client = app.anonymous();
    client.post("/auth/signin", &[("email", "ada@example.com"), ("password", PASSWORD)]).await.ok();
    let now = START_TIME.as_microseconds() / 1_000_000;
    let before = claims(&app, &client).await;
    assert_eq!(
        (&before["amr"], &before["acr"], &before["auth_time"]),
        (&json!(["pwd"]), &json!("one_factor"), &json!(now))
    );
    app.advance(Duration::from_mins(1));
    assert_eq!(claims(&app, &client).await["auth_time"], now);
    client.post("/me/reauthenticate", &[("password", PASSWORD)]).await.ok();
    assert_eq!(claims(&app, &client).await["auth_time"], now + 60);
}

#[tokio::test]
async fn lost_access_disappears_from_new_tokens() {
    let app = TestApp::with_settings(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let nina = app.create_workspace_member(&owner, &organization, &workspace, "nina@example.com").await;
    let switch = [("workspace_id", workspace.as_str())];
    nina.post("/session/switch-workspace", &switch).await.ok();
    assert_eq!(claims(&app, &nina).await["workspace"], workspace.as_str());
    // From an address outside the allowed networks, a token has no organization, and switching to it is refused.
    let ips = json!({"whitelisted_ips": ["127.0.0.1"], "enable_ip_restriction": true});
    owner.post_json(&format!("/organizations/{organization}/update"), &ips).await.ok();
    let outside = nina.with_client_address("203.0.113.9");
    assert_eq!(claims(&app, &outside).await["organization"], Value::Null);
    outside.post("/session/switch-workspace", &switch).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    let organization_field = [("organization_id", organization.as_str())];
    outside.post("/session/switch-organization", &organization_field).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    let user = text(&nina.get("/me").await.ok()["id"]);
    owner.post(&format!("/workspaces/{workspace}/members/{user}/remove"), &[]).await.ok();
    let after = claims(&app, &nina).await;
    assert_eq!((&after["organization"], &after["workspace"]), (&json!(organization), &Value::Null));
    nina.post("/session/switch-workspace", &switch).await.assert_error(400, "NOT_A_MEMBER");
    owner.post(&format!("/organizations/{organization}/members/{user}/remove"), &[]).await.ok();
    assert_eq!(claims(&app, &nina).await["permissions"]["organization"], json!([]));
    // An organization admin has access to its workspaces, but can switch only to those they are a member of.
    let attic_fields = [("organization_id", organization.as_str()), ("name", "Attic")];
    let kim = app.create_member(&owner, &organization, "kim@example.com", "").await;
    let attic = text(&kim.post("/workspaces", &attic_fields).await.ok()["workspace"]["id"]);
    owner.post("/session/switch-workspace", &[("workspace_id", &attic)]).await.assert_error(400, "NOT_A_MEMBER");
    nina.post("/session/sign-out", &[]).await.ok();
    nina.get("/session/token").await.assert_error(401, "UNAUTHORIZED");
}

/// The library uses the machine's clock, so the app's clock is set to it.
#[tokio::test]
async fn token_expires_on_time_and_survives_key_rotation() {
    let app = TestApp::start().await;
    let owner = app.create_organization("olga@example.com").await.0;
    let to_36_seconds_ago = SystemClock.now().minus(Duration::from_secs(36)).since(START_TIME);
    let create_token = async || text(&owner.get("/session/token").await.ok()["token"]);
    app.advance(to_36_seconds_ago);
    let old = create_token().await;
    assert_eq!(verify(&app, &old, false).await, Err(ErrorKind::ExpiredSignature));
    app.advance(Duration::from_secs(136));
    assert!(verify(&app, &create_token().await, false).await.is_ok());

    app.advance(DAY * 30);
    let new = create_token().await;
    assert_ne!(decode_header(&old).unwrap().kid, decode_header(&new).unwrap().kid, "a new key signs");
    assert!(verify(&app, &new, true).await.is_ok());
    app.advance(DAY * 31);
    assert_eq!(verify(&app, &old, true).await, Err(ErrorKind::InvalidToken), "the key is no longer published");
}

#[tokio::test]
async fn token_is_no_session_and_verifies_with_its_key_only() {
    let app = TestApp::start().await;
    let owner = app.create_organization("olga@example.com").await.0;
    let token = text(&owner.get("/session/token").await.ok()["token"]);
    for cookie in [token.clone(), token.replace('.', "")] {
        app.client_with_cookie(Some(cookie)).get("/me").await.assert_error(401, "UNAUTHORIZED");
    }
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    for forged in [
        format!("{header}.{claims}.{}", signature.replace('A', "B")),
        format!("{header}.{}A.{signature}", &claims[..claims.len() - 1]),
        format!("{header}.{claims}."),
    ] {
        if forged != token {
            assert!(verify(&app, &forged, true).await.is_err(), "{forged}");
        }
    }
    let pair: Value = serde_json::from_str(&app.anonymous().get("/.well-known/jwk").await.text).unwrap();
    let key = DecodingKey::from_ec_der(
        &STANDARD
            .decode(
                pair["public_key"]
                    .as_str()
                    .unwrap()
                    .lines()
                    .filter(|line| !line.starts_with('-'))
                    .collect::<String>()
                    .as_bytes(),
            )
            .unwrap()[26..],
    );
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&["http://vestibule.test"]);
    decode::<Value>(&token, &key, &validation).unwrap();
}

/// Reads the claims without any check.
fn decode_unverified(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token).unwrap().claims
}

#[tokio::test]
async fn token_of_another_backend_is_refused_by_its_audience() {
    let billing = "https://billing.example.com".to_owned();
    for (audience, expected) in [
        (vec![billing.clone()], json!(billing)),
        (vec![billing.clone(), "reports".to_owned()], json!([billing, "reports"])),
        (vec![], Value::Null),
    ] {
        let app = TestApp::with_settings(|settings| settings.tokens.audience.clone_from(&audience)).await;
        let owner = app.create_organization("olga@example.com").await.0;
        let token = text(&owner.get("/session/token").await.ok()["token"]);
        assert_eq!(decode_unverified(&token)["aud"], expected);
        // A backend that requires its own name in `aud` refuses tokens for others, and those for nobody.
        let refusal = verify(&app, &token, true).await.unwrap_err();
        assert!(matches!(refusal, ErrorKind::InvalidAudience | ErrorKind::MissingRequiredClaim(_)), "{refusal:?}");
    }
}

/// A server of the application asks for a browser's token on its own connection.
#[tokio::test]
async fn session_token_counts_the_browser_that_a_trusted_server_names() {
    for (is_trusted, expected) in [(true, json!([])), (false, json!(["organization:admin"]))] {
        let app = TestApp::with_settings(|settings| {
            if is_trusted {
                settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
            }
        })
        .await;
        let (owner, organization) = app.create_organization("ada@example.com").await;
        let restricted = [("enable_ip_restriction", "true"), ("whitelisted_ips", "127.0.0.1")];
        owner.post(&format!("/organizations/{organization}/update"), &restricted).await.ok();
        let mut server = app.client_with_cookie(owner.cookie.lock().unwrap().clone());
        server.headers.insert("x-wacht-forwarded-for", "203.0.113.9".parse().unwrap());
        // From there the organization admits nobody.
        assert_eq!(claims(&app, &server).await["permissions"]["organization"], expected);
        // Other calls ignore the header.
        server.get(&format!("/organizations/{organization}/members")).await.ok();
    }
}
