//! Bounds and rate limits: what one user, organization or client address can create and send.

mod authority;
mod invitations;
mod rates;
mod roles;
mod webhooks;

use crate::harness::{TestApp, TestClient, TestResponse, text};

/// Asserts the response to a request past a rate limit, with a time to wait of at most a day.
#[track_caller]
fn assert_rate_limited(response: TestResponse) {
    let seconds: u32 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&seconds), "{}: {seconds}", response.request);
    response.assert_error(429, "TOO_MANY_REQUESTS");
}

async fn invite(client: &TestClient, organization: &str, email: &str) -> TestResponse {
    client.post(&format!("/organizations/{organization}/invitations"), &[("email", email)]).await
}

async fn found_organization(client: &TestClient) -> String {
    text(&client.post("/organizations", &[("name", "Acme")]).await.ok()["organization"]["id"])
}

async fn membership_of(client: &TestClient) -> String {
    text(&client.get("/me/organization-memberships").await.ok()[0]["id"])
}

/// Inserts roles of an organization that a member has, without the limits. Their ids begin at 1000.
fn insert_roles(app: &TestApp, organization: &str, membership: &str, roles: usize, permissions: usize) {
    for role in 1000..1000 + roles {
        let permissions: Vec<_> = (0..permissions).map(|number| format!("billing:{role}:{number}")).collect();
        let permissions = serde_json::Value::from(permissions);
        app.inner.database.execute(&format!(
            "INSERT INTO organization_roles (id, organization_id, scope, name, permissions, grants_admin, created_at,
                                             updated_at)
             VALUES ({role}, {organization}, {organization}, 'Old', '{permissions}', 0, 1, 1)"
        ));
        app.inner.database.execute(&format!(
            "INSERT INTO organization_membership_roles (role_scope, role_id, organization_id, membership_id)
             VALUES ({organization}, {role}, {organization}, {membership})"
        ));
    }
    app.invalidate_caches();
}
