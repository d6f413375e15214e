//! Which fields a member reads, by permission and by IP address (ASVS 8.2.3).

use serde_json::{Value, json};

use crate::harness::{TestApp, TestClient, text};

const NETWORKS: &[&str] = &["127.0.0.1", "203.0.113.0/24"];

struct Setup {
    owner: TestClient,
    nina: TestClient,
    organization: String,
    workspace: String,
}

/// An organization and a workspace that restrict addresses, each with a member without permissions.
async fn setup() -> Setup {
    let app = TestApp::with_settings(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let workspace = owner.post("/workspaces", &[("organization_id", &organization), ("name", "Lab")]).await.ok();
    let workspace = text(&workspace["workspace"]["id"]);
    let nina = app.create_workspace_member(&owner, &organization, &workspace, "nina@example.com").await;
    let update = json!({
        "whitelisted_ips": NETWORKS, "enable_ip_restriction": true, "description": "Secret plans",
    });
    for path in [format!("/organizations/{organization}/update"), format!("/workspaces/{workspace}/update")] {
        let updated = owner.post_json(&path, &update).await.ok();
        assert!(updated.to_string().contains("203.0.113.0/24"), "{updated}");
    }
    nina.post("/session/switch-organization", &[("organization_id", &organization)]).await.ok();
    nina.post("/session/switch-workspace", &[("workspace_id", &workspace)]).await.ok();
    Setup { owner, nina, organization, workspace }
}

/// Every response that shows an organization or a workspace to a member, as pointers to them.
fn responses(setup: &Setup) -> Vec<(String, &'static str)> {
    let Setup { organization, workspace, .. } = setup;
    vec![
        ("/me/organization-memberships".to_owned(), "/0/organization"),
        ("/me/workspace-memberships".to_owned(), "/0/organization"),
        ("/me/workspace-memberships".to_owned(), "/0/workspace"),
        (format!("/organizations/{organization}/members"), "/data/0/organization"),
        (format!("/workspaces/{workspace}/members"), "/data/0/workspace"),
        (format!("/workspaces/{workspace}"), "/workspace"),
    ]
}

#[tokio::test]
async fn plain_member_does_not_read_address_list() {
    let setup = setup().await;
    for (path, pointer) in responses(&setup) {
        for (client, expected) in [(&setup.owner, NETWORKS), (&setup.nina, &[])] {
            let data = client.get(&path).await.ok();
            let shown = data.pointer(pointer).unwrap_or_else(|| panic!("{path}: no {pointer} in {data}"));
            assert_eq!(shown["whitelisted_ips"], json!(expected), "{path}");
            assert_eq!(shown["enable_ip_restriction"], json!(!expected.is_empty()), "{path}");
            assert_eq!(shown["description"], "Secret plans", "{path}");
        }
        assert!(!setup.nina.get(&path).await.text.contains("203.0.113"), "{path}");
    }
}

#[tokio::test]
async fn member_outside_allowed_networks_reads_id_and_name_only() {
    let setup = setup().await;
    for client in [&setup.owner, &setup.nina] {
        let outside = client.with_client_address("198.51.100.1");
        let own = &outside.get("/me/organization-memberships").await.ok()[0];
        assert_name_only(&own["organization"], &setup.organization, "Acme");
        assert_eq!((&own["roles"], &own["public_metadata"]), (&json!([]), &json!({})));
        assert_eq!(own["eligibility_restriction"]["type"], "ip_not_allowed");
        let own = &outside.get("/me/workspace-memberships").await.ok()[0];
        assert_name_only(&own["organization"], &setup.organization, "Acme");
        assert_name_only(&own["workspace"], &setup.workspace, "Lab");
        assert_eq!((&own["roles"], &own["public_metadata"]), (&json!([]), &json!({})));
        for (path, _) in responses(&setup) {
            let response = outside.get(&path).await;
            assert!(response.status == 403 || path.starts_with("/me/"), "{path}");
            for secret in ["203.0.113", "Secret plans", "workspace:", "organization:"] {
                assert!(!response.text.contains(secret), "{path} shows {secret}: {}", response.text);
            }
        }
        let members = format!("/organizations/{}/members", setup.organization);
        outside.get(&members).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    }
}

fn assert_name_only(shown: &Value, id: &str, name: &str) {
    assert_eq!((&shown["id"], &shown["name"]), (&json!(id), &json!(name)), "{shown}");
    for (field, value) in shown.as_object().unwrap() {
        let is_named = ["id", "name", "deployment_id", "organization_id", "created_at", "updated_at"];
        if is_named.contains(&field.as_str()) {
            continue;
        }
        let empty = [json!(""), json!(0), json!([]), json!({}), json!(false), Value::Null];
        assert!(empty.contains(value), "{field} is {value}");
    }
    assert_eq!(shown["created_at"], shown["updated_at"]);
}

/// The session is cached by its token: neither address may get the response of the other.
#[tokio::test]
async fn session_shows_roles_inside_allowed_networks_only() {
    let setup = setup().await;
    let outside = setup.nina.with_client_address("198.51.100.1");
    for _ in 0..2 {
        let inside = setup.nina.get_and_check_cache("/session").await.ok();
        let membership = &inside["active_signin"]["active_organization_membership"];
        assert_eq!(membership["roles"].as_array().unwrap().len(), 1, "{inside}");
        let shown = outside.get("/session").await.ok();
        let active = &shown["active_signin"];
        assert_eq!(active["active_organization_membership"]["roles"], json!([]));
        assert_eq!(active["active_workspace_membership"]["roles"], json!([]));
        assert_eq!(active["active_organization_membership"]["organization_id"], setup.organization);
    }
}

#[tokio::test]
async fn organization_is_not_restored_from_outside_allowed_networks() {
    let setup = setup().await;
    let path = format!("/organizations/{}", setup.organization);
    setup.owner.post(&format!("{path}/delete"), &[]).await.ok();
    let outside = setup.owner.with_client_address("198.51.100.1");
    outside.post(&format!("{path}/restore"), &[]).await.assert_error(403, "ADDRESS_NOT_ALLOWED");
    setup.owner.get(&format!("{path}/members")).await.assert_error(403, "FORBIDDEN");
    setup.owner.post(&format!("{path}/restore"), &[]).await.ok();
}
