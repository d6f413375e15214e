//! Invitations to organizations that a backend makes.

use axum::http::HeaderName;
use serde_json::{Value, json};
use vestibule_core::cleanup;
use vestibule_testbed::open_transaction::OpenTransaction;
use vestibule_testbed::{Database, Engine};

use super::PlatformClient;
use crate::harness::{DAY, TestApp, TestAppBuilder, TestClient, create_role, create_workspace, text};

const NINA: &str = "nina@example.com";

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    path: String,
    backend: PlatformClient,
}

impl Setup {
    async fn new() -> Self {
        Self::on(TestApp::start().await).await
    }

    async fn on(app: TestApp) -> Self {
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let backend = PlatformClient::new(&app, "*").await;
        let path = format!("/organizations/{organization}/invitations");
        Self { app, owner, organization, path, backend }
    }

    async fn invite(&self, fields: &Value) -> Value {
        self.backend.post(&self.path, fields).await.ok()
    }

    /// What the Frontend API shows of the only invitation.
    async fn shown(&self) -> Value {
        let list = self.owner.get_and_check_cache(&self.path).await.ok();
        assert_eq!(list.as_array().unwrap().len(), 1);
        list[0].clone()
    }

    /// Nina, who has verified her address, accepts. Returns the refusal's code, or an empty string.
    async fn accept(&self, token: &str) -> String {
        let nina = self.app.create_user(NINA).await;
        self.app.verify_all_addresses();
        let accepted = nina.post("/organizations/invitations/accept", &[("token", token)]).await.ok();
        accepted["error_code"].as_str().unwrap_or_default().to_owned()
    }

    async fn role(&self, name: &str) -> String {
        let roles = self.owner.get(&format!("/organizations/{}/roles", self.organization)).await.ok();
        text(&roles.as_array().unwrap().iter().find(|role| role["name"] == name).unwrap()["id"])
    }
}

fn emails(page: &[Value]) -> Vec<String> {
    page.iter().map(|row| text(&row["email"])).collect()
}

#[tokio::test]
async fn an_invitation_of_a_backend_sends_no_mail_and_has_no_inviter() {
    let setup = Setup::new().await;
    let created = setup.invite(&json!({"email": " Nina@Example.com ", "expiry_days": 3})).await;
    assert_eq!(
        created,
        json!({"id": created["id"], "token": created["token"], "email": NINA, "organization_id": setup.organization,
               "organization_name": "Acme"})
    );
    assert_eq!(setup.app.mail_count(NINA), 0);
    let listed = setup.backend.get(&setup.path).await.page();
    let member = setup.role("Member").await;
    let row = &listed[0];
    let expected = json!({
        "id": created["id"], "created_at": row["created_at"], "updated_at": row["updated_at"],
        "organization_id": setup.organization, "email": NINA, "initial_organization_role_id": member,
        "initial_organization_role_name": "Member", "expired": false, "expiry": "2026-01-18T10:30:00Z",
        "token": created["token"],
    });
    assert_eq!(listed, [expected]);
    let shown = setup.shown().await;
    assert_eq!(
        (&shown["inviter"], &shown["inviter_id"], &shown["suspended"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!((&shown["inviter_roles"], &shown["delivery"]["state"]), (&json!([]), &json!("not_sent")));
    assert_eq!(setup.accept(&text(&created["token"])).await, "");
    let members = setup.owner.get(&format!("/organizations/{}/members", setup.organization)).await.ok();
    assert_eq!(members["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn pages_say_that_the_api_made_it() {
    let setup = Setup::new().await;
    let created = setup.invite(&json!({"email": NINA})).await;
    let list = format!("/organizations/{}/-/invitations", setup.organization);
    let page = setup.owner.get(&list).await.assert_page(200, "via API");
    assert!(!page.contains("former member"), "{page}");
    let link = format!("{list}/{}/link", text(&created["id"]));
    let page = setup.owner.get(&link).await.assert_page(200, "via API");
    assert!(!page.contains("former member"), "{page}");
    let nina = setup.app.anonymous();
    nina.post("/invite", &[("token", &text(&created["token"]))]).await.assert_redirect("/invite");
    let page = nina.get("/invite").await.assert_page(200, "invited to join Acme");
    assert!(!page.contains("Invited by") && !page.contains("former"), "{page}");
    // In the invitee's own list too.
    let nina = setup.app.create_user(NINA).await;
    setup.app.verify_all_addresses();
    let own = nina.get("/me/invitations").await.ok();
    assert_eq!((&own[0]["inviter"], &own[0]["email"]), (&Value::Null, &json!(NINA)));
    let page = nina.get("/organizations").await.assert_page(200, "invited to join Acme");
    assert!(!page.contains("former"), "{page}");
    // The words are German for a German owner.
    setup.app.execute("UPDATE users SET language = 'de'");
    setup.owner.get(&list).await.assert_page(200, "über die API");
}

#[tokio::test]
async fn mail_is_sent_on_request_and_names_nobody() {
    let setup = Setup::new().await;
    setup.invite(&json!({"email": NINA, "mail": true})).await;
    let mail = setup.app.mail(NINA);
    assert!(mail.subject.contains("Acme") && !mail.text.contains("olga"), "{}\n{}", mail.subject, mail.text);
    assert!(mail.reply_to.is_none());
    assert_eq!(setup.shown().await["delivery"]["state"], "sent");
    let token = setup.app.mailed_token(NINA);
    let nina = setup.app.create_invited_user(NINA, &token).await;
    let joined = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], setup.organization);
}

#[tokio::test]
async fn an_invitation_can_name_roles_and_a_workspace() {
    let setup = Setup::new().await;
    let workspace = create_workspace(&setup.owner, &setup.organization).await;
    let role = create_role(&setup.owner, &format!("/organizations/{}", setup.organization), &["billing:read"]).await;
    let keyholder = create_role(&setup.owner, &format!("/workspaces/{workspace}"), &["lab:open"]).await;
    let fields = json!({"email": NINA, "role_id": role, "workspace_id": workspace, "workspace_role_id": keyholder});
    let created = setup.invite(&fields).await;
    assert_eq!(created["workspace_id"], workspace);
    let row = &setup.backend.get(&format!("{}?workspace_id={workspace}", setup.path)).await.page()[0];
    for (field, value) in [
        ("initial_organization_role_id", json!(role)),
        ("initial_organization_role_name", json!("Role")),
        ("workspace_id", json!(workspace)),
        ("workspace_name", json!("Lobby")),
        ("initial_workspace_role_id", json!(keyholder)),
        ("initial_workspace_role_name", json!("Role")),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    assert_eq!(setup.accept(&text(&created["token"])).await, "");
}

#[tokio::test]
async fn bad_invitations_change_nothing() {
    let setup = Setup::new().await;
    let other = setup.app.create_organization("ada@globex.example").await;
    let foreign_workspace = create_workspace(&other.0, &other.1).await;
    let foreign_role = create_role(&other.0, &format!("/organizations/{}", other.1), &["billing:read"]).await;
    let workspace = create_workspace(&setup.owner, &setup.organization).await;
    let organization = format!("/organizations/{}", setup.organization);
    setup.app.create_member(&setup.owner, &setup.organization, "mara@example.com", "").await;
    setup.invite(&json!({"email": NINA})).await;
    let before = setup.app.row_counts();
    for (fields, status, code) in [
        (json!({}), 400, "REQUIRED_FIELD"),
        (json!({"email": ""}), 400, "REQUIRED_FIELD"),
        (json!({"email": "nina"}), 400, "INVALID_EMAIL"),
        (json!({"email": "eve@example.com", "expiry_days": 91}), 400, "INVALID_FIELD"),
        (json!({"email": "eve@example.com", "role_id": "x"}), 400, "INVALID_ID"),
        (json!({"email": "eve@example.com", "workspace_role_id": "1"}), 400, "INVALID_FIELD"),
        (json!({"email": "eve@example.com", "role_id": foreign_role}), 404, "ROLE_NOT_FOUND"),
        (json!({"email": "eve@example.com", "workspace_id": foreign_workspace}), 404, "WORKSPACE_NOT_FOUND"),
        (json!({"email": "NINA@example.com"}), 409, "INVITATION_EXISTS"),
        (json!({"email": "mara@example.com"}), 409, "ALREADY_MEMBER"),
    ] {
        setup.backend.post(&setup.path, &fields).await.assert_error(status, code);
    }
    let unknown = setup.backend.post("/organizations/123/invitations", &json!({"email": NINA})).await;
    unknown.assert_error(404, "ORGANIZATION_NOT_FOUND");
    setup.backend.get("/organizations/123/invitations").await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    let bound = PlatformClient::bound(&setup.app, "*", Some(&other.1)).await;
    bound.post(&setup.path, &json!({"email": NINA})).await.assert_error(404, "ORGANIZATION_NOT_FOUND");
    // The other key, and its event.
    let of_key = ["api_key_secrets", "api_keys", "audit_queue"];
    let relevant = |rows: Vec<(String, i64)>| -> Vec<_> {
        rows.into_iter().filter(|(table, _)| !of_key.contains(&table.as_str())).collect()
    };
    assert_eq!(relevant(setup.app.row_counts()), relevant(before));
    // A pending invitation to a workspace is another one.
    setup.invite(&json!({"email": NINA, "workspace_id": workspace})).await;
    let reader = PlatformClient::new(&setup.app, "invitations:read").await;
    let message =
        reader.post(&setup.path, &json!({"email": "eve@example.com"})).await.assert_error(403, "SCOPE_MISSING");
    assert!(message.contains("invitations:write"), "{message}");
    assert_eq!(reader.get(&format!("{organization}/invitations")).await.page().len(), 2);
}

#[tokio::test]
async fn an_invitation_grants_no_more_than_the_scopes_of_its_key() {
    let setup = Setup::new().await;
    let workspace = create_workspace(&setup.owner, &setup.organization).await;
    let admin = setup.role("Admin").await;
    let workspace_admin = setup.owner.admin_role(&format!("/workspaces/{workspace}")).await;
    let organization = format!("/organizations/{}", setup.organization);
    let custom = create_role(&setup.owner, &organization, &["billing:read"]).await;
    let backend = PlatformClient::new(&setup.app, "invitations:write").await;
    let refused = backend.post(&setup.path, &json!({"email": NINA, "role_id": admin})).await;
    refused.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let fields = json!({"email": NINA, "workspace_id": workspace, "workspace_role_id": workspace_admin});
    backend.post(&setup.path, &fields).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    backend.post(&setup.path, &json!({"email": NINA, "role_id": custom})).await.ok();
    let invited = setup.invite(&json!({"email": "ann@example.com", "role_id": admin})).await;
    // A key that could not have made an invitation does not discard it.
    let discard = format!("{}/{}/discard", setup.path, text(&invited["id"]));
    backend.post_empty(&discard).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let wider = PlatformClient::new(&setup.app, "invitations:write workspaces:write").await;
    wider
        .post(
            &setup.path,
            &json!({"email": "bo@example.com", "workspace_id": workspace, "workspace_role_id": workspace_admin}),
        )
        .await
        .ok();
}

#[tokio::test]
async fn an_invitation_outlives_its_key() {
    let setup = Setup::new().await;
    let fields = json!({"name": "Short", "scopes": ["*"], "expiry_days": 1});
    let key = setup.backend.post("/keys", &fields).await.ok();
    let short = PlatformClient::with_key(&setup.app, &text(&key["secret"]));
    let admin = setup.role("Admin").await;
    let created = short.post(&setup.path, &json!({"email": NINA, "role_id": admin})).await.ok();
    setup.backend.post(&format!("/keys/{}/rotate", text(&key["id"])), &json!({"grace_hours": 0})).await.ok();
    setup.app.advance(DAY * 2);
    short.get(&setup.path).await.assert_error(401, "API_KEY_INVALID");
    assert_eq!(setup.shown().await["suspended"], Value::Null);
    assert_eq!(setup.accept(&text(&created["token"])).await, "");
}

#[tokio::test]
async fn the_invitations_of_an_expired_key_can_be_suspended() {
    let setup = Setup::new().await;
    let fields = json!({"name": "Short", "scopes": ["*"], "expiry_days": 1});
    let key = setup.backend.post("/keys", &fields).await.ok();
    let short = PlatformClient::with_key(&setup.app, &text(&key["secret"]));
    let created = short.post(&setup.path, &json!({"email": NINA})).await.ok();
    setup.app.advance(DAY * 2);
    let revoke = format!("/keys/{}/revoke", text(&key["id"]));
    setup.backend.post_empty(&revoke).await.assert_error(404, "API_KEY_NOT_FOUND");
    let revoked = setup.backend.post(&revoke, &json!({"suspend_invitations": true})).await.ok();
    assert_eq!(revoked["suspended_invitations"], 1);
    assert_eq!(setup.accept(&text(&created["token"])).await, "INVITATION_SUSPENDED");
}

#[tokio::test]
async fn revoking_a_key_suspends_its_invitations_on_request() {
    let setup = Setup::new().await;
    let key = PlatformClient::new(&setup.app, "invitations:write").await;
    let created = key.post(&setup.path, &json!({"email": NINA})).await.ok();
    let token = text(&created["token"]);
    let revoked = setup.backend.post(&format!("/keys/{}/revoke", key.id), &json!({"suspend_invitations": true})).await;
    let revoked = revoked.ok();
    assert_eq!((&revoked["pending_invitations"], &revoked["suspended_invitations"]), (&json!(1), &json!(1)));
    let shown = setup.shown().await;
    assert_eq!((&shown["suspended"], &shown["inviter"]), (&json!("api_key_revoked"), &Value::Null));
    assert_eq!(setup.accept(&token).await, "INVITATION_SUSPENDED");
    let nina = setup.app.anonymous();
    nina.post("/invite", &[("token", &token)]).await.assert_redirect("/invite");
    let page = nina.get("/invite").await.assert_page(200, "Acme has put this invitation on hold.");
    assert!(!page.contains("person who invited you"), "{page}");

    // Also after the key is deleted, nobody has left.
    setup.app.advance(DAY * 91);
    cleanup::delete_expired(&setup.app.inner.service).await.unwrap();
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM invitations WHERE api_key_id IS NULL"), 1);
    let (owner, path) = (&setup.owner, format!("/organizations/{}/-/invitations?show=expired", setup.organization));
    let page = owner.get(&path).await.assert_page(200, "via API");
    assert!(!page.contains("former member"), "{page}");

    // An admin takes it over.
    let resent = owner.post(&format!("{}/{}/resend", setup.path, text(&created["id"])), &[]).await.ok();
    assert_eq!((&resent["suspended"], &resent["inviter"]["email"]), (&Value::Null, &json!("olga@example.com")));
    let page = owner.get(&format!("/organizations/{}/-/invitations", setup.organization)).await;
    assert!(!page.assert_page(200, "olga").contains("via API"));
    let nina = setup.app.anonymous();
    nina.post("/auth/signin", &[("email", NINA), ("password", crate::harness::PASSWORD)]).await.ok();
    let token = setup.app.mailed_token(NINA);
    let joined = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], setup.organization);
}

/// On SQLite, there is one writer.
#[tokio::test(flavor = "multi_thread")]
async fn no_invitation_escapes_a_concurrent_revocation() {
    let setup = Setup::on(TestAppBuilder::new(Database::create_on(Engine::Postgres)).build().await).await;
    let earlier = setup.owner.post(&setup.path, &[("email", NINA)]).await.ok();
    setup.owner.post(&format!("{}/{}/discard", setup.path, text(&earlier["id"])), &[]).await.ok();
    let key = PlatformClient::new(&setup.app, "invitations:write").await;
    let revoke = format!("/keys/{}/revoke", key.id);
    // The invitation waits until it is decided whether the address has another one.
    let transaction = OpenTransaction::begin(&setup.app.inner.database);
    transaction.execute("UPDATE invitations SET status = 'pending'");
    let path = setup.path.clone();
    let invite = tokio::spawn(async move { key.post(&path, &json!({"email": NINA})).await });
    transaction.wait_for_blocked_session();
    setup.backend.post(&revoke, &json!({"suspend_invitations": true})).await.ok();
    drop(transaction);
    invite.await.unwrap().assert_error(401, "API_KEY_INVALID");
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 0);
}

#[tokio::test]
async fn the_member_who_resends_it_becomes_its_inviter() {
    let setup = Setup::new().await;
    let created = setup.invite(&json!({"email": NINA})).await;
    let resent = setup.owner.post(&format!("{}/{}/resend", setup.path, text(&created["id"])), &[]).await.ok();
    assert_eq!(resent["inviter"]["email"], "olga@example.com");
    assert_eq!(setup.app.mail_count(NINA), 1);
    let row = &setup.backend.get(&setup.path).await.page()[0];
    assert_eq!(row["inviter_id"], resent["inviter_id"]);
    // The key no longer suspends it.
    let revoked = PlatformClient::new(&setup.app, "*").await;
    let revoked =
        revoked.post(&format!("/keys/{}/revoke", setup.backend.id), &json!({"suspend_invitations": true})).await;
    assert_eq!(revoked.ok()["pending_invitations"], 0);
}

#[tokio::test]
async fn a_pending_invitation_is_discarded_once() {
    let setup = Setup::new().await;
    let created = setup.invite(&json!({"email": NINA})).await;
    let discard = format!("{}/{}/discard", setup.path, text(&created["id"]));
    assert_eq!(setup.backend.post_empty(&discard).await.ok(), json!({}));
    setup.backend.post_empty(&discard).await.assert_error(404, "INVITATION_NOT_PENDING");
    let unknown = setup.backend.post_empty(&format!("{}/123/discard", setup.path)).await;
    unknown.assert_error(404, "INVITATION_NOT_FOUND");
    let refused =
        setup.app.anonymous().post("/organizations/invitations/accept", &[("token", &text(&created["token"]))]).await;
    refused.assert_error(400, "INVALID_INVITATION_TOKEN");
    assert_eq!(setup.backend.get(&setup.path).await.page().len(), 0);
    // The address can be invited again.
    setup.invite(&json!({"email": NINA})).await;
}

#[tokio::test]
async fn a_repeated_request_has_no_second_effect() {
    let mut setup = Setup::new().await;
    let mut repeat = async |key: &str, path: &str, fields: Value| {
        setup.backend.headers.insert(HeaderName::from_static("idempotency-key"), key.parse().unwrap());
        let first = setup.backend.post(path, &fields).await.ok();
        let again = setup.backend.post(path, &fields).await;
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.ok(), first);
        first
    };
    let path = setup.path.clone();
    let created = repeat("one", &path, json!({"email": NINA})).await;
    repeat("two", &path, json!({"email": "ann@example.com", "mail": true})).await;
    repeat("three", &format!("{path}/{}/discard", text(&created["id"])), json!({})).await;
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM invitations"), 2);
    assert_eq!(setup.app.mail_count("ann@example.com"), 1);
}

#[tokio::test]
async fn invitations_are_listed_in_both_orders_with_and_without_closed_ones() {
    let setup = Setup::new().await;
    let workspace = create_workspace(&setup.owner, &setup.organization).await;
    let mut ids = Vec::new();
    for email in ["a@example.com", "b@example.com", "c@example.com", "d@example.org"] {
        ids.push(text(&setup.invite(&json!({ "email": email })).await["id"]));
    }
    setup.invite(&json!({"email": "a@example.com", "workspace_id": workspace})).await;
    setup.backend.post_empty(&format!("{}/{}/discard", setup.path, ids[1])).await.ok();
    let list = async |query: &str| emails(&setup.backend.get(&format!("{}?{query}", setup.path)).await.page());
    let (newest, all) = (
        ["a@example.com", "d@example.org", "c@example.com", "a@example.com"],
        ["a@example.com", "d@example.org", "c@example.com", "b@example.com", "a@example.com"],
    );
    assert_eq!(list("").await, newest);
    assert_eq!(list("include_deleted=false").await, newest);
    assert_eq!(list("include_deleted=true").await, all);
    assert_eq!(list(&format!("workspace_id={workspace}")).await, ["a@example.com"]);
    assert_eq!(list("workspace_id=123").await.len(), 0);
    assert_eq!(list("limit=2&offset=1").await, newest[1..3]);
    assert_eq!(list("limit=2&offset=2&include_deleted=true").await, all[2..4]);
    assert_eq!(list("limit=2&offset=1&sort_order=asc").await, ["c@example.com", "d@example.org"]);
    assert_eq!(list("limit=2&offset=1&sort_order=asc&include_deleted=true").await, ["b@example.com", "c@example.com"]);
    assert_eq!(list("offset=9").await.len(), 0);
    assert_eq!(list("search=example.org").await, ["d@example.org"]);
    assert_eq!(list("search=example.com&limit=1&offset=1").await, ["c@example.com"]);

    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            setup.backend.get(&format!("{}?limit=1&include_deleted=true&cursor={cursor}", setup.path)).await.ok();
        assert_eq!((&page["total"], &page["limit"]), (&json!(5), &json!(1)));
        walked.extend(emails(page["data"].as_array().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(walked, all);
    assert_eq!(setup.backend.get(&setup.path).await.ok()["limit"], 500);
    for query in ["sort_key=email", "limit=501", "limit=0", "offset=x", "include_deleted=maybe"] {
        setup.backend.get(&format!("{}?{query}", setup.path)).await.assert_error(400, "INVALID_FIELD");
    }
    setup.backend.get(&format!("{}?cursor=x", setup.path)).await.assert_error(400, "INVALID_CURSOR");
    setup.app.advance(DAY * 30);
    let expired = setup.backend.get(&setup.path).await.page();
    assert!(expired.iter().all(|row| row["expired"] == true), "{expired:?}");
}

#[tokio::test]
async fn mails_of_a_key_are_limited_and_other_invitations_are_not() {
    let app = TestApp::with_settings(|settings| {
        settings.rate_limits.invitations_per_organization = 1;
        settings.rate_limits.invitations_per_new_organization = 1;
        settings.rate_limits.invitations_per_address = 1;
    });
    let setup = Setup::on(app.await).await;
    for email in ["a@example.com", "b@example.com"] {
        setup.invite(&json!({ "email": email })).await;
    }
    setup.invite(&json!({"email": "c@example.com", "mail": true})).await;
    let refused = setup.backend.post(&setup.path, &json!({"email": "d@example.com", "mail": true})).await;
    refused.assert_error(429, "TOO_MANY_REQUESTS");
}
