//! Session tokens: read by a library that is not ours, with nothing but the published keys.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use vestibule_core::time::{Clock, SystemClock};

use crate::harness::{App, BEGINNING, Client, DAY, text};

/// What a backend does with a token, at the time of this machine.
async fn verified(app: &App, token: &str, at_any_time: bool) -> Result<Value, ErrorKind> {
    let keys: JwkSet = serde_json::from_str(&app.visitor().get("/.well-known/jwks.json").await.text).unwrap();
    let header = decode_header(token).map_err(|error| error.kind().clone())?;
    assert_eq!(header.alg, Algorithm::ES256);
    let Some(key) = keys.find(&header.kid.unwrap()) else { return Err(ErrorKind::InvalidToken) };
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&["http://vestibule.test"]);
    (validation.leeway, validation.validate_exp) = (0, !at_any_time);
    let read = decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation);
    read.map(|token| token.claims).map_err(|error| error.kind().clone())
}

/// The claims, whenever they held.
async fn claims(app: &App, client: &Client) -> Value {
    let minted = client.get("/session/token").await.ok();
    verified(app, minted["token"].as_str().unwrap(), true).await.unwrap()
}

#[tokio::test]
async fn a_token_says_who_acts_where_with_what() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let (session, user) = (owner.get("/session").await.ok(), owner.get("/me").await.ok());
    let minted = owner.get("/session/token?template=default").await.ok();
    let now = BEGINNING.as_microseconds() / 1_000_000;
    assert_eq!(minted["expires"], (now + 30) * 1000);
    let mut expected = json!({
        "iss": "http://vestibule.test", "sub": user["id"], "iat": now, "exp": now + 35, "sid": session["id"],
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
    owner.get("/session/token?template=hasura").await.refused(404, "TEMPLATE_NOT_FOUND");
    app.visitor().get("/session/token").await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn what_is_lost_is_in_no_token_from_then_on() {
    let app = App::with(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
    let workspace = text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let nina = app.roommate(&owner, &organization, &workspace, "nina@example.com").await;
    let switch = [("workspace_id", workspace.as_str())];
    nina.post("/session/switch-workspace", &switch).await.ok();
    assert_eq!(claims(&app, &nina).await["workspace"], workspace.as_str());
    // From elsewhere than the organization lets in, she acts in nothing of it, and cannot choose it.
    let ips = json!({"whitelisted_ips": ["127.0.0.1"], "enable_ip_restriction": true});
    owner.post_json(&format!("/organizations/{organization}/update"), &ips).await.ok();
    let mut elsewhere = app.with_cookie(nina.cookie.lock().unwrap().clone());
    elsewhere.headers.insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
    assert_eq!(claims(&app, &elsewhere).await["organization"], Value::Null);
    elsewhere.post("/session/switch-workspace", &switch).await.refused(403, "ADDRESS_NOT_ALLOWED");
    let organization_field = [("organization_id", organization.as_str())];
    elsewhere.post("/session/switch-organization", &organization_field).await.refused(403, "ADDRESS_NOT_ALLOWED");
    let user = text(&nina.get("/me").await.ok()["id"]);
    owner.post(&format!("/workspaces/{workspace}/members/{user}/remove"), &[]).await.ok();
    let after = claims(&app, &nina).await;
    assert_eq!((&after["organization"], &after["workspace"]), (&json!(organization), &Value::Null));
    nina.post("/session/switch-workspace", &switch).await.refused(400, "NOT_A_MEMBER");
    owner.post(&format!("/organizations/{organization}/members/{user}/remove"), &[]).await.ok();
    assert_eq!(claims(&app, &nina).await["permissions"]["organization"], json!([]));
    // An admin of the organization may go into its rooms, but acts in one as a member only.
    let own = [("organization_id", organization.as_str()), ("name", "Attic")];
    let kim = app.member(&owner, &organization, "kim@example.com", "").await;
    let attic = text(&kim.post("/workspaces", &own).await.ok()["workspace"]["id"]);
    owner.post("/session/switch-workspace", &[("workspace_id", &attic)]).await.refused(400, "NOT_A_MEMBER");
    nina.post("/session/sign-out", &[]).await.ok();
    nina.get("/session/token").await.refused(401, "UNAUTHORIZED");
}

/// The library asks this machine's clock, so the test's clock is set by it.
#[tokio::test]
async fn a_token_is_refused_the_second_it_has_expired_and_a_rotated_keys_holds_until_then() {
    let app = App::start().await;
    let owner = app.founder("olga@example.com").await.0;
    let until_shortly_ago = SystemClock.now().minus(Duration::from_secs(36)).since(BEGINNING);
    let mint = async || text(&owner.get("/session/token").await.ok()["token"]);
    app.advance(until_shortly_ago);
    let old = mint().await;
    assert_eq!(verified(&app, &old, false).await, Err(ErrorKind::ExpiredSignature));
    app.advance(Duration::from_secs(136));
    assert!(verified(&app, &mint().await, false).await.is_ok());

    app.advance(DAY * 30);
    let new = mint().await;
    assert_ne!(decode_header(&old).unwrap().kid, decode_header(&new).unwrap().kid, "another key signs");
    assert!(verified(&app, &new, true).await.is_ok());
    app.advance(DAY * 31);
    assert_eq!(verified(&app, &old, true).await, Err(ErrorKind::InvalidToken), "its key is not published any more");
}

#[tokio::test]
async fn a_token_opens_nothing_here_and_only_its_own_key_verifies_it() {
    let app = App::start().await;
    let owner = app.founder("olga@example.com").await.0;
    let token = text(&owner.get("/session/token").await.ok()["token"]);
    for cookie in [token.clone(), token.replace('.', "")] {
        app.with_cookie(Some(cookie)).get("/me").await.refused(401, "UNAUTHORIZED");
    }
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    for forged in [
        format!("{header}.{claims}.{}", signature.replace('A', "B")),
        format!("{header}.{}A.{signature}", &claims[..claims.len() - 1]),
        format!("{header}.{claims}."),
    ] {
        if forged != token {
            assert!(verified(&app, &forged, true).await.is_err(), "{forged}");
        }
    }
    let pair: Value = serde_json::from_str(&app.visitor().get("/.well-known/jwk").await.text).unwrap();
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
    decode::<Value>(&token, &key, &validation).unwrap();
}
