//! Invitations: the list, inviting, resending, discarding, declining, and suspension.

use serde_json::{Value, json};
use vestibule_core::id::{MemberId, RoleId};
use vestibule_core::mail::DeliveryError;
use vestibule_core::membership::{AssignRole, RevokeRole};
use vestibule_core::names::RoleName;
use vestibule_core::offboarding::Leave;
use vestibule_core::organization::CreateRole;
use vestibule_core::permission::PermissionSet;

use crate::harness::{DAY, TestApp, TestClient, text};

fn path(organization: &str) -> String {
    format!("/organizations/{organization}/invitations")
}

/// Creates a custom role. Returns its id.
async fn create_role(
    app: &TestApp,
    admin: &TestClient,
    organization: &str,
    name: &str,
    permissions: &[&str],
) -> String {
    let define = CreateRole {
        organization: organization.parse().unwrap(),
        name: RoleName::parse("name", name).unwrap(),
        permissions: PermissionSet::new(permissions.iter().copied()),
    };
    app.run(admin, define).await.unwrap().id.to_string()
}

async fn create_workspace(admin: &TestClient, organization: &str, name: &str) -> String {
    let created = admin.post("/workspaces", &[("organization_id", organization), ("name", name)]).await.ok();
    text(&created["workspace"]["id"])
}

/// Returns the addresses on a list, in its order.
async fn list_emails(client: &TestClient, path: &str) -> Vec<String> {
    client.get(path).await.ok().as_array().unwrap().iter().map(|invitation| text(&invitation["email"])).collect()
}

/// Returns the keys of the object at this JSON pointer, in the order of the text. `serde_json::Value` would sort them.
fn keys_in_order(text: &str, pointer: &str) -> Vec<String> {
    let mut decoder = serde_json::Deserializer::from_str(text).into_iter::<Box<serde_json::value::RawValue>>();
    let raw = decoder.next().unwrap().unwrap();
    raw_keys_in_order(raw.get(), pointer)
}

fn raw_keys_in_order(raw: &str, pointer: &str) -> Vec<String> {
    let (first, rest) = match pointer.strip_prefix('/') {
        None => ("", ""),
        Some(pointer) => pointer.split_once('/').map_or((pointer, ""), |(first, _)| (first, &pointer[first.len()..])),
    };
    if first.is_empty() {
        let mut keys = Vec::new();
        let anonymous = KeyCollector(&mut keys);
        serde::de::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_str(raw), anonymous).unwrap();
        return keys;
    }
    if let Ok(index) = first.parse::<usize>() {
        let list: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(raw).unwrap();
        return raw_keys_in_order(list[index].get(), rest);
    }
    let object: std::collections::HashMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(raw).unwrap();
    raw_keys_in_order(object[first].get(), rest)
}

struct KeyCollector<'a>(&'a mut Vec<String>);

impl<'de> serde::de::Visitor<'de> for KeyCollector<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
            self.0.push(key);
        }
        Ok(())
    }
}

/// The keys of the documented response, in its order: see `docs/compatibility.md`.
const DOCUMENTED_KEYS: [&str; 13] = [
    "id",
    "organization_id",
    "email",
    "token",
    "status",
    "expires_at",
    "created_at",
    "updated_at",
    "initial_organization_role",
    "initial_workspace_role",
    "workspace",
    "inviter",
    "inviter_roles",
];

#[tokio::test]
async fn list_has_documented_keys_and_values() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let role =
        create_role(&app, &owner, &organization, "Admin", &["organization:admin", "organization:manage_members"]).await;
    let workspace = create_workspace(&owner, &organization, "Main Workspace").await;
    let fields = [("email", "newuser@example.com"), ("role_id", &role), ("workspace_id", &workspace)];
    owner.post(&path(&organization), &fields).await.ok();
    let response = owner.get_and_check_cache(&path(&organization)).await;

    assert_eq!(keys_in_order(&response.text, ""), ["status", "message", "data", "session", "errors"]);
    assert_eq!(keys_in_order(&response.text, "/session"), ["id", "created_at", "updated_at"]);
    let additional = [
        "expiry",
        "expired",
        "initial_organization_role_id",
        "inviter_id",
        "workspace_id",
        "initial_workspace_role_id",
    ];
    let keys = keys_in_order(&response.text, "/data/0");
    assert_eq!(keys[..DOCUMENTED_KEYS.len()], DOCUMENTED_KEYS);
    assert_eq!(keys[DOCUMENTED_KEYS.len()..DOCUMENTED_KEYS.len() + additional.len()], additional);
    assert_eq!(keys[DOCUMENTED_KEYS.len() + additional.len()..], ["suspended", "delivery"]);
    let role_keys = ["id", "organization_id", "name", "permissions", "is_system_role", "created_at", "updated_at"];
    for role in ["/data/0/initial_organization_role", "/data/0/inviter_roles/0"] {
        assert_eq!(keys_in_order(&response.text, role)[..role_keys.len()], role_keys);
    }
    assert_eq!(keys_in_order(&response.text, "/data/0/initial_workspace_role"), ["id", "name", "permissions"]);
    assert_eq!(keys_in_order(&response.text, "/data/0/workspace"), ["id", "name"]);
    assert_eq!(keys_in_order(&response.text, "/data/0/inviter")[..4], ["id", "first_name", "last_name", "email"]);

    let invitation = &response.body["data"][0];
    assert_eq!(invitation["status"], "pending");
    assert_eq!(invitation["expires_at"], "2026-01-22T10:30:00Z");
    assert_eq!(invitation["expiry"], "2026-01-22T10:30:00Z");
    assert_eq!(invitation["created_at"], "2026-01-15T10:30:00Z");
    assert_eq!(invitation["expired"], false);
    assert!(text(&invitation["token"]).starts_with("inv_"));
    let role_json = &invitation["initial_organization_role"];
    assert_eq!(role_json["id"], role);
    assert_eq!(role_json["organization_id"], organization);
    assert_eq!(role_json["permissions"], json!(["organization:admin", "organization:manage_members"]));
    assert_eq!(role_json["is_system_role"], false);
    assert_eq!(invitation["initial_workspace_role"]["permissions"], json!(["workspace:member"]));
    assert_eq!(invitation["workspace"], json!({"id": workspace, "name": "Main Workspace"}));
    assert_eq!(invitation["inviter"]["first_name"], "olga");
    assert_eq!(invitation["inviter"]["email"], "olga@example.com");
    assert_eq!(invitation["inviter"]["id"], owner.get("/me").await.ok()["id"], "the user's id");
    assert_eq!(invitation["inviter_roles"][0]["name"], "Admin");
    assert_eq!(invitation["inviter_roles"][0]["is_system_role"], true);
    assert_eq!(invitation["delivery"]["state"], "sent");
    for id in
        ["/id", "/organization_id", "/inviter_id", "/workspace_id", "/initial_organization_role/id", "/inviter/id"]
    {
        let id = text(invitation.pointer(id).unwrap());
        assert!(id.parse::<RoleId>().is_ok() && id.len() == 18, "{id}");
    }
    assert_eq!(response.body["session"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn absent_relations_are_null() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let manager = create_role(&app, &owner, &organization, "Manager", &["organization:manage"]).await;
    let leaver = app.create_member(&owner, &organization, "leo@example.com", &manager).await;
    leaver.post(&path(&organization), &[("email", "nina@example.com")]).await.ok();
    app.run(&leaver, Leave { organization: organization.parse().unwrap() }).await.unwrap();
    let invitation = &owner.get_and_check_cache(&path(&organization)).await.ok()[0];
    for key in
        ["initial_workspace_role", "workspace", "inviter", "inviter_id", "workspace_id", "initial_workspace_role_id"]
    {
        assert_eq!(invitation[key], Value::Null, "{key}");
    }
    assert_eq!(invitation["inviter_roles"], json!([]));
    assert_eq!(invitation["suspended"], Value::Null, "an invitation that an admin could send is not suspended");
    leaver.get(&path(&organization)).await.assert_error(403, "FORBIDDEN");
    // Resending makes the owner the inviter.
    let id = text(&invitation["id"]);
    let resent = owner.post(&format!("{}/{id}/resend", path(&organization)), &[]).await.ok();
    assert_eq!(resent["inviter"]["email"], "olga@example.com");
}

#[tokio::test]
async fn statement_count_does_not_depend_on_list_length() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization, "Lab").await;
    owner.post(&path(&organization), &[("email", "first@example.com"), ("workspace_id", &workspace)]).await.ok();
    // As in the measurement with 500 invitations below, a stale list is in the cache.
    owner.get_and_check_cache(&path(&organization)).await.ok();
    app.invalidate_caches();
    let one = owner.get_and_check_cache(&path(&organization)).await;
    for number in 1..500 {
        let email = format!("person{number}@example.com");
        owner.post(&path(&organization), &[("email", &email), ("workspace_id", &workspace)]).await.ok();
    }
    let with_cached_references = owner.get_and_check_cache(&path(&organization)).await;
    assert_eq!(with_cached_references.statements, 2, "revalidation, and the page");
    app.invalidate_caches();
    let many = owner.get_and_check_cache(&path(&organization)).await;
    assert_eq!(many.body["data"].as_array().unwrap().len(), 500);
    assert_eq!(many.body["data"], with_cached_references.body["data"]);
    assert_eq!(many.statements, one.statements);
    assert_eq!(one.statements, 7, "caller, page, roles, workspaces, workspace roles, inviters, and their permissions");
    app.invalidate_caches();
    let in_any_state = owner.get(&format!("{}?status=all&limit=500", path(&organization))).await;
    assert!(in_any_state.body["data"] == many.body["data"], "every invitation is pending");
    // SQLite also revalidates the cached access in a statement of its own.
    assert!((many.statements..=many.statements + 1).contains(&in_any_state.statements), "{}", in_any_state.statements);
    assert!(many.headers.get("link").is_none(), "there is no next page");
}

#[tokio::test]
async fn filters_and_pages_list() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization, "Lab").await;
    let path = path(&organization);
    for name in ["a", "b", "c"] {
        owner.post(&path, &[("email", &format!("{name}@example.com"))]).await.ok();
    }
    app.advance(DAY * 7);
    owner.post(&path, &[("email", "d@example.com"), ("workspace_id", &workspace)]).await.ok();
    let discarded = owner.post(&path, &[("email", "e@example.com")]).await.ok();
    owner.post(&format!("{path}/{}/discard", text(&discarded["id"])), &[]).await.ok();
    let declined = owner.post(&path, &[("email", "f@example.com")]).await.ok();
    app.anonymous()
        .post("/organizations/invitations/decline", &[("token", &app.mailed_token("f@example.com"))])
        .await
        .ok();
    app.create_member(&owner, &organization, "g@example.com", "").await;

    let list =
        async |query: &str| list_emails(&owner, &format!("{path}?{query}")).await.join(" ").replace("@example.com", "");
    assert_eq!(list("").await, "d c b a", "pending, including expired, newest first");
    assert_eq!(list("status=pending").await, "d c b a");
    assert_eq!(list("status=discarded").await, "e");
    assert_eq!(list("status=declined").await, "f");
    assert_eq!(list("status=accepted").await, "g");
    assert_eq!(list("status=all").await, "g f e d c b a");
    assert_eq!(list("expired=true").await, "c b a");
    assert_eq!(list("expired=false").await, "d");
    assert_eq!(list(&format!("workspace_id={workspace}")).await, "d");
    assert_eq!(list("email=B%40EXAMPLE.com").await, "b");
    assert_eq!(list("email=nobody%40example.com").await, "");
    assert_eq!(list("status=all&email=f%40example.com").await, "f");
    let declined = owner.get(&format!("{path}?status=declined")).await.ok()[0]["id"] == declined["id"];
    assert!(declined);

    let mut next = format!("{path}?limit=2&status=all");
    let mut pages = Vec::new();
    loop {
        pages.push(list_emails(&owner, &next).await.len());
        let response = owner.get(&next).await;
        let links = response.headers["link"].to_str().unwrap();
        let Some(link) = links.split(", ").find(|link| link.ends_with("; rel=\"next\"")) else { break };
        assert!(link.starts_with("<http://vestibule.test/"), "{link}");
        next = link.trim_start_matches("<http://vestibule.test").split('>').next().unwrap().to_owned();
    }
    assert_eq!(pages, [2, 2, 2, 1]);

    for (query, code) in [
        ("status=expired", "INVALID_FIELD"),
        ("expired=maybe", "INVALID_FIELD"),
        ("workspace_id=abc", "INVALID_ID"),
        ("email=x", "INVALID_EMAIL"),
        ("limit=0", "INVALID_FIELD"),
        ("limit=501", "INVALID_FIELD"),
        ("limit=x", "INVALID_FIELD"),
        ("cursor=abc", "INVALID_CURSOR"),
        ("cursor=-1", "INVALID_CURSOR"),
        ("statsu=all", "UNKNOWN_FIELD"),
        ("email=a%zz", "BAD_REQUEST_BODY"),
        ("limit=1&limit=2", "INVALID_FIELD"),
    ] {
        owner.get(&format!("{path}?{query}")).await.assert_error(400, code);
    }
}

#[tokio::test]
async fn address_has_one_unexpired_invitation() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization, "Lab").await;
    let path = path(&organization);
    let first = owner.post(&path, &[("email", "Nina@Example.com ")]).await.ok();
    assert_eq!(first["email"], "nina@example.com");
    assert_eq!(app.mail("nina@example.com").to.as_str(), "Nina@Example.com", "mail goes to the exact spelling");
    owner.post(&path, &[("email", "NINA@example.com")]).await.assert_error(400, "INVITATION_EXISTS");
    owner.post(&path, &[("email", "nina+test@example.com")]).await.ok();
    owner.post(&path, &[("email", "nina@example.com"), ("workspace_id", &workspace)]).await.ok();
    owner
        .post(&path, &[("email", "nina@example.com"), ("workspace_id", &workspace)])
        .await
        .assert_error(400, "INVITATION_EXISTS");
    app.verify_all_addresses();
    owner.post(&path, &[("email", "OLGA@example.com")]).await.assert_error(400, "ALREADY_MEMBER");

    app.advance(DAY * 8);
    let second = owner.post(&path, &[("email", "nina@example.com")]).await.ok();
    assert_ne!(second["id"], first["id"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'discarded'"), 1, "superseded");
    // Resending revives an expired invitation that was not superseded.
    let expired = owner.get(&format!("{path}?expired=true")).await.ok();
    let expired = text(&expired[0]["id"]);
    let revived = owner.post(&format!("{path}/{expired}/resend"), &[("expiry_days", "90")]).await.ok();
    assert_eq!(revived["expired"], false);
    assert_eq!(revived["expires_at"], "2026-04-23T10:30:00Z");
    for invalid in ["0", "91", "-1", "1.5", "99999999999999999999", "seven", "7d"] {
        owner
            .post(&path, &[("email", "x@example.com"), ("expiry_days", invalid)])
            .await
            .assert_error(400, "INVALID_FIELD");
    }
    let tomorrow = owner.post(&path, &[("email", "x@example.com"), ("expiry_days", "1")]).await.ok();
    assert_eq!(tomorrow["expires_at"], "2026-01-24T10:30:00Z");
}

#[tokio::test]
async fn rejects_roles_beyond_inviters_permissions() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = path(&organization);
    let manager = create_role(&app, &owner, &organization, "Manager", &["organization:manage_members"]).await;
    let billing = create_role(&app, &owner, &organization, "Billing", &["billing:write"]).await;
    let admin = owner.admin_role(&format!("/organizations/{organization}")).await;
    let mara = app.create_member(&owner, &organization, "mara@example.com", &manager).await;

    mara.post(&path, &[("email", "n@example.com"), ("role_id", &admin)]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    mara.post(&path, &[("email", "n@example.com"), ("role_id", &billing)])
        .await
        .assert_error(403, "ROLE_EXCEEDS_YOURS");
    mara.post(&path, &[("email", "n@example.com"), ("role_id", &manager)]).await.ok();
    mara.post(&path, &[("email", "plain@example.com")]).await.ok();
    let by_owner = owner.post(&path, &[("email", "b@example.com"), ("role_id", &billing)]).await.ok();
    let resend = format!("{path}/{}/resend", text(&by_owner["id"]));
    mara.post(&resend, &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let workspace = create_workspace(&owner, &organization, "Lab").await;
    mara.post(&path, &[("email", "w@example.com"), ("workspace_id", &workspace)])
        .await
        .assert_error(403, "ROLE_EXCEEDS_YOURS");
}

#[tokio::test]
async fn invitation_is_suspended_while_inviter_lacks_permission() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = path(&organization);
    let manager = create_role(&app, &owner, &organization, "Manager", &["organization:manage_members"]).await;
    let mara = app.create_member(&owner, &organization, "mara@example.com", &manager).await;
    mara.post(&path, &[("email", "nina@example.com"), ("role_id", &manager)]).await.ok();
    let token = app.mailed_token("nina@example.com");
    let nina = app.anonymous();
    nina.post("/auth/signup", &[("email", "nina@example.com"), ("password", "a-password-1"), ("invite_token", &token)])
        .await
        .ok();

    let membership: MemberId = text(&mara.get("/me/organization-memberships").await.ok()[0]["id"]).parse().unwrap();
    let (organization_id, role): (_, RoleId) = (organization.parse().unwrap(), manager.parse().unwrap());
    app.run(&owner, RevokeRole { organization: organization_id, member: membership, role }).await.unwrap();
    assert_eq!(owner.get_and_check_cache(&path).await.ok()[0]["suspended"], "inviter_may_not_invite");
    let refused = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(refused["error_code"], "INVITATION_SUSPENDED");
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_memberships"), 2);

    // With the role back the invitation is valid again. An admin can take over a suspended one by resending it.
    app.run(&owner, AssignRole { organization: organization_id, member: membership, role }).await.unwrap();
    assert_eq!(owner.get_and_check_cache(&path).await.ok()[0]["suspended"], Value::Null);
    app.run(&owner, RevokeRole { organization: organization_id, member: membership, role }).await.unwrap();
    let id = text(&owner.get_and_check_cache(&path).await.ok()[0]["id"]);
    let resent = owner.post(&format!("{path}/{id}/resend"), &[]).await.ok();
    assert_eq!(resent["suspended"], Value::Null);
    assert_eq!(resent["inviter"]["email"], "olga@example.com");
    let token = app.mailed_token("nina@example.com");
    let joined = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], organization);
}

#[tokio::test]
async fn leaving_does_not_lift_suspension() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = path(&organization);
    let manager = create_role(&app, &owner, &organization, "Manager", &["organization:manage_members"]).await;
    let mara = app.create_member(&owner, &organization, "mara@example.com", &manager).await;
    let workspace = create_workspace(&owner, &organization, "Lab").await;
    mara.post(&path, &[("email", "nina@example.com"), ("role_id", &manager)]).await.ok();
    let token = app.mailed_token("nina@example.com");
    let membership: MemberId = text(&mara.get("/me/organization-memberships").await.ok()[0]["id"]).parse().unwrap();
    let (organization_id, role): (_, RoleId) = (organization.parse().unwrap(), manager.parse().unwrap());
    app.run(&owner, RevokeRole { organization: organization_id, member: membership, role }).await.unwrap();
    app.run(&mara, Leave { organization: organization_id }).await.unwrap();

    let invitation = &owner.get_and_check_cache(&path).await.ok()[0];
    assert_eq!((&invitation["inviter"], &invitation["suspended"]), (&Value::Null, &json!("inviter_has_left")));
    let nina = app.create_invited_user("nina@example.com", &token).await;
    let refused = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(refused["error_code"], "INVITATION_SUSPENDED");
    let id = text(&invitation["id"]);
    let resent = owner.post(&format!("{path}/{id}/resend"), &[]).await.ok();
    assert_eq!((&resent["suspended"], &resent["inviter"]["email"]), (&Value::Null, &json!("olga@example.com")));
    let token = app.mailed_token("nina@example.com");
    let joined = nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    assert_eq!(joined["organization"]["id"], organization);
    // Invitations stay valid when their inviter leaves with sufficient permissions, also those to workspaces.
    let admin = owner.admin_role(&format!("/organizations/{organization}")).await;
    let leaver = app.create_member(&owner, &organization, "leo@example.com", &admin).await;
    leaver.post(&path, &[("email", "pia@example.com"), ("workspace_id", &workspace)]).await.ok();
    app.run(&leaver, Leave { organization: organization_id }).await.unwrap();
    assert_eq!(owner.get_and_check_cache(&path).await.ok()[0]["suspended"], Value::Null);
}

#[tokio::test]
async fn does_not_send_mail_for_discarded_or_expired_invitation() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = path(&organization);
    for (email, expired) in [("gone@example.com", false), ("late@example.com", true)] {
        app.inner.mailbox.fail_next(DeliveryError { reason: "greylisted".to_owned(), retry: true });
        let invitation = owner.post(&path, &[("email", email), ("expiry_days", "1")]).await.ok();
        if !expired {
            owner.post(&format!("{path}/{}/discard", text(&invitation["id"])), &[]).await.ok();
        }
        app.advance(DAY);
        app.drain().await;
        let query = format!("{path}?status=all&email={}", email.replace('@', "%40"));
        assert_eq!(owner.get(&query).await.ok()[0]["delivery"]["state"], "not_sent", "{email}");
    }
    assert_eq!(app.mails().len(), 0);
}

#[tokio::test]
async fn rejects_roles_and_workspaces_of_other_organizations() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (other, foreign) = app.create_organization("otto@example.com").await;
    let foreign_role = create_role(&app, &other, &foreign, "Theirs", &["organization:read"]).await;
    let foreign_workspace = create_workspace(&other, &foreign, "Theirs").await;
    let own_workspace = create_workspace(&owner, &organization, "Ours").await;
    let (path, invitee) = (path(&organization), ("email", "nina@example.com"));
    owner.post(&path, &[invitee, ("role_id", &foreign_role)]).await.assert_error(400, "ROLE_NOT_FOUND");
    owner.post(&path, &[invitee, ("workspace_id", &foreign_workspace)]).await.assert_error(400, "WORKSPACE_NOT_FOUND");
    // An id of another kind is treated like an unknown id.
    owner.post(&path, &[invitee, ("role_id", &own_workspace)]).await.assert_error(400, "ROLE_NOT_FOUND");
    owner.post(&path, &[invitee, ("workspace_id", &organization)]).await.assert_error(400, "WORKSPACE_NOT_FOUND");
    owner
        .post(&path, &[invitee, ("workspace_id", &own_workspace), ("workspace_role_id", &foreign_role)])
        .await
        .assert_error(400, "ROLE_NOT_FOUND");
    owner.post(&path, &[invitee, ("workspace_role_id", &foreign_role)]).await.assert_error(400, "INVALID_FIELD");
    let foreign_invitation = other.post(&self::path(&foreign), &[invitee]).await.ok();
    let foreign_invitation = text(&foreign_invitation["id"]);
    for verb in ["resend", "discard"] {
        owner.post(&format!("{path}/{foreign_invitation}/{verb}"), &[]).await.assert_error(404, "INVITATION_NOT_FOUND");
        owner
            .post(&format!("{}/{foreign_invitation}/{verb}", self::path(&foreign)), &[])
            .await
            .assert_error(403, "FORBIDDEN");
    }
    assert_eq!(owner.get_and_check_cache(&path).await.ok(), json!([]));
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 1);
}

#[tokio::test]
async fn discarding_invalidates_token_and_only_invitee_declines() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = path(&organization);
    let invitation = owner.post(&path, &[("email", "nina@example.com")]).await.ok();
    let (bare_token, decline) = (text(&invitation["token"]), "/organizations/invitations/decline");
    app.anonymous().post(decline, &[("token", &bare_token)]).await.assert_error(400, "INVITATION_REQUIRES_SIGNUP");
    owner.post(decline, &[("token", &bare_token)]).await.assert_error(400, "INVITATION_REQUIRES_SIGNUP");
    let unverified = app.create_user("nina@example.com").await;
    // The bare token does not reveal that there is an account now.
    owner.post(decline, &[("token", &bare_token)]).await.assert_error(400, "INVITATION_REQUIRES_SIGNUP");
    unverified.post(decline, &[("token", &bare_token)]).await.assert_error(400, "INVITATION_EMAIL_UNVERIFIED");
    let mailed_token = app.mailed_token("nina@example.com");
    assert_eq!(app.anonymous().post(decline, &[("token", &mailed_token)]).await.ok(), json!({"success": true}));
    app.anonymous().post(decline, &[("token", &mailed_token)]).await.assert_error(400, "INVALID_INVITATION_TOKEN");

    let second = owner.post(&path, &[("email", "nina@example.com")]).await.ok();
    let mailed_token = app.mailed_token("nina@example.com");
    let discard = format!("{path}/{}", text(&second["id"]));
    let response = owner.send(axum::http::Method::DELETE, &discard, None, axum::body::Body::empty()).await;
    assert_eq!(response.ok(), json!({"success": true}), "the legacy method");
    owner.post(&format!("{discard}/discard"), &[]).await.assert_error(400, "INVITATION_NOT_PENDING");
    app.anonymous().post(decline, &[("token", &mailed_token)]).await.assert_error(400, "INVALID_INVITATION_TOKEN");
    owner.post(&format!("{path}/123456789012345678/discard"), &[]).await.assert_error(404, "INVITATION_NOT_FOUND");
}

#[tokio::test]
async fn validate_describes_invitation_to_token_holder() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let invitation = owner.post(&path(&organization), &[("email", "nina@example.com")]).await.ok();
    let validate =
        async |token: &str| app.anonymous().get(&format!("/deployment/invitations/validate?token={token}")).await;
    for token in [text(&invitation["token"]), app.mailed_token("nina@example.com")] {
        let data = validate(&token).await.ok();
        assert_eq!(data["valid"], true);
        assert_eq!(data["type"], "organization");
        assert_eq!(data["organization"], json!({"id": organization, "name": "Acme"}));
        assert_eq!(data["email"], "nina@example.com");
        assert_eq!(data["inviter"]["first_name"], "olga");
        assert_eq!(data["inviter"]["email"], "", "an unverified address is not shown to strangers");
        assert_eq!(data["message"], "organization_invitation");
    }
    let unknown = validate("inv_token_abc123").await.ok();
    assert_eq!((&unknown["valid"], &unknown["error_code"]), (&json!(false), &json!("INVALID_INVITATION_TOKEN")));
    app.anonymous().get("/deployment/invitations/validate").await.assert_error(400, "REQUIRED_FIELD");
    app.advance(DAY * 7);
    assert_eq!(validate(&text(&invitation["token"])).await.ok()["error_code"], "INVITATION_EXPIRED");
}

#[tokio::test]
async fn mail_names_inviter_and_list_shows_delivery_state() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = path(&organization);
    app.inner.mailbox.fail_next(DeliveryError { reason: "mailbox full".to_owned(), retry: true });
    owner.post(&path, &[("email", "nina@example.com")]).await.ok();
    let delivery = owner.get_and_check_cache(&path).await.ok()[0]["delivery"].clone();
    assert_eq!(
        (&delivery["state"], &delivery["reason"], &delivery["attempts"]),
        (&json!("deferred"), &json!("mailbox full"), &json!(1))
    );
    app.advance(std::time::Duration::from_secs(180));
    app.drain().await;
    assert_eq!(owner.get_and_check_cache(&path).await.ok()[0]["delivery"]["state"], "sent");
    let mail = app.mail("nina@example.com");
    assert!(mail.subject.contains("Acme") && mail.subject.contains("olga"), "{}", mail.subject);
    assert!(mail.text.contains("http://vestibule.test/invite#token=inv_"));
    assert_eq!(app.mails().len(), 1, "sent once");

    app.inner.mailbox.fail_next(DeliveryError { reason: "no such mailbox".to_owned(), retry: false });
    owner.post(&path, &[("email", "nobody@example.com")]).await.ok();
    let delivery = owner.get(&format!("{path}?email=nobody%40example.com")).await.ok()[0]["delivery"].clone();
    assert_eq!((&delivery["state"], &delivery["reason"]), (&json!("failed"), &json!("no such mailbox")));
}

#[tokio::test]
async fn delivery_is_not_sent_without_mail_transport() {
    let app = TestApp::without_mail().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let invitation = owner.post(&path(&organization), &[("email", "nina@example.com")]).await.ok();
    assert_eq!(invitation["delivery"]["state"], "not_sent");
    assert_eq!(app.count("SELECT COUNT(*) FROM outbox"), 0);
}

/// Single invitations are serialized by serde, lists by hand-written code.
#[tokio::test]
async fn list_equals_creation_response_byte_for_byte() {
    let app = TestApp::without_mail().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = create_workspace(&owner, &organization, "Yard \"\\\u{1f6a2}").await;
    let role = create_role(&app, &owner, &organization, "Look \"out\"", &["organization:member"]).await;
    for fields in [&[("role_id", role.as_str())][..], &[("workspace_id", workspace.as_str())]] {
        let fields = [&[("email", "ines@example.com")], fields].concat();
        let created = owner.post(&path(&organization), &fields).await;
        assert_eq!(created.status, 200, "{}", created.text);
        let (_, data) = created.text.split_once("\"data\":").unwrap();
        let (data, _) = data.rsplit_once(",\"session\":").unwrap();
        let list = owner.get_and_check_cache(&path(&organization)).await.text;
        assert!(list.contains(data), "{data}\nin {list}");
    }
}

#[tokio::test]
async fn pages_by_expiry_forth_and_back() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("owner@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    for (email, days) in
        [("c@example.com", "9"), ("a@example.com", "3"), ("d@example.com", "12"), ("b@example.com", "6")]
    {
        owner.post(&path, &[("email", email), ("expiry_days", days)]).await.ok();
    }
    let first = format!("{path}?sort=expiry&limit=2");
    let follow = async |from: &str, relation: &str| {
        let response = owner.get(from).await;
        let links = response.headers["link"].to_str().unwrap().to_owned();
        let link = links.split(", ").find(|link| link.ends_with(&format!("; rel=\"{relation}\""))).unwrap().to_owned();
        link.trim_start_matches("<http://vestibule.test").split('>').next().unwrap().to_owned()
    };
    assert_eq!(list_emails(&owner, &first).await, ["a@example.com", "b@example.com"]);
    let second = follow(&first, "next").await;
    assert_eq!(list_emails(&owner, &second).await, ["c@example.com", "d@example.com"]);
    let back = follow(&second, "prev").await;
    assert_eq!(list_emails(&owner, &back).await, ["a@example.com", "b@example.com"]);
}
