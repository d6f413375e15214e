//! Rate limits on what users create besides invitations.

use image::ImageFormat;
use vestibule_core::settings::RateLimits;

use super::{assert_rate_limited, found_organization};
use crate::harness::{DAY, HOUR, PASSWORD, TestApp, TestResponse, create_role, create_workspace, text};
use crate::images::encode;

/// A change of one kind. The second one is past the limit, whatever else is allowed.
async fn second_of_each_kind_is_refused(limits: RateLimits) {
    let app = TestApp::with_settings(move |settings| settings.rate_limits = limits).await;
    let owner = app.create_user("olga@example.com").await;
    let organization = found_organization(&owner).await;
    let path = format!("/organizations/{organization}");
    let is_limited = |max: u32| max == 1;
    let expect = |max: u32, response: TestResponse| {
        if is_limited(max) {
            assert_rate_limited(response);
        } else {
            response.ok();
        }
    };
    expect(limits.organizations_per_user, owner.post("/organizations", &[("name", "Acme")]).await);

    let workspace = create_workspace(&owner, &organization).await;
    let fields = [("organization_id", organization.as_str()), ("name", "Lobby")];
    let workspaces = limits.workspaces_per_user.min(limits.workspaces_per_organization);
    expect(workspaces, owner.post("/workspaces", &fields).await);

    // Roles of the organization and of its workspaces are counted together.
    create_role(&owner, &path, &["orders:read"]).await;
    let roles = limits.roles_per_user.min(limits.roles_per_organization);
    for path in [format!("{path}/roles"), format!("/workspaces/{workspace}/roles")] {
        expect(roles, owner.post(&path, &[("name", "Role")]).await);
    }

    owner.post(&format!("{path}/domains"), &[("domain", "a.example")]).await.ok();
    let domains = limits.domains_per_user.min(limits.domains_per_organization);
    expect(domains, owner.post(&format!("{path}/domains"), &[("domain", "b.example")]).await);

    owner.post("/me/email-addresses", &[("email", "one@example.com")]).await.ok();
    expect(limits.email_addresses_per_user, owner.post("/me/email-addresses", &[("email", "two@example.com")]).await);

    let png = encode(ImageFormat::Png, 8, 8);
    owner.post_file("/me/profile-picture", &[], ("file", &png)).await.ok();
    expect(limits.uploads_per_user, owner.post_file("/me/profile-picture", &[], ("file", &png)).await);
    app.advance(HOUR);
    owner.post_file("/me/profile-picture", &[], ("file", &png)).await.ok();
}

#[tokio::test]
async fn every_kind_of_creation_is_limited_per_user() {
    second_of_each_kind_is_refused(RateLimits {
        organizations_per_user: 1,
        workspaces_per_user: 1,
        roles_per_user: 1,
        domains_per_user: 1,
        email_addresses_per_user: 1,
        uploads_per_user: 1,
        ..RateLimits::default()
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_creation_is_limited_per_organization() {
    second_of_each_kind_is_refused(RateLimits {
        workspaces_per_organization: 1,
        roles_per_organization: 1,
        domains_per_organization: 1,
        ..RateLimits::default()
    })
    .await;
}

#[tokio::test]
async fn zero_switches_each_limit_off() {
    second_of_each_kind_is_refused(RateLimits::all(0)).await;
}

#[tokio::test]
async fn a_user_creates_ten_organizations_a_day_whatever_they_delete() {
    let app = TestApp::with_default_rate_limits().await;
    let owner = app.create_user("olga@example.com").await;
    for _ in 0..10 {
        let organization = found_organization(&owner).await;
        owner.post(&format!("/organizations/{organization}/delete"), &[]).await.ok();
    }
    assert_rate_limited(owner.post("/organizations", &[("name", "Acme")]).await);
    app.advance(DAY);
    found_organization(&owner).await;
}

#[tokio::test]
async fn claiming_and_deleting_addresses_in_turn_ends_after_twenty() {
    let app = TestApp::with_default_rate_limits().await;
    let mallory = app.create_user("mallory@example.com").await;
    for number in 0..20 {
        let email = format!("victim{number}@example.com");
        let claim = text(&mallory.post("/me/email-addresses", &[("email", &email)]).await.ok()["id"]);
        mallory.post(&format!("/me/email-addresses/{claim}/delete"), &[]).await.ok();
    }
    assert_rate_limited(mallory.post("/me/email-addresses", &[("email", "more@example.com")]).await);
    app.advance(DAY);
    mallory.post("/me/email-addresses", &[("email", "more@example.com")]).await.ok();
}

#[tokio::test]
async fn join_requests_are_limited_per_user_and_organization() {
    let app = TestApp::with_settings(|settings| {
        settings.rate_limits = RateLimits { join_requests_per_user: 2, ..RateLimits::default() };
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let domain = text(
        &owner.post(&format!("{path}/domains"), &[("domain", "acme.example"), ("joining", "request")]).await.ok()["id"],
    );
    app.execute(&format!("UPDATE domains SET verified_at = created_at WHERE id = {domain}"));
    let mut people = Vec::new();
    let (host, elsewhere) = app.create_organization("host@elsewhere.example").await;
    for email in ["nina@acme.example", "kim@acme.example"] {
        people.push(app.create_member(&host, &elsewhere, email, "").await);
    }
    let join = format!("{path}/join");
    for _ in 0..2 {
        people[0].post(&join, &[]).await.ok();
        let requests = owner.get(&format!("{path}/requests")).await.ok();
        let request = text(&requests[0]["id"]);
        owner.post(&format!("{path}/requests/{request}/deny"), &[]).await.ok();
    }
    assert_rate_limited(people[0].post(&join, &[]).await);
    // A thousand pending requests are as many as an organization can have.
    let user = text(&people[0].get("/me").await.ok()["id"]);
    for number in 1..=1000 {
        app.inner.database.execute(&format!(
            "INSERT INTO join_requests (id, organization_id, email_key, user_id, status, created_at, updated_at)
             VALUES ({number}, {organization}, 'x{number}@acme.example', {user}, 'pending', 1, 1)"
        ));
    }
    people[1].post(&join, &[]).await.assert_error(403, "JOIN_REQUEST_LIMIT");
    app.execute("UPDATE join_requests SET status = 'denied' WHERE id = 7");
    people[1].post(&join, &[]).await.ok();
    people[1].post(&join, &[]).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM join_requests WHERE status = 'pending'"), 1000);
}

#[tokio::test]
async fn session_holds_twenty_sign_ins_and_ends_the_oldest() {
    let app = TestApp::start().await;
    let client = app.create_user("user0@example.com").await;
    for number in 1..=20 {
        let email = format!("user{number}@example.com");
        let fields = [("email", email.as_str()), ("password", PASSWORD), ("first_name", "User"), ("last_name", "Test")];
        client.post("/auth/signup", &fields).await.ok();
    }
    let session = client.get_and_check_cache("/session").await.ok();
    let sign_ins = session["signins"].as_array().unwrap();
    assert_eq!(sign_ins.len(), 20);
    assert_eq!(sign_ins[0]["user"]["primary_email_address"]["email"], "user1@example.com", "{}", sign_ins[0]);
    assert_eq!(client.get("/me").await.ok()["primary_email_address"]["email"], "user20@example.com");
}
