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
