//! What answers look like, to the byte and in the order of their keys. Clock, ids and randomness are handed in, so the
//! bytes are the same every time; a change of a shape shows here, and nowhere by accident.

use crate::harness::{Answer, App, text};

/// An answer with a line for each key, in the order it was sent.
fn lines(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text.replace("{\"", "{\n\"").replace(",\"", ",\n\"").replace("},{", "},\n{")
}

#[tokio::test]
async fn the_shapes_of_answers() {
    let app = App::start().await;
    let ada = app.visitor();
    let fields = [
        ("email", "Ada@Example.com"),
        ("password", crate::harness::PASSWORD),
        ("first_name", "Ada"),
        ("last_name", "Lindgren"),
        ("username", "ada"),
    ];
    insta::assert_snapshot!("sign_up", lines(&ada.post("/auth/signup", &fields).await));
    let made = ada.post("/organizations", &[("name", "Lindgren Tea"), ("description", "Good leaves")]).await;
    insta::assert_snapshot!("create_organization", lines(&made));
    let organization = text(&made.body["data"]["organization"]["id"]);
    let made = ada.post("/workspaces", &[("organization_id", &organization), ("name", "Warehouse")]).await;
    insta::assert_snapshot!("create_workspace", lines(&made));
    let workspace = text(&made.body["data"]["workspace"]["id"]);
    let path = format!("/organizations/{organization}/invitations");
    let invited = ada.post(&path, &[("email", "nina@example.com"), ("workspace_id", &workspace)]).await;
    insta::assert_snapshot!("invite", lines(&invited));
    insta::assert_snapshot!("invitations", lines(&ada.get(&path).await));
    insta::assert_snapshot!("session", lines(&ada.get("/session").await));
    insta::assert_snapshot!("me", lines(&ada.get("/me").await));
    insta::assert_snapshot!("my_organizations", lines(&ada.get("/me/organization-memberships").await));
    insta::assert_snapshot!("my_workspaces", lines(&ada.get("/me/workspace-memberships").await));
    insta::assert_snapshot!("members", lines(&ada.get(&format!("/organizations/{organization}/members")).await));
    insta::assert_snapshot!("roles", lines(&ada.get(&format!("/organizations/{organization}/roles")).await));

    let token = app.mailed_token("nina@example.com");
    let bare = token.split_once('.').unwrap().0;
    let looked = app.visitor().get(&format!("/deployment/invitations/validate?token={bare}")).await;
    insta::assert_snapshot!("validate", lines(&looked));
    let nina = app.newcomer("nina@example.com", &token).await;
    insta::assert_snapshot!("my_invitations", lines(&nina.get("/me/invitations").await));
    insta::assert_snapshot!(
        "accept",
        lines(&nina.post("/organizations/invitations/accept", &[("token", &token)]).await)
    );
}

#[tokio::test]
async fn the_shapes_of_changes() {
    let app = App::start().await;
    let (ada, organization) = app.founder("ada@example.com").await;
    let nina = app.member(&ada, &organization, "nina@example.com", "").await;
    let path = format!("/organizations/{organization}");
    let changes = [("description", "Good leaves"), ("whitelisted_ips", "127.0.0.1")];
    insta::assert_snapshot!("update_organization", lines(&ada.post(&format!("{path}/update"), &changes).await));
    let role = [("name", "Buyer"), ("permissions[0]", "purchases:write")];
    let defined = ada.post(&format!("{path}/roles"), &role).await;
    insta::assert_snapshot!("define_role", lines(&defined));
    let role = text(&defined.body["data"]["id"]);
    let fields = [("organization_id", organization.as_str()), ("name", "Warehouse")];
    let workspace = text(&ada.post("/workspaces", &fields).await.ok()["workspace"]["id"]);
    let room = format!("/workspaces/{workspace}");
    insta::assert_snapshot!("update_workspace", lines(&ada.post(&format!("{room}/update"), &[("name", "Barn")]).await));
    let added = ada.post(&format!("{room}/members"), &[("email", "nina@example.com")]).await;
    insta::assert_snapshot!("add_workspace_member", lines(&added));
    insta::assert_snapshot!("workspace_members", lines(&ada.get(&format!("{room}/members")).await));
    let own = [("name", "Keeper"), ("permissions", "files:write")];
    let own = ada.post(&format!("{room}/roles"), &own).await;
    insta::assert_snapshot!("define_workspace_role", lines(&own));
    insta::assert_snapshot!("workspace_roles", lines(&ada.get(&format!("{room}/roles")).await));
    let own = text(&own.body["data"]["id"]);
    let removed = ada.post(&format!("{room}/roles/{own}/delete"), &[]).await;
    insta::assert_snapshot!("remove_workspace_role", lines(&removed));
    insta::assert_snapshot!("explain", lines(&nina.get(&format!("{path}/explain?action=invite")).await));
    let member = text(&nina.get("/me").await.ok()["id"]);
    let offered = ada.post(&format!("{path}/handover"), &[("member_id", &member)]).await;
    insta::assert_snapshot!("offer_handover", lines(&offered));
    insta::assert_snapshot!("my_handovers", lines(&nina.get("/me/handovers").await));
    for done in [
        format!("{path}/handover/withdraw"),
        format!("{path}/members/{member}/roles/{role}/add"),
        format!("{path}/members/{member}/roles/{role}/remove"),
        format!("{path}/roles/{role}/remove"),
        format!("{room}/members/{member}/remove"),
        format!("{path}/members/{member}/remove"),
        format!("{room}/delete"),
        format!("{path}/delete"),
    ] {
        assert_eq!(ada.post(&done, &[]).await.ok(), serde_json::json!({"success": true}), "{done}");
    }
    insta::assert_snapshot!("deleted_organizations", lines(&ada.get("/me/deleted-organizations").await));
    insta::assert_snapshot!("restore", lines(&ada.post(&format!("{path}/restore"), &[]).await));
}
