//! Changes of connections on which the demand depends: another one takes its place, and who may switch it.

use std::time::Duration;

use serde_json::{Value, json};

use super::management::manager;
use super::{NINA, OLGA, Setup, add_primary_address, create_connection, delete_address, signed_in_as};
use crate::harness::identity_provider::{IdentityProvider, person};
use crate::harness::{TestResponse, text};

const HOME: &str = "nina@home.example";

/// Asserts that the way in is through this connection.
#[track_caller]
fn assert_demanded(response: TestResponse, connection: &str) {
    let envelope = response.assert_error(403, "SSO_REQUIRED");
    assert_eq!(envelope["data"]["connection_id"], connection, "{envelope}");
}

/// The directory knows them, whichever connection it was.
#[tokio::test]
async fn identity_of_a_replaced_connection_keeps_its_user_under_the_demand() {
    let setup = Setup::start().await;
    let nina = setup.app.create_member(&setup.olga, &setup.organization, NINA, "").await;
    let (by_sso, response) = setup.sign_in(&person("nina", NINA)).await;
    signed_in_as(response, NINA);
    add_primary_address(&setup.app, &by_sso, HOME).await;
    delete_address(&by_sso, NINA).await.ok();

    setup.update(&json!({"domain_ids": [], "enabled": false})).await.ok();
    let provider = IdentityProvider::start().await;
    provider.attach(&setup.app);
    let connection =
        create_connection(&setup.olga, &setup.path, &provider, &json!({"domain_ids": [setup.domain]})).await;
    let one = format!("{}/{connection}", setup.connections());
    setup.olga.post_json(&format!("{one}/update"), &json!({"enabled": true})).await.ok();
    let olga = setup.app.anonymous();
    signed_in_as(olga.go_through_sso(&connection, &provider, &person("olga", OLGA)).await, OLGA);
    let members = format!("{}/members", setup.path);
    nina.get(&members).await.ok();
    olga.post(&format!("{one}/require"), &[("required", "true")]).await.ok();
    assert_demanded(nina.get(&members).await, &connection);

    // Nor does an invitation to another address let her in.
    let user = text(&nina.get("/me").await.ok()["id"]);
    olga.post(&format!("{members}/{user}/remove"), &[]).await.ok();
    olga.post(&format!("{}/invitations", setup.path), &[("email", HOME)]).await.ok();
    let token = setup.app.mailed_token(HOME);
    let refused = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let expected = (&json!("SSO_REQUIRED"), &json!(connection));
    assert_eq!((&refused["error_code"], &refused["connection_id"]), expected, "{refused}");
    assert_eq!(setup.members(), [OLGA]);
}

/// A sign-in that waits for the second factor does not show that the admin gets in.
#[tokio::test]
async fn admin_has_signed_in_only_after_the_second_factor() {
    let setup = Setup::start().await;
    let authenticator = setup.olga.add_authenticator().await;
    let olga = setup.app.anonymous();
    for is_replaced in [true, false] {
        olga.go_through_sso(&setup.connection, &setup.provider, &person("olga", OLGA)).await.ok();
        let attempt = olga.pending_attempt().await;
        assert_eq!(setup.show().await["admin_signed_in_at"], Value::Null);
        if is_replaced {
            // Sign-ins that have begun with another secret prove nothing about the current one.
            setup.update(&json!({"oidc_client_secret": setup.provider.client_secret()})).await.ok();
        }
        olga.wait_for_next_code();
        let code = olga.code_of(&authenticator);
        let response = olga.attempt_second_factor(&attempt, "authenticator", &code).await;
        if is_replaced {
            response.assert_error(400, "BAD_SIGN_IN_ATTEMPT");
        } else {
            response.ok();
        }
        assert_eq!(setup.show().await["admin_signed_in_at"].is_null(), is_replaced);
    }
    olga.post(&format!("{}/require", setup.one()), &[("required", "true")]).await.ok();
}

/// A browser that was left unattended changes nothing about who enters.
#[tokio::test]
async fn changes_of_enabled_connections_need_a_recent_proof() {
    let max_age = Duration::from_mins(10);
    let setup = Setup::with_settings(|settings| settings.reauthentication.max_age = max_age).await;
    setup.sign_admin_in().await;
    let (update, require) = (format!("{}/update", setup.one()), format!("{}/require", setup.one()));
    let required = json!({"required": true});
    let mapping = json!({"email": "upn"}).to_string();
    for (path, fields) in [
        (&update, json!({"oidc_client_id": "another"})),
        (&update, json!({"oidc_client_secret": "another"})),
        (&update, json!({"domain_ids": []})),
        (&update, json!({"attribute_mapping": mapping})),
        (&update, json!({"jit_enabled": false})),
        (&update, json!({"trusts_mfa": true})),
        (&require, required.clone()),
        (&format!("{}/delete", setup.one()), json!({})),
    ] {
        setup.app.advance(max_age);
        setup.olga.post_json(path, &fields).await.assert_error(403, "REAUTHENTICATION_REQUIRED");
    }
    // Names and connections that nobody uses yet need none.
    setup.update(&json!({"name": "Renamed"})).await.ok();
    let draft = create_connection(&setup.olga, &setup.path, &setup.provider, &json!({})).await;
    let draft = format!("{}/{draft}", setup.connections());
    setup.olga.post_json(&format!("{draft}/update"), &json!({"jit_enabled": false})).await.ok();
    let enabled = setup.olga.post_json(&format!("{draft}/update"), &json!({"enabled": true})).await;
    enabled.assert_error(403, "REAUTHENTICATION_REQUIRED");
    setup.olga.post(&format!("{draft}/delete"), &[]).await.ok();

    setup.olga.reauthenticate().await;
    setup.olga.post_json(&require, &required).await.ok();
}

/// Who manages settings could otherwise end what an admin has enabled, and the identities with it.
#[tokio::test]
async fn enabled_connection_is_deleted_by_an_admin_only() {
    let setup = Setup::start().await;
    let manager = manager(&setup).await;
    let delete = format!("{}/delete", setup.one());
    manager.post(&delete, &[]).await.assert_error(403, "FORBIDDEN");
    let draft = create_connection(&manager, &setup.path, &setup.provider, &json!({})).await;
    manager.post(&format!("{}/{draft}/delete", setup.connections()), &[]).await.ok();
    setup.olga.post(&delete, &[]).await.ok();
}

/// While single sign-on is required, the identities of a disabled connection hold the demand, too.
#[tokio::test]
async fn identities_under_the_demand_are_deleted_by_an_admin_only() {
    let setup = Setup::start().await;
    let manager = manager(&setup).await;
    let draft = create_connection(&manager, &setup.path, &setup.provider, &json!({})).await;
    let olga = setup.require().await;
    let (manager, response) = setup.sign_in(&person("max", "max@acme.example")).await;
    response.ok();
    let delete = format!("{}/{draft}/delete", setup.connections());
    manager.post(&delete, &[]).await.assert_error(403, "FORBIDDEN");
    olga.post(&delete, &[]).await.ok();
}
