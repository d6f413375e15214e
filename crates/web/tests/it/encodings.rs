//! One call, three encodings, one meaning (decision 5). And the lists that stand beside the invitations.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Map, Value, json};
use vestibule_core::access::PermissionSet;
use vestibule_core::id::MemberId;
use vestibule_core::membership::{GiveRole, TakeRole};
use vestibule_core::names::RoleName;
use vestibule_core::{Code, organization, outbox, workspace};

use crate::harness::{Answer, App, Client, PASSWORD, text};

const ENCODINGS: [&str; 3] = ["form", "multipart", "json"];

async fn post(client: &Client, path: &str, encoding: &str, fields: &[(&str, &str)]) -> Answer {
    match encoding {
        "form" => client.post(path, fields).await,
        "json" => {
            let id = |name: &str| name.ends_with("_id");
            // Ids as numbers, for once.
            let value = |(name, value): &(&str, &str)| {
                let value = if id(name) { json!(value.parse::<u64>().unwrap()) } else { json!(value) };
                ((*name).to_owned(), value)
            };
            client.post_json(path, &Value::Object(fields.iter().map(value).collect::<Map<_, _>>())).await
        }
        _ => {
            let part = |(name, value): &(&str, &str)| {
                format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let body: String = fields.iter().map(part).collect();
            let content_type = Some("multipart/form-data; boundary=B");
            client.send(Method::POST, path, content_type, Body::from(format!("{body}--B--\r\n"))).await
        }
    }
}

#[tokio::test]
async fn a_whole_story_in_each_encoding() {
    for encoding in ENCODINGS {
        let app = App::start().await;
        let ada = app.visitor();
        let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("first_name", "Ada & Co = 1+1")];
        post(&ada, "/auth/signup", encoding, &fields).await.ok();
        assert_eq!(ada.get("/me").await.ok()["first_name"], "Ada & Co = 1+1", "{encoding}");
        ada.post("/session/sign-out", &[]).await.ok();
        post(&ada, "/auth/signin", encoding, &fields[..2]).await.ok();
        let made =
            post(&ada, "/organizations", encoding, &[("name", "Tea & Söhne"), ("description", "a\nb")]).await.ok();
        assert_eq!(
            (&made["organization"]["name"], &made["organization"]["description"]),
            (&json!("Tea & Söhne"), &json!("a\nb"))
        );
        let organization = text(&made["organization"]["id"]);
        let fields = [("organization_id", organization.as_str()), ("name", "Lab")];
        let workspace = text(&post(&ada, "/workspaces", encoding, &fields).await.ok()["workspace"]["id"]);
        let role = text(&ada.get(&format!("/organizations/{organization}/roles")).await.ok()[1]["id"]);
        let fields =
            [("email", "nina+x@example.com"), ("role_id", &role), ("workspace_id", &workspace), ("expiry_days", "3")];
        let path = format!("/organizations/{organization}/invitations");
        let invitation = post(&ada, &path, encoding, &fields).await.ok();
        assert_eq!(invitation["email"], "nina+x@example.com", "{encoding}");
        assert_eq!(invitation["expires_at"], "2026-01-18T10:30:00Z");
        let token = app.mailed_token("nina+x@example.com");
        let nina = app.newcomer("nina+x@example.com", &token).await;
        let joined = post(&nina, "/organizations/invitations/accept", encoding, &[("token", &token)]).await.ok();
        assert_eq!(joined["workspace"]["id"], workspace, "{encoding}");
    }
}

#[tokio::test]
async fn members_are_paged_and_sought() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    for name in ["anna", "bert", "carl"] {
        app.member(&owner, &organization, &format!("{name}@example.com"), "").await;
    }
    let path = format!("/organizations/{organization}/members");
    let names = async |query: &str| {
        let page = owner.get(&format!("{path}?{query}")).await.ok();
        let names: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|member| text(&member["user"]["first_name"])).collect();
        (names.join(" "), page["meta"].clone())
    };
    assert_eq!(names("").await.0, "carl bert anna olga", "newest first");
    let meta = |total: u32, page: u32, limit: u32, more: bool| json!({"total": total, "page": page, "limit": limit, "has_more": more});
    assert_eq!(names("limit=3").await, ("carl bert anna".to_owned(), meta(4, 1, 3, true)));
    assert_eq!(names("limit=3&page=2").await, ("olga".to_owned(), meta(4, 2, 3, false)));
    assert_eq!(names("limit=2&page=2").await, ("anna olga".to_owned(), meta(4, 2, 2, false)));
    assert_eq!(names("page=9").await, (String::new(), meta(4, 9, 10, false)));
    assert_eq!(names("search=BERT").await, ("bert".to_owned(), meta(1, 1, 10, false)));
    assert_eq!(names("search=example.com&limit=1&page=2").await, ("bert".to_owned(), meta(4, 2, 1, true)));
    assert_eq!(names("search=%25").await.0, "", "a per cent sign is one");
    for absurd in ["limit=0", "limit=101", "limit=x", "page=0", "page=-1", "page=99999999999", "limit=1&limit=2"] {
        owner.get(&format!("{path}?{absurd}")).await.refused(400, "INVALID_FIELD");
    }
    let many = owner.get(&format!("{path}?limit=100")).await.statements;
    assert_eq!(owner.get(&format!("{path}?limit=1")).await.statements, many, "as many statements for one as for all");
}

#[tokio::test]
async fn roles_are_the_deployments_and_ones_own() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let (other, elsewhere) = app.founder("otto@example.com").await;
    let define = |organization: &str, name: &str, permissions: &[&str]| organization::DefineRole {
        organization: organization.parse().unwrap(),
        name: RoleName::parse("name", name).unwrap(),
        permissions: PermissionSet::new(permissions.iter().copied()),
    };
    let rights = ["organization:manage_members", "organization:manage_roles"];
    let lead = app.run(&owner, define(&organization, "Lead", &rights)).await.unwrap().id;
    app.run(&other, define(&elsewhere, "Theirs", &[])).await.unwrap();
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let shown: Vec<_> = roles
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (text(&role["name"]), role["is_system_role"] == true, text(&role["organization_id"])))
        .collect();
    let right = [("Admin", true, "0"), ("Member", true, "0"), ("Lead", false, organization.as_str())];
    assert_eq!(shown, right.map(|(name, system, of)| (name.to_owned(), system, of.to_owned())));

    let member = app.member(&owner, &organization, "mara@example.com", &lead.to_string()).await;
    let refused = app.run(&member, define(&organization, "More", &["organization:admin"])).await.unwrap_err();
    assert_eq!(refused.code(), Code::RoleExceedsYours);
    let admin = text(&roles[0]["id"]).parse().unwrap();
    let own: MemberId = text(&owner.get("/me/organization-memberships").await.ok()[0]["id"]).parse().unwrap();
    let organization_id = organization.parse().unwrap();
    let take = |membership, role| TakeRole { organization: organization_id, member: membership, role };
    assert_eq!(app.run(&owner, take(own, admin)).await.unwrap_err().code(), Code::LastAdmin);
    assert_eq!(app.run(&member, take(own, admin)).await.unwrap_err().code(), Code::RoleExceedsYours);
    app.run(&owner, take(own, lead)).await.unwrap();
    let give = |membership| GiveRole { organization: organization_id, member: membership, role: admin };
    assert_eq!(app.run(&owner, give(1.into())).await.unwrap_err().code(), Code::MemberNotFound);
    assert_eq!(app.run(&other, give(own)).await.unwrap_err().code(), Code::Forbidden);
    // With a second admin, the first may cease to be one.
    let theirs: MemberId = text(&member.get("/me/organization-memberships").await.ok()[0]["id"]).parse().unwrap();
    app.run(&owner, give(theirs)).await.unwrap();
    app.run(&owner, take(own, admin)).await.unwrap();
    owner.get(&format!("/organizations/{organization}/invitations")).await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_workspaces_own_roles_are_given_there_only() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let made = async |name: &str| {
        let fields = [("organization_id", organization.as_str()), ("name", name)];
        text(&owner.post("/workspaces", &fields).await.ok()["workspace"]["id"])
    };
    let (lab, shop) = (made("Lab").await, made("Shop").await);
    let define = |workspace: &str| workspace::DefineRole {
        workspace: workspace.parse().unwrap(),
        name: RoleName::parse("name", "Editor").unwrap(),
        permissions: PermissionSet::new(["workspace:read", "workspace:write"]),
    };
    let editor = app.run(&owner, define(&lab)).await.unwrap().id.to_string();
    assert_eq!(app.run(&owner, define("123456789012345678")).await.unwrap_err().code(), Code::Forbidden);
    let path = format!("/organizations/{organization}/invitations");
    let invite = |workspace| {
        [("email", "nina@example.com"), ("workspace_id", workspace), ("workspace_role_id", editor.as_str())]
    };
    owner.post(&path, &invite(&shop)).await.refused(400, "ROLE_NOT_FOUND");
    let invitation = owner.post(&path, &invite(&lab)).await.ok();
    assert_eq!(
        invitation["initial_workspace_role"],
        json!({"id": editor, "name": "Editor", "permissions": ["workspace:read", "workspace:write"]})
    );
    let token = app.mailed_token("nina@example.com");
    let nina = app.newcomer("nina@example.com", &token).await;
    nina.post("/organizations/invitations/accept", &[("token", &token)]).await.ok();
    let mine = nina.get(&format!("/me/workspace-memberships?org_id={organization}")).await.ok();
    assert_eq!((&mine[0]["workspace"]["id"], &mine[0]["roles"][0]["name"]), (&json!(lab), &json!("Editor")));
    assert_eq!(mine[0]["organization"]["id"], organization);
    assert_eq!(nina.get("/me/workspace-memberships?org_id=123456789012345678").await.ok(), json!([]));
    nina.get("/me/workspace-memberships?org_id=x").await.refused(400, "INVALID_ID");
}

#[tokio::test]
async fn the_outboxs_worker_ends_when_it_is_asked_to() {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    outbox::work(&app.inner.service, std::future::ready(())).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = std::sync::Arc::clone(&app.inner.service);
    let worker = tokio::spawn(async move { outbox::work(&service, async { drop(stopped.await) }).await });
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "nina@example.com")]).await.ok();
    stop.send(()).unwrap();
    worker.await.unwrap();
    assert_eq!(app.mails().len(), 1, "sent once, whoever was faster");
}
