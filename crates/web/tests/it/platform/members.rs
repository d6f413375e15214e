//! The members of an organization.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use vestibule_core::execution::Caller;
use vestibule_core::operator::DisableUser;
use vestibule_testbed::invariants;

use super::PlatformClient;
use super::organizations::{add_admin, create, role, user};
use crate::harness::{PASSWORD, TestApp, create_workspace, text};

fn first_names(page: &[Value]) -> String {
    page.iter().map(|member| member["first_name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_member_has_the_fields_that_clients_decode() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let members = format!("{path}/members");
    let (_, id) = user(&app, "nina@example.com").await;
    app.verify_all_addresses();
    let added = backend.post(&members, &json!({"user_id": id, "role_ids": []})).await.ok();
    let expected = json!({
        "id": added["id"],
        "created_at": added["created_at"],
        "updated_at": added["created_at"],
        "organization_id": path.rsplit('/').next(),
        "user_id": id,
        "roles": [{
            "id": role(&backend, &path, "Member").await,
            "created_at": added["roles"][0]["created_at"],
            "updated_at": added["roles"][0]["updated_at"],
            "name": "Member",
            "permissions": ["organization:member"],
            "is_deployment_level": true,
        }],
        "public_metadata": {},
        "first_name": "nina",
        "last_name": "Test",
        "primary_email_address": "nina@example.com",
        "primary_email_address_verified": true,
        "user_created_at": added["user_created_at"],
        "second_factors": [],
    });
    assert_eq!(added, expected);
    assert!(added["user_created_at"].is_string() && added["roles"][0]["created_at"].is_string());
    assert_eq!(backend.get(&members).await.page(), std::slice::from_ref(&expected));
    let mut shown = backend.get(&format!("{members}/{id}")).await.ok();
    assert_eq!(shown["permissions"].take(), json!(["organization:member"]));
    shown.as_object_mut().unwrap().remove("permissions");
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn one_member_is_found_by_membership_and_user_with_three_statements() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let (path, other) = (create(&backend, "Acme").await, create(&backend, "Globex").await);
    let fields = json!({"name": "Clerk", "permissions": ["orders:read", "orders:write"]});
    let clerk = text(&backend.post(&format!("{path}/roles"), &fields).await.ok()["id"]);
    let member = role(&backend, &path, "Member").await;
    let (_, id) = user(&app, "nina@example.com").await;
    let body = json!({"user_id": id, "role_ids": [clerk, member, clerk]});
    let membership = text(&backend.post(&format!("{path}/members"), &body).await.ok()["id"]);
    for id in [&id, &membership] {
        let reader = PlatformClient::new(&app, "members:read").await;
        let response = reader.get(&format!("{path}/members/{id}")).await;
        assert_eq!(response.statements, 3);
        let shown = response.ok();
        assert_eq!((&shown["id"], &shown["roles"].as_array().unwrap().len()), (&json!(membership), &2));
        let permissions: BTreeSet<_> =
            shown["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(permissions, BTreeSet::from(["orders:read", "orders:write", "organization:member"]));
        reader.get(&format!("{other}/members/{id}")).await.assert_error(404, "MEMBER_NOT_FOUND");
    }
    backend.get(&format!("{path}/members/7")).await.assert_error(404, "MEMBER_NOT_FOUND");
    backend.get(&format!("{path}/members/x")).await.assert_error(400, "INVALID_ID");
    // A change is seen by the next call.
    backend.delete(&format!("{path}/members/{id}/roles/{clerk}")).await.ok();
    let shown = backend.get(&format!("{path}/members/{id}")).await.ok();
    assert_eq!(shown["permissions"], json!(["organization:member"]));
}

#[tokio::test]
async fn a_new_member_joins_the_assigned_workspace_and_starts_in_the_organization() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let workspace = create_workspace(&owner, &organization).await;
    owner.post(&format!("{path}/update"), &[("auto_assigned_workspace_id", &workspace)]).await.ok();
    let backend = PlatformClient::new(&app, "members:write").await;
    let (nina, id) = user(&app, "nina@example.com").await;
    nina.get(&format!("{path}/members")).await.assert_error(403, "FORBIDDEN");
    backend.post(&format!("{path}/members"), &json!({"user_id": id})).await.ok();
    nina.get(&format!("{path}/members")).await.ok();
    let workspaces = nina.get("/me/workspace-memberships").await.ok();
    assert_eq!(workspaces[0]["workspace"]["id"], workspace.as_str());
    assert_eq!(owner.get(&format!("{path}/members")).await.ok()["meta"]["total"], 2);
    let again = app.anonymous();
    let sign_in = [("email", "nina@example.com"), ("password", PASSWORD), ("strategy", "plain_email")];
    again.post("/auth/signin", &sign_in).await.ok();
    let session = again.get("/session").await.ok();
    let active = &session["active_signin"]["active_organization_membership_id"];
    assert!(active.is_string(), "{session}");
    invariants::assert_hold(&app.inner.database, &[]);
}

#[tokio::test]
async fn rejects_users_who_cannot_be_added() {
    let app = TestApp::with_settings(|settings| settings.roles.max_per_member = 2).await;
    let backend = PlatformClient::new(&app, "*").await;
    let (path, other) = (create(&backend, "Acme").await, create(&backend, "Globex").await);
    let members = format!("{path}/members");
    let mut roles = Vec::new();
    for name in ["One", "Two", "Three"] {
        roles.push(text(&backend.post(&format!("{path}/roles"), &json!({"name": name})).await.ok()["id"]));
    }
    let foreign = text(&backend.post(&format!("{other}/roles"), &json!({"name": "Clerk"})).await.ok()["id"]);
    let (_, id) = user(&app, "nina@example.com").await;
    let (_, disabled) = user(&app, "kim@example.com").await;
    let disable = DisableUser { user: disabled.parse().unwrap() };
    app.inner.service.run(&Caller::anonymous(), disable).await.result.unwrap();
    let before = app.row_counts();
    for (fields, status, code) in [
        (json!({"role_ids": []}), 400, "REQUIRED_FIELD"),
        (json!({"user_id": "x"}), 400, "INVALID_ID"),
        (json!({"user_id": id, "role_ids": ["x"]}), 400, "INVALID_ID"),
        (json!({"user_id": id, "role_ids": [{}]}), 400, "INVALID_ID"),
        (json!({"user_id": id, "role_id": "1"}), 400, "UNKNOWN_FIELD"),
        (json!({"user_id": "7"}), 404, "USER_NOT_FOUND"),
        (json!({"user_id": path.rsplit('/').next()}), 404, "USER_NOT_FOUND"),
        (json!({"user_id": id, "role_ids": ["7"]}), 404, "ROLE_NOT_FOUND"),
        (json!({"user_id": id, "role_ids": [foreign]}), 404, "ROLE_NOT_FOUND"),
        (json!({"user_id": id, "role_ids": roles}), 409, "ROLES_PER_MEMBER"),
        (json!({"user_id": disabled}), 409, "USER_DISABLED"),
    ] {
        backend.post(&members, &fields).await.assert_error(status, code);
    }
    assert_eq!(app.row_counts(), before);
    backend.post(&members, &json!({"user_id": id, "role_ids": roles[..2]})).await.ok();
    backend.post(&members, &json!({"user_id": id})).await.assert_error(409, "ALREADY_MEMBER");
    backend.post(&format!("{other}/members"), &json!({"user_id": id})).await.ok();
    assert_eq!(backend.get(&path).await.ok()["member_count"], 1);
}

#[tokio::test]
async fn a_bound_key_learns_nothing_about_users_outside_its_organization() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let bound = PlatformClient::bound(&app, "*", path.rsplit('/').next()).await;
    let (_, id) = user(&app, "nina@example.com").await;
    let before = app.row_counts();
    for user in [id.as_str(), "7"] {
        let fields = json!({"user_id": user});
        let refused = bound.post(&format!("{path}/members"), &fields).await;
        refused.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
        for dry_run in [true, false] {
            let rows = json!({"members": [fields], "dry_run": dry_run});
            let refused = bound.post(&format!("{path}/members/bulk"), &rows).await;
            refused.assert_error(403, "KEY_BOUND_TO_ORGANIZATION");
        }
    }
    assert_eq!(app.row_counts(), before);
    // To a workspace, it adds members of its organization only.
    let workspace = bound.post(&format!("{path}/workspaces"), &json!({"name": "Lab"})).await.ok();
    let members = format!("/workspaces/{}/members", text(&workspace["id"]));
    let mut messages = Vec::new();
    for user in [id.as_str(), "7"] {
        let fields = json!({"user_id": user, "role_ids": []});
        messages.push(bound.post(&members, &fields).await.assert_error(404, "MEMBER_NOT_FOUND"));
    }
    assert_eq!(messages[0], messages[1]);
}

#[tokio::test]
async fn an_invitee_needs_no_other_seat() {
    let app = TestApp::with_settings(|settings| settings.seats.max_per_organization = 2).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let backend = PlatformClient::new(&app, "members:write").await;
    let ((_, nina), (_, kim)) = (user(&app, "nina@example.com").await, user(&app, "kim@example.com").await);
    app.verify_all_addresses();
    owner.post(&format!("{path}/invitations"), &[("email", "nina@example.com")]).await.ok();
    let add = async |user: &str| backend.post(&format!("{path}/members"), &json!({"user_id": user})).await;
    add(&kim).await.assert_error(409, "ORGANIZATION_FULL");
    add(&nina).await.ok();
    add(&kim).await.assert_error(409, "ORGANIZATION_FULL");
    assert_eq!(owner.get(&format!("{path}/members")).await.headers["seats"], "used=2, held=0, free=0");
}

#[tokio::test]
async fn concurrent_calls_add_a_member_once() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let (_, id) = user(&app, "nina@example.com").await;
    let (members, body) = (format!("{path}/members"), json!({"user_id": id}));
    let add = || async { backend.post(&members, &body).await.status };
    let mut statuses = futures_util::future::join_all((0..4).map(|_| add())).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
    assert_eq!(backend.get(&path).await.ok()["member_count"], 1);
}

#[tokio::test]
async fn lists_are_sorted_searched_and_walked() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    for name in ["nina", "ada", "zoe", "kim", "bob"] {
        let (_, id) = user(&app, &format!("{name}@example.com")).await;
        backend.post(&format!("{path}/members"), &json!({"user_id": id})).await.ok();
    }
    let list = async |query: &str| backend.get(&format!("{path}/members?{query}")).await.ok();
    for (query, expected) in [
        ("", "bob kim zoe ada nina"),
        ("sort_order=asc", "nina ada zoe kim bob"),
        ("sort_key=name", "ada bob kim nina zoe"),
        ("sort_key=name&sort_order=desc", "zoe nina kim bob ada"),
        ("search=ada%40ex", "ada"),
        ("search=tes&sort_key=name&limit=2&offset=1", "bob kim"),
        ("limit=2&offset=3", "ada nina"),
        ("limit=3&offset=1&sort_key=name", "bob kim nina"),
    ] {
        assert_eq!(first_names(list(query).await["data"].as_array().unwrap()), expected, "{query}");
    }
    let page = list("limit=2&offset=3").await;
    assert_eq!((&page["total"], &page["has_more"]), (&json!(5), &json!(false)));
    for sort in ["", "&sort_order=asc", "&sort_key=name", "&sort_key=name&sort_order=desc", "&search=tes"] {
        let all = list(&format!("limit=1000{sort}")).await;
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&format!("limit=2{sort}{cursor}")).await;
            walked.extend(page["data"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(walked), all["data"], "{sort}");
    }
    for (query, code) in [("sort_key=user_id", "INVALID_FIELD"), ("cursor=x", "INVALID_CURSOR")] {
        backend.get(&format!("{path}/members?{query}")).await.assert_error(400, code);
    }
}

#[tokio::test]
async fn roles_and_metadata_change_together_or_not_at_all() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let path = create(&backend, "Acme").await;
    let clerk = text(&backend.post(&format!("{path}/roles"), &json!({"name": "Clerk"})).await.ok()["id"]);
    let (nina, id) = user(&app, "nina@example.com").await;
    backend.post(&format!("{path}/members"), &json!({"user_id": id})).await.ok();
    let member = format!("{path}/members/{id}");
    let change = json!({"role_ids": [clerk], "public_metadata": {"team": ["a", {"b": 1}]}});
    assert_eq!(backend.patch(&member, &change).await.ok(), json!({}));
    let shown = backend.get(&member).await.ok();
    assert_eq!(shown["public_metadata"], change["public_metadata"]);
    assert_eq!((&shown["roles"][0]["name"], shown["roles"].as_array().unwrap().len()), (&json!("Clerk"), 1));
    assert_eq!(nina.get("/me/organization-memberships").await.ok()[0]["public_metadata"], change["public_metadata"]);
    let too_long = json!({"a": "x".repeat(70_000)});
    for (change, status, code) in [
        (json!({"role_ids": ["7"], "public_metadata": {}}), 404, "ROLE_NOT_FOUND"),
        (json!({"role_ids": [], "public_metadata": {}}), 400, "INVALID_FIELD"),
        (json!({"public_metadata": 1}), 400, "INVALID_FIELD"),
        (json!({"public_metadata": too_long}), 400, "INVALID_FIELD"),
        (json!({"metadata": {}}), 400, "UNKNOWN_FIELD"),
    ] {
        backend.patch(&member, &change).await.assert_error(status, code);
    }
    assert_eq!(backend.get(&member).await.ok(), shown, "nothing changed");
    backend.patch(&member, &json!({})).await.ok();
    assert_eq!(backend.get(&member).await.ok(), shown, "missing fields change nothing");
    backend.patch(&format!("{path}/members/7"), &json!({})).await.assert_error(404, "MEMBER_NOT_FOUND");
    let huge = Body::from(json!({"public_metadata": {"a": "x".repeat(300_000)}}).to_string());
    let refused = backend.send(Method::PATCH, &member, Some("application/json"), huge).await;
    refused.assert_error(413, "BODY_TOO_LARGE");
}

#[tokio::test]
async fn roles_are_assigned_and_revoked_one_by_one() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let (path, other) = (create(&backend, "Acme").await, create(&backend, "Globex").await);
    let (_, membership) = add_admin(&backend, &path, "olga@example.com").await;
    let clerk = text(&backend.post(&format!("{path}/roles"), &json!({"name": "Clerk"})).await.ok()["id"]);
    let member = format!("{path}/members/{membership}");
    let one = format!("{member}/roles/{clerk}");
    for _ in 0..2 {
        assert_eq!(backend.post_empty(&one).await.ok(), json!({}));
        assert_eq!(backend.get(&member).await.ok()["roles"].as_array().unwrap().len(), 2);
    }
    for _ in 0..2 {
        assert_eq!(backend.delete(&one).await.ok(), json!({}));
        assert_eq!(backend.get(&member).await.ok()["roles"].as_array().unwrap().len(), 1);
    }
    backend.post_empty(&format!("{member}/roles/7")).await.assert_error(404, "ROLE_NOT_FOUND");
    backend.post_empty(&format!("{path}/members/7/roles/{clerk}")).await.assert_error(404, "MEMBER_NOT_FOUND");
    let foreign = format!("{other}/members/{membership}/roles/{}", role(&backend, &other, "Admin").await);
    backend.post_empty(&foreign).await.assert_error(404, "MEMBER_NOT_FOUND");
    backend.delete(&foreign).await.assert_error(404, "MEMBER_NOT_FOUND");
}

#[tokio::test]
async fn a_removed_member_loses_access_at_once() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let nina = app.create_member(&owner, &organization, "nina@example.com", "").await;
    let id = text(&nina.get("/me").await.ok()["id"]);
    let backend = PlatformClient::new(&app, "members:write").await;
    let mails = app.mail_count("nina@example.com");
    assert_eq!(backend.delete(&format!("{path}/members/{id}")).await.ok(), json!({}));
    nina.get(&format!("{path}/members")).await.assert_error(403, "FORBIDDEN");
    assert_eq!(app.mail_count("nina@example.com"), mails + 1, "they are told");
    backend.delete(&format!("{path}/members/{id}")).await.assert_error(404, "MEMBER_NOT_FOUND");
    // A key adds them again, without an invitation.
    backend.post(&format!("{path}/members"), &json!({"user_id": id})).await.ok();
    nina.get(&format!("{path}/members")).await.ok();
}

#[tokio::test]
async fn members_cannot_run_commands_for_api_keys() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let (_, id) = user(&app, "nina@example.com").await;
    let organization = organization.parse().unwrap();
    let member = vestibule_core::membership::NewMember { user: id.parse().unwrap(), roles: Vec::new() };
    let add = vestibule_core::membership::Add { organization, member: member.clone() };
    let many = vestibule_core::membership::AddMany {
        organization,
        rows: vec![Ok(member)],
        dry_run: false,
        all_or_nothing: false,
    };
    let show = vestibule_core::organization::management::Show { organization };
    for problem in [
        app.run(&owner, add).await.unwrap_err(),
        app.run(&owner, many).await.unwrap_err(),
        app.query(&owner, show).await.unwrap_err(),
    ] {
        assert_eq!(problem.code(), vestibule_core::Code::Forbidden);
    }
}
