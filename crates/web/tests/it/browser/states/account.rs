//! The account and the list of organizations.

use std::time::Duration;

use super::States;
use crate::harness::{PASSWORD, TestApp, text};

const ADA: &str = "ada@example.com";

pub(super) async fn collect(states: &mut States) {
    let app = TestApp::with_settings(|settings| settings.reauthentication.max_age = Duration::from_mins(10)).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let ada = app.create_member(&owner, &organization, ADA, "").await;
    let lone = app.create_user("lone@example.com").await;
    states.add("no organizations", lone.get("/organizations").await.text);
    states.add("unverified account", lone.get("/account").await.text);
    ada.post("/account/addresses", &[("email", "ada@work.example")]).await;
    app.anonymous().post("/auth/signin", &[("email", ADA), ("password", PASSWORD)]).await.ok();
    for path in ["/account", "/account/delete", "/choose-organization", "/organizations"] {
        states.add(path, ada.get(path).await.text);
    }
    let forms: [(&str, &[(&str, &str)]); 7] = [
        ("/account/profile", &[("first_name", "Ada"), ("last_name", ""), ("username", "a")]),
        ("/account/addresses", &[("email", "no address")]),
        ("/account/password", &[("present", "wrong-one"), ("chosen", "another-sesame-43")]),
        ("/account/password", &[("present", PASSWORD), ("chosen", "short")]),
        ("/account/delete", &[("sure", "yes"), ("typed", "nothing")]),
        ("/organizations/-/create", &[("name", "")]),
        ("/account/notifications", &[]),
    ];
    for (path, fields) in forms {
        let reply = ada.post(path, fields).await;
        let page = if reply.status == 303 { ada.get("/account").await.text } else { reply.text };
        states.add(&format!("{path} {fields:?}"), page);
    }
    states.add("picture", ada.post_file("/account/picture", &[], ("file", b"no image")).await.text);
    let other = [("organization_id", organization.as_str()), ("name", "Lab")];
    owner.post("/workspaces", &other).await.ok();
    let own = text(&owner.post("/organizations", &[("name", "Second")]).await.ok()["organization"]["id"]);
    owner.post(&format!("/organizations/{own}/invitations"), &[("email", ADA)]).await.ok();
    let members = owner.get(&format!("/organizations/{organization}/members?limit=100")).await.ok();
    let member = members["data"].as_array().unwrap().iter().find(|one| one.to_string().contains(ADA)).unwrap();
    let offer = format!("/organizations/{organization}/-/members/{}/transfer", text(&member["id"]));
    owner.post(&offer, &[("sure", "yes")]).await.assert_redirect("/");
    states.add("organizations with an invitation and an offer", ada.get("/organizations").await.text);
    owner.post(&format!("/organizations/{own}/-/delete"), &[("sure", "yes"), ("typed_name", "Second")]).await;
    states.add("organizations with a deleted one", owner.get("/organizations").await.text);
    app.advance(Duration::from_mins(11));
    let password = ada.post("/account/addresses", &[("email", "ada@home.example")]).await;
    states.add("confirm access", password.assert_page(403, "proof_password"));
    let wrong = [("email", "ada@home.example"), ("proof", "password"), ("proof_password", "wrong-one")];
    states.add("confirm access again", ada.post("/account/addresses", &wrong).await.text);
}
