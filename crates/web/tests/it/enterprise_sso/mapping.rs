//! Groups of the directory and roles of the organization.

use serde_json::{Value, json};

use super::{NINA, OLGA, Setup, create_connection, nina_with, signed_in_as};
use crate::harness::identity_provider::{Endpoint, person, person_with};
use crate::harness::{TestClient, TestResponse, create_role, text};

/// The names of the roles of the only membership of this user.
async fn roles(client: &TestClient) -> Vec<String> {
    let membership = client.get("/me/organization-memberships").await.ok()[0].clone();
    let mut names: Vec<_> = membership["roles"].as_array().unwrap().iter().map(|role| text(&role["name"])).collect();
    names.sort();
    names
}

async fn role(setup: &Setup, name: &str, permissions: &[&str]) -> String {
    let body = json!({"name": name, "permissions": permissions});
    text(&setup.olga.post_json(&format!("{}/roles", setup.path), &body).await.ok()["id"])
}

async fn map(setup: &Setup, roles: &Value, default_role: Option<&str>) -> TestResponse {
    let mut mapping = json!({"groups": "groups", "roles": roles});
    if let Some(role) = default_role {
        mapping["default_role_id"] = json!(role);
    }
    setup.update(&json!({"attribute_mapping": mapping.to_string()})).await
}

#[tokio::test]
async fn roles_follow_the_groups_at_each_sign_in() {
    let setup = Setup::start().await;
    let (editor, auditor) = (role(&setup, "Editor", &[]).await, role(&setup, "Auditor", &[]).await);
    let pairs = json!([{"group": "Editors", "role_id": editor}, {"group": "Auditors", "role_id": auditor}]);
    map(&setup, &pairs, None).await.ok();
    let in_groups = |groups: Value| nina_with(&json!({"groups": groups}));
    let (nina, response) = setup.sign_in(&in_groups(json!(["Editors", "Everyone"]))).await;
    signed_in_as(response, NINA);
    assert_eq!(roles(&nina).await, ["Editor"]);
    let (nina, _) = setup.sign_in(&in_groups(json!(["Auditors", "Editors"]))).await;
    assert_eq!(roles(&nina).await, ["Auditor", "Editor"]);
    // A role that an admin gave by hand and that no group has stays.
    let helper = role(&setup, "Helper", &[]).await;
    let membership = text(&nina.get("/me/organization-memberships").await.ok()[0]["id"]);
    setup.olga.post(&format!("{}/members/{membership}/roles/{helper}/add", setup.path), &[]).await.ok();
    let (nina, _) = setup.sign_in(&in_groups(json!(["Auditors"]))).await;
    assert_eq!(roles(&nina).await, ["Auditor", "Helper"]);
    // Never without any role.
    let (nina, _) = setup.sign_in(&in_groups(json!([]))).await;
    assert!(!roles(&nina).await.is_empty());
    assert!(!roles(&nina).await.contains(&"Auditor".to_owned()));
}

#[tokio::test]
async fn person_without_a_mapped_group_gets_the_default_role() {
    let setup = Setup::start().await;
    let (editor, guest) = (role(&setup, "Editor", &[]).await, role(&setup, "Guest", &[]).await);
    map(&setup, &json!([{"group": "Editors", "role_id": editor}]), Some(&guest)).await.ok();
    for (subject, groups) in [
        ("a", json!(["Others"])),
        ("b", json!([])),
        ("c", Value::Null),
        ("d", json!({"Editors": true})),
        ("e", json!([["Editors"]])),
        ("f", json!("editors")),
        ("g", json!([" Editors"])),
    ] {
        let email = format!("{subject}@acme.example");
        let person = person_with(subject, &email, &json!({"groups": groups}));
        let (browser, response) = setup.sign_in(&person).await;
        signed_in_as(response, &email);
        assert_eq!(roles(&browser).await, ["Guest"], "{groups}");
    }
}

/// Some providers have groups for userinfo only. It is asked where groups have roles.
#[tokio::test]
async fn groups_of_userinfo_count() {
    let setup = Setup::start().await;
    let editor = role(&setup, "Editor", &[]).await;
    setup.provider.set_claim("groups", Value::Null);
    let person = nina_with(&json!({"groups": ["Editors"]}));
    let (_, response) = setup.sign_in(&person).await;
    signed_in_as(response, NINA);
    assert_eq!(setup.provider.requests(Endpoint::Userinfo), 0);
    map(&setup, &json!([{"group": "Editors", "role_id": editor}]), None).await.ok();
    let (nina, response) = setup.sign_in(&person).await;
    signed_in_as(response, NINA);
    assert!(roles(&nina).await.contains(&"Editor".to_owned()));
    assert_eq!(setup.provider.requests(Endpoint::Userinfo), 1);
}

/// Directories with thousands of groups are read up to a limit.
#[tokio::test]
async fn many_groups_are_read_up_to_a_limit() {
    let setup = Setup::start().await;
    let editor = role(&setup, "Editor", &[]).await;
    map(&setup, &json!([{"group": "Editors", "role_id": editor}]), None).await.ok();
    let mut groups: Vec<_> = (0..400).map(|number| json!(format!("group-{number}"))).collect();
    groups.push(json!("Editors"));
    let (nina, response) = setup.sign_in(&nina_with(&json!({"groups": groups}))).await;
    signed_in_as(response, NINA);
    assert_eq!(roles(&nina).await, ["Editor"]);
}

/// Who controls the directory can name any group, so a mapping gives no more than its author has.
#[tokio::test]
async fn mapping_grants_nothing_that_its_author_does_not_hold() {
    let setup = Setup::start().await;
    let manager_role = role(&setup, "Manager", &["organization:manage"]).await;
    let manager = setup.app.create_member(&setup.olga, &setup.organization, "max@acme.example", &manager_role).await;
    let admin = setup.olga.admin_role(&setup.path).await;
    let draft = create_connection(&manager, &setup.path, &setup.provider, &json!({})).await;
    let update = format!("{}/{draft}/update", setup.connections());
    for (mapping, code) in [
        (json!({"roles": [{"group": "x", "role_id": admin}]}), "ROLE_EXCEEDS_YOURS"),
        (json!({"default_role_id": admin}), "ROLE_EXCEEDS_YOURS"),
    ] {
        let fields = json!({"attribute_mapping": mapping.to_string()});
        manager.post_json(&update, &fields).await.assert_error(403, code);
    }
    let fields = json!({"attribute_mapping": json!({"default_role_id": manager_role}).to_string()});
    manager.post_json(&update, &fields).await.ok();
    // The admin may.
    map(&setup, &json!([{"group": "Admins", "role_id": admin}]), None).await.ok();
    let (nina, response) = setup.sign_in(&nina_with(&json!({"groups": ["Admins"]}))).await;
    signed_in_as(response, NINA);
    assert_eq!(roles(&nina).await, ["Admin"]);
}

#[tokio::test]
async fn roles_of_other_organizations_and_nonsense_are_refused() {
    let setup = Setup::start().await;
    let before = setup.show().await["attribute_mapping"].clone();
    let (other, organization) = setup.app.create_organization("eve@evil.example").await;
    let foreign = create_role(&other, &format!("/organizations/{organization}"), &[]).await;
    let own = role(&setup, "Own", &[]).await;
    let many: Vec<_> = (0..51).map(|number| json!({"group": format!("g{number}"), "role_id": own})).collect();
    for mapping in [
        json!({"roles": [{"group": "x", "role_id": foreign}]}).to_string(),
        json!({"roles": [{"group": "x", "role_id": "1"}]}).to_string(),
        json!({"roles": [{"group": "", "role_id": own}]}).to_string(),
        json!({"roles": [{"group": "x"}]}).to_string(),
        json!({"roles": many}).to_string(),
        json!({"roles": {}}).to_string(),
        json!({"email": "a.b.c.d.e.f"}).to_string(),
        json!({"email": ""}).to_string(),
        json!({"email": "a..b"}).to_string(),
        json!({"email": ["email"]}).to_string(),
        json!({"surname": "sn"}).to_string(),
        json!([]).to_string(),
        "null".to_owned(),
        "{".to_owned(),
        format!("{{\"email\": \"{}\"}}", "x".repeat(70_000)),
    ] {
        let refused = setup.update(&json!({"attribute_mapping": mapping})).await;
        let what: String = mapping.chars().take(60).collect();
        assert!([400, 413].contains(&refused.status), "{what}: {}", refused.text);
    }
    assert_eq!(setup.show().await["attribute_mapping"], before);
}

/// A directory that takes the group from the last admin does not leave the organization without one.
#[tokio::test]
async fn last_admin_stays() {
    let setup = Setup::start().await;
    let admin = setup.olga.admin_role(&setup.path).await;
    map(&setup, &json!([{"group": "Admins", "role_id": admin}]), None).await.ok();
    let (olga, response) = setup.sign_in(&person("olga", OLGA)).await;
    signed_in_as(response, OLGA);
    assert_eq!(roles(&olga).await, ["Admin"]);
}
