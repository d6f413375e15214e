//! Members: listing, removal, roles.

use serde_json::json;
use vestibule_testbed::invariants;

use crate::harness::{PASSWORD, TestApp, TestClient, text};

const NINA: &str = "nina@example.com";

struct Setup {
    app: TestApp,
    owner: TestClient,
    nina: TestClient,
    path: String,
    organization: String,
    admin: String,
    nina_membership: String,
    nina_user: String,
}

async fn setup() -> Setup {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let nina = app.create_member(&owner, &organization, NINA, "").await;
    let memberships = nina.get("/me/organization-memberships").await.ok();
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    Setup {
        path: format!("/organizations/{organization}"),
        admin: text(&admin["id"]),
        nina_membership: text(&memberships[0]["id"]),
        nina_user: text(&memberships[0]["user_id"]),
        app,
        owner,
        nina,
        organization,
    }
}

impl Setup {
    fn assert_invariants(&self) {
        invariants::assert_hold(&self.app.inner.database, &[]);
    }
}

#[tokio::test]
async fn removed_member_loses_access_in_every_session() {
    let setup = setup().await;
    let second = setup.app.anonymous();
    second.post("/auth/signin", &[("email", NINA), ("password", PASSWORD)]).await.ok();
    let switch = [("organization_id", setup.organization.as_str())];
    for session in [&setup.nina, &second] {
        let session_json = session.post("/session/switch-organization", &switch).await.ok();
        assert!(session_json.to_string().contains(&setup.organization), "{session_json}");
    }
    let removed = setup.owner.post(&format!("{}/members/{}/remove", setup.path, setup.nina_membership), &[]).await.ok();
    assert_eq!(removed, json!({"success": true}));
    for session in [&setup.nina, &second] {
        session.get(&format!("{}/members", setup.path)).await.assert_error(403, "FORBIDDEN");
        let session_json = session.get_and_check_cache("/session").await.ok();
        assert!(!session_json.to_string().contains(&setup.organization), "{session_json}");
        assert_eq!(session.get("/me/organization-memberships").await.ok(), json!([]));
    }
    assert_eq!(setup.app.count("SELECT member_count FROM organizations"), 1);
    setup.assert_invariants();
    let response = setup.owner.post(&format!("{}/members/{}/remove", setup.path, setup.nina_membership), &[]).await;
    response.assert_error(404, "MEMBER_NOT_FOUND");
}

#[tokio::test]
async fn accepts_membership_id_or_user_id() {
    for by_user in [false, true] {
        let setup = setup().await;
        let member = if by_user { &setup.nina_user } else { &setup.nina_membership };
        let role = format!("{}/members/{member}/roles/{}", setup.path, setup.admin);
        for _ in 0..2 {
            setup.owner.post(&format!("{role}/add"), &[]).await.ok();
        }
        setup.nina.get(&format!("{}/invitations", setup.path)).await.ok();
        for _ in 0..2 {
            setup.owner.post(&format!("{role}/remove"), &[]).await.ok();
        }
        setup.nina.get(&format!("{}/invitations", setup.path)).await.assert_error(403, "FORBIDDEN");
        setup.owner.post(&format!("{}/members/{member}/remove", setup.path), &[]).await.ok();
        setup.assert_invariants();
    }
}

#[tokio::test]
async fn last_admin_cannot_be_removed_or_demoted() {
    let setup = setup().await;
    let memberships = setup.owner.get("/me/organization-memberships").await.ok();
    let owner_path = format!("{}/members/{}", setup.path, text(&memberships[0]["id"]));
    let before = setup.app.row_counts();
    setup.owner.post(&format!("{}/leave", setup.path), &[]).await.assert_error(403, "LAST_ADMIN");
    setup.owner.post(&format!("{owner_path}/remove"), &[]).await.assert_error(403, "LAST_ADMIN");
    setup.owner.post(&format!("{owner_path}/roles/{}/remove", setup.admin), &[]).await.assert_error(403, "LAST_ADMIN");
    assert_eq!(setup.app.row_counts(), before);
    // With a second admin, the first one can be removed.
    setup.owner.post(&format!("{}/members/{}/roles/{}/add", setup.path, setup.nina_user, setup.admin), &[]).await.ok();
    setup.nina.post(&format!("{owner_path}/remove"), &[]).await.ok();
    setup.nina.post(&format!("{}/leave", setup.path), &[]).await.assert_error(403, "LAST_ADMIN");
    setup.assert_invariants();
}

#[tokio::test]
async fn rejects_changes_beyond_callers_permissions() {
    let setup = setup().await;
    let fields = [("name", "Front desk"), ("permissions", "organization:manage_members")];
    let manager = text(&setup.owner.post(&format!("{}/roles", setup.path), &fields).await.ok()["id"]);
    let kim = setup.app.create_member(&setup.owner, &setup.organization, "kim@example.com", &manager).await;
    let memberships = setup.owner.get("/me/organization-memberships").await.ok();
    let owner_path = format!("{}/members/{}", setup.path, text(&memberships[0]["id"]));
    kim.post(&format!("{owner_path}/remove"), &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    kim.post(&format!("{owner_path}/roles/{}/remove", setup.admin), &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    let nina_path = format!("{}/members/{}", setup.path, setup.nina_membership);
    kim.post(&format!("{nina_path}/roles/{}/add", setup.admin), &[]).await.assert_error(403, "ROLE_EXCEEDS_YOURS");
    kim.post(&format!("{nina_path}/roles/{manager}/add"), &[]).await.ok();
    kim.post(&format!("{nina_path}/remove"), &[]).await.ok();
}

#[tokio::test]
async fn rejects_ids_of_other_organization() {
    let setup = setup().await;
    let (other, other_organization) = setup.app.create_organization("otto@example.com").await;
    let other_membership = text(&other.get("/me/organization-memberships").await.ok()[0]["id"]);
    let fields = [("name", "Theirs"), ("permissions", "organization:read")];
    let role = text(&other.post(&format!("/organizations/{other_organization}/roles"), &fields).await.ok()["id"]);
    let before = setup.app.row_counts();
    let foreign_member = format!("{}/members/{other_membership}", setup.path);
    setup.owner.post(&format!("{foreign_member}/remove"), &[]).await.assert_error(404, "MEMBER_NOT_FOUND");
    setup
        .owner
        .post(&format!("{foreign_member}/roles/{}/add", setup.admin), &[])
        .await
        .assert_error(404, "MEMBER_NOT_FOUND");
    for verb in ["add", "remove"] {
        let path = format!("{}/members/{}/roles/{role}/{verb}", setup.path, setup.nina_membership);
        setup.owner.post(&path, &[]).await.assert_error(400, "ROLE_NOT_FOUND");
    }
    setup.owner.post(&format!("{}/roles/{role}/remove", setup.path), &[]).await.assert_error(400, "ROLE_NOT_FOUND");
    assert_eq!(setup.app.row_counts(), before);
}

#[tokio::test]
async fn pages_and_searches_members() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    for name in ["anna", "bert", "carl"] {
        app.create_member(&owner, &organization, &format!("{name}@example.com"), "").await;
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
    assert_eq!(names("search=%25").await.0, "", "a percent sign is no wildcard");
    for invalid in ["limit=0", "limit=101", "limit=x", "page=0", "page=-1", "page=99999999999", "limit=1&limit=2"] {
        owner.get(&format!("{path}?{invalid}")).await.assert_error(400, "INVALID_FIELD");
    }
    let many = owner.get(&format!("{path}?limit=100")).await.statements;
    assert_eq!(
        owner.get(&format!("{path}?limit=1")).await.statements,
        many,
        "the statement count does not depend on the page size"
    );
}
