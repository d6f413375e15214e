//! Members: removed, given roles, and gone by themselves.

use serde_json::json;
use vestibule_testbed::invariants;

use crate::harness::{App, Client, PASSWORD, text};

const NINA: &str = "nina@example.com";

struct Office {
    app: App,
    owner: Client,
    nina: Client,
    path: String,
    organization: String,
    admin: String,
    /// Nina's membership and user.
    membership: String,
    user: String,
}

async fn office() -> Office {
    let app = App::start().await;
    let (owner, organization) = app.founder("olga@example.com").await;
    let nina = app.member(&owner, &organization, NINA, "").await;
    let mine = nina.get("/me/organization-memberships").await.ok();
    let roles = owner.get(&format!("/organizations/{organization}/roles")).await.ok();
    let admin = roles.as_array().unwrap().iter().find(|role| role["name"] == "Admin").unwrap();
    Office {
        path: format!("/organizations/{organization}"),
        admin: text(&admin["id"]),
        membership: text(&mine[0]["id"]),
        user: text(&mine[0]["user_id"]),
        app,
        owner,
        nina,
        organization,
    }
}

impl Office {
    fn invariants(&self, but: &[&str]) {
        invariants::hold(&self.app.inner.database, but);
    }
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_once_in_every_session() {
    let office = office().await;
    let second = office.app.visitor();
    second.post("/auth/signin", &[("email", NINA), ("password", PASSWORD)]).await.ok();
    let switch = [("organization_id", office.organization.as_str())];
    for session in [&office.nina, &second] {
        let shown = session.post("/session/switch-organization", &switch).await.ok();
        assert!(shown.to_string().contains(&office.organization), "{shown}");
    }
    let removed = office.owner.post(&format!("{}/members/{}/remove", office.path, office.membership), &[]).await.ok();
    assert_eq!(removed, json!({"success": true}));
    for session in [&office.nina, &second] {
        session.get(&format!("{}/members", office.path)).await.refused(403, "FORBIDDEN");
        let shown = session.get("/session").await.ok();
        assert!(!shown.to_string().contains(&office.organization), "{shown}");
        assert_eq!(session.get("/me/organization-memberships").await.ok(), json!([]));
    }
    assert_eq!(office.app.count("SELECT member_count FROM organizations"), 1);
    office.invariants(&[]);
    let gone = office.owner.post(&format!("{}/members/{}/remove", office.path, office.membership), &[]).await;
    gone.refused(404, "MEMBER_NOT_FOUND");
}

#[tokio::test]
async fn a_member_is_named_by_membership_or_by_user() {
    for by_user in [false, true] {
        let office = office().await;
        let named = if by_user { &office.user } else { &office.membership };
        let role = format!("{}/members/{named}/roles/{}", office.path, office.admin);
        for _ in 0..2 {
            office.owner.post(&format!("{role}/add"), &[]).await.ok();
        }
        office.nina.get(&format!("{}/invitations", office.path)).await.ok();
        for _ in 0..2 {
            office.owner.post(&format!("{role}/remove"), &[]).await.ok();
        }
        office.nina.get(&format!("{}/invitations", office.path)).await.refused(403, "FORBIDDEN");
        office.owner.post(&format!("{}/members/{named}/remove", office.path), &[]).await.ok();
        office.invariants(&[]);
    }
}

#[tokio::test]
async fn the_last_admin_stays_through_every_door() {
    let office = office().await;
    let mine = office.owner.get("/me/organization-memberships").await.ok();
    let olga = format!("{}/members/{}", office.path, text(&mine[0]["id"]));
    let before = office.app.rows();
    office.owner.post(&format!("{}/leave", office.path), &[]).await.refused(403, "LAST_ADMIN");
    office.owner.post(&format!("{olga}/remove"), &[]).await.refused(403, "LAST_ADMIN");
    office.owner.post(&format!("{olga}/roles/{}/remove", office.admin), &[]).await.refused(403, "LAST_ADMIN");
    assert_eq!(office.app.rows(), before);
    // With another one there are two, and either may go.
    office.owner.post(&format!("{}/members/{}/roles/{}/add", office.path, office.user, office.admin), &[]).await.ok();
    office.nina.post(&format!("{olga}/remove"), &[]).await.ok();
    office.nina.post(&format!("{}/leave", office.path), &[]).await.refused(403, "LAST_ADMIN");
    office.invariants(&[]);
}

#[tokio::test]
async fn nobody_removes_or_raises_whoever_holds_more() {
    let office = office().await;
    let fields = [("name", "Front desk"), ("permissions", "organization:manage_members")];
    let desk = text(&office.owner.post(&format!("{}/roles", office.path), &fields).await.ok()["id"]);
    let kim = office.app.member(&office.owner, &office.organization, "kim@example.com", &desk).await;
    let mine = office.owner.get("/me/organization-memberships").await.ok();
    let olga = format!("{}/members/{}", office.path, text(&mine[0]["id"]));
    kim.post(&format!("{olga}/remove"), &[]).await.refused(403, "ROLE_EXCEEDS_YOURS");
    kim.post(&format!("{olga}/roles/{}/remove", office.admin), &[]).await.refused(403, "ROLE_EXCEEDS_YOURS");
    let nina = format!("{}/members/{}", office.path, office.membership);
    kim.post(&format!("{nina}/roles/{}/add", office.admin), &[]).await.refused(403, "ROLE_EXCEEDS_YOURS");
    kim.post(&format!("{nina}/roles/{desk}/add"), &[]).await.ok();
    kim.post(&format!("{nina}/remove"), &[]).await.ok();
}

#[tokio::test]
async fn ids_of_another_organization_do_nothing_here() {
    let office = office().await;
    let (other, elsewhere) = office.app.founder("otto@example.com").await;
    let theirs = text(&other.get("/me/organization-memberships").await.ok()[0]["id"]);
    let fields = [("name", "Theirs"), ("permissions", "organization:read")];
    let role = text(&other.post(&format!("/organizations/{elsewhere}/roles"), &fields).await.ok()["id"]);
    let before = office.app.rows();
    let of_theirs = format!("{}/members/{theirs}", office.path);
    office.owner.post(&format!("{of_theirs}/remove"), &[]).await.refused(404, "MEMBER_NOT_FOUND");
    office.owner.post(&format!("{of_theirs}/roles/{}/add", office.admin), &[]).await.refused(404, "MEMBER_NOT_FOUND");
    for verb in ["add", "remove"] {
        let path = format!("{}/members/{}/roles/{role}/{verb}", office.path, office.membership);
        office.owner.post(&path, &[]).await.refused(400, "ROLE_NOT_FOUND");
    }
    office.owner.post(&format!("{}/roles/{role}/remove", office.path), &[]).await.refused(400, "ROLE_NOT_FOUND");
    assert_eq!(office.app.rows(), before);
}
