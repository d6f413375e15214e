//! Rate limits on invitations, and the bound on pending ones.

use std::sync::Arc;

use futures_util::future::join_all;
use ipnet::IpNet;
use serde_json::json;
use vestibule_core::settings::{RateLimits, Settings};
use vestibule_testbed::Engine;

use super::{assert_rate_limited, found_organization, invite, membership_of};
use crate::harness::{DAY, TestApp, TestAppBuilder, TestClient, TestResponse, create_role, create_workspace, text};

async fn bulk(client: &TestClient, organization: &str, prefix: &str, count: usize) -> TestResponse {
    let rows: Vec<_> = (0..count).map(|number| json!({"email": format!("{prefix}{number}@example.com")})).collect();
    client.post_json(&format!("/organizations/{organization}/invitations/bulk"), &json!({"invitations": rows})).await
}

fn mails(app: &TestApp) -> i64 {
    app.count("SELECT COUNT(*) FROM invitations")
}

#[tokio::test]
async fn new_organization_invites_two_hundred_addresses_in_its_first_day() {
    // Lower than the defaults for an older organization, because the test sends all these mails.
    let app = TestApp::with_settings(|settings| {
        let limits = RateLimits { invitations_per_organization: 250, ..RateLimits::default() };
        settings.rate_limits = RateLimits { invitations_per_user: 450, ..limits };
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    bulk(&owner, &organization, "a", 199).await.ok();
    assert_rate_limited(bulk(&owner, &organization, "b", 2).await);
    invite(&owner, &organization, "last@example.com").await.ok();
    let before = app.row_counts();
    assert_rate_limited(invite(&owner, &organization, "more@example.com").await);
    assert_eq!(app.row_counts(), before);
    // A bulk call is refused before its rows are looked at: here, all of them are invited already.
    assert_rate_limited(bulk(&owner, &organization, "a", 199).await);
    assert_eq!(app.row_counts(), before);
    // Another organization of the same user gains nothing: they share the limit of new organizations.
    let second = found_organization(&owner).await;
    assert_rate_limited(invite(&owner, &second, "more@example.com").await);
    assert_eq!(mails(&app), 200);
    // An organization older than a day may send more.
    app.advance(DAY);
    bulk(&owner, &organization, "c", 250).await.ok();
    assert_rate_limited(invite(&owner, &organization, "more@example.com").await);
    bulk(&owner, &second, "d", 200).await.ok();
    assert_rate_limited(invite(&owner, &second, "more@example.com").await);
    app.advance(DAY);
    invite(&owner, &organization, "more@example.com").await.ok();
}

#[tokio::test]
async fn members_of_a_new_organization_share_its_limit() {
    let app = TestApp::with_settings(|settings| {
        settings.rate_limits = RateLimits { invitations_per_new_organization: 4, ..RateLimits::default() };
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let manager =
        create_role(&owner, &format!("/organizations/{organization}"), &["organization:manage_members"]).await;
    let mina = app.create_member(&owner, &organization, "mina@example.com", &manager).await;
    for (client, email) in [(&owner, "a@example.com"), (&mina, "b@example.com"), (&mina, "c@example.com")] {
        invite(client, &organization, email).await.ok();
    }
    assert_rate_limited(invite(&mina, &organization, "d@example.com").await);
    assert_rate_limited(invite(&owner, &organization, "d@example.com").await);
}

#[tokio::test]
async fn forty_resends_to_one_address_send_twenty_mails() {
    let app = TestApp::with_default_rate_limits().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    let invitation = text(&invite(&owner, &organization, "victim@example.com").await.ok()["id"]);
    let mut sent = 1;
    for _ in 0..40 {
        let resent = owner.post(&format!("{path}/{invitation}/resend"), &[]).await;
        if resent.status == 200 {
            sent += 1;
        } else {
            assert_rate_limited(resent);
        }
    }
    assert_eq!(sent, 20);
    // Another spelling, another workspace or another member of the organization is no way around it.
    owner.post(&format!("{path}/{invitation}/discard"), &[]).await.ok();
    assert_rate_limited(invite(&owner, &organization, "VICTIM@Example.com").await);
    let workspace = create_workspace(&owner, &organization).await;
    let fields = [("email", "victim@example.com"), ("workspace_id", workspace.as_str())];
    assert_rate_limited(owner.post(&path, &fields).await);
    let admin = owner.admin_role(&format!("/organizations/{organization}")).await;
    let mina = app.create_member(&owner, &organization, "mina@example.com", &admin).await;
    assert_rate_limited(invite(&mina, &organization, "victim@example.com").await);
    // Nor is another organization of the same inviter.
    let second = found_organization(&owner).await;
    assert_rate_limited(invite(&owner, &second, "victim@example.com").await);
    // A bulk call refuses the row alone.
    let rows = json!({"invitations": [{"email": "victim@example.com"}, {"email": "kim@example.com"}]});
    let result = owner.post_json(&format!("{path}/bulk"), &rows).await.ok();
    assert_eq!(result["results"][0]["code"], "TOO_MANY_REQUESTS", "{result}");
    assert!(result["results"][1]["code"].is_null(), "{result}");
    let rows = json!({"mode": "all", "invitations": [{"email": "victim@example.com"}, {"email": "ben@example.com"}]});
    assert_rate_limited(owner.post_json(&format!("{path}/bulk"), &rows).await);
    // Mail to others still goes out.
    invite(&owner, &organization, "other@example.com").await.ok();
    app.advance(DAY);
    invite(&owner, &organization, "victim@example.com").await.ok();
}

#[tokio::test]
async fn inviting_and_discarding_in_turn_sends_twenty_mails() {
    let app = TestApp::with_default_rate_limits().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    for _ in 0..20 {
        let invitation = text(&invite(&owner, &organization, "victim@example.com").await.ok()["id"]);
        owner.post(&format!("/organizations/{organization}/invitations/{invitation}/discard"), &[]).await.ok();
    }
    assert_rate_limited(invite(&owner, &organization, "victim@example.com").await);
    assert_eq!(mails(&app), 20);
}

#[tokio::test]
async fn refused_invitations_are_not_counted() {
    let app = TestApp::with_settings(|settings| {
        settings.rate_limits = RateLimits { invitations_per_user: 3, ..RateLimits::default() };
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    app.verify_all_addresses();
    invite(&owner, &organization, "kim@example.com").await.ok();
    for _ in 0..5 {
        invite(&owner, &organization, "kim@example.com").await.assert_error(400, "INVITATION_EXISTS");
        invite(&owner, &organization, "olga@example.com").await.assert_error(400, "ALREADY_MEMBER");
    }
    invite(&owner, &organization, "ben@example.com").await.ok();
    invite(&owner, &organization, "ana@example.com").await.ok();
    assert_rate_limited(invite(&owner, &organization, "tom@example.com").await);
}

#[tokio::test]
async fn client_address_shares_a_limit_over_all_its_users() {
    let trust_proxy = |settings: &mut Settings| {
        settings.trusted_proxies = vec!["127.0.0.1/32".parse::<IpNet>().unwrap()];
        settings.rate_limits = RateLimits {
            invitations_per_address: 2,
            organizations_per_address: 2,
            email_addresses_per_address: 1,
            uploads_per_address: 1,
            ..RateLimits::default()
        };
    };
    let app = TestApp::with_settings(trust_proxy).await;
    let (first, organization) = app.create_organization("olga@example.com").await;
    let (second, other) = app.create_organization("otto@example.com").await;
    let [first, second] = [&first, &second].map(|client| client.with_client_address("192.0.2.7"));
    invite(&first, &organization, "a@example.com").await.ok();
    invite(&second, &other, "b@example.com").await.ok();
    assert_rate_limited(invite(&second, &other, "c@example.com").await);
    assert_rate_limited(invite(&first, &organization, "c@example.com").await);
    found_organization(&first).await;
    found_organization(&second).await;
    assert_rate_limited(second.post("/organizations", &[("name", "Acme")]).await);
    first.post("/me/email-addresses", &[("email", "a1@example.com")]).await.ok();
    assert_rate_limited(second.post("/me/email-addresses", &[("email", "a2@example.com")]).await);
    // Another address is not affected. One IPv6 /64 is one client.
    let elsewhere = second.with_client_address("2001:db8::1");
    invite(&elsewhere, &other, "c@example.com").await.ok();
    invite(&elsewhere, &other, "d@example.com").await.ok();
    assert_rate_limited(invite(&second.with_client_address("2001:db8::ffff"), &other, "e@example.com").await);
}

#[tokio::test]
async fn bulk_calls_are_counted_by_rows() {
    let app = TestApp::with_settings(|settings| {
        settings.rate_limits = RateLimits { bulk_rows_per_user: 10, ..RateLimits::default() };
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations/bulk");
    let invalid: Vec<_> = (0..4).map(|_| json!({"email": "nobody"})).collect();
    owner.post_json(&path, &json!({"dry_run": true, "invitations": invalid})).await.ok();
    owner.post_json(&path, &json!({"invitations": invalid})).await.ok();
    assert_rate_limited(bulk(&owner, &organization, "a", 3).await);
    bulk(&owner, &organization, "a", 2).await.ok();
    assert_rate_limited(bulk(&owner, &organization, "b", 1).await);
    assert_eq!(mails(&app), 2);
}

#[tokio::test]
async fn pending_invitations_of_an_organization_are_bounded() {
    let app = TestApp::with_settings(|settings| settings.invitations.max_pending = 3).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let first = text(&invite(&owner, &organization, "a@example.com").await.ok()["id"]);
    let before = app.row_counts();
    bulk(&owner, &organization, "b", 3).await.assert_error(403, "INVITATION_LIMIT");
    assert_eq!(app.row_counts(), before);
    bulk(&owner, &organization, "b", 2).await.ok();
    invite(&owner, &organization, "c@example.com").await.assert_error(403, "INVITATION_LIMIT");
    let path = format!("/organizations/{organization}/invitations");
    owner.post(&format!("{path}/{first}/resend"), &[]).await.ok();
    owner.post(&format!("{path}/{first}/discard"), &[]).await.ok();
    invite(&owner, &organization, "c@example.com").await.ok();
    invite(&owner, &organization, "d@example.com").await.assert_error(403, "INVITATION_LIMIT");
    // Another organization has its own bound.
    let (other, theirs) = app.create_organization("otto@example.com").await;
    invite(&other, &theirs, "d@example.com").await.ok();
}

#[tokio::test]
async fn pending_invitations_are_counted_once_a_block() {
    let app = TestApp::with_settings(|settings| settings.invitations.max_pending = 1000).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let mut statements = Vec::new();
    for number in 0..21 {
        let email = format!("a{number}@example.com");
        statements.push(invite(&owner, &organization, &email).await.statements);
    }
    // A block has ten invitations: the first of each counts, which takes two statements more.
    // The very first one also finds empty caches.
    let most = *statements[1..].iter().max().unwrap();
    let counting: Vec<_> = (1..21).filter(|number| statements[*number] == most).collect();
    assert_eq!(counting, [10, 20], "{statements:?}");
    // What an organization had before there was a limit counts as well.
    app.execute("DELETE FROM attempt_limits");
    let own = membership_of(&owner).await;
    let member = app.inner.database.rows("SELECT member_role_id FROM deployments")[0][0].clone();
    for number in 1..=975 {
        app.inner.database.execute(&format!(
            "INSERT INTO invitations (organization_id, id, email, email_key, status, generation, role_scope, role_id,
                                      workspace_scope, inviter_membership_id, delivery_at, expires_at, created_at, updated_at)
             VALUES ({organization}, {number}, 'x{number}@example.com', 'x{number}@example.com', 'pending', 1, 0, {member},
                     0, {own}, 1, 1, 1, 1)"
        ));
    }
    app.invalidate_caches();
    invite(&owner, &organization, "more@example.com").await.assert_error(403, "INVITATION_LIMIT");
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE status = 'pending'"), 996);
}

/// Sends invitations at the same time, in turn to two processes on PostgreSQL.
async fn concurrent_invitations(
    app: &TestApp,
    second: &TestApp,
    owner: &TestClient,
    organization: &str,
) -> Vec<TestResponse> {
    let cookie = owner.cookie.lock().unwrap().clone();
    let clients = [app, second].map(|app| Arc::new(app.client_with_cookie(cookie.clone())));
    let tasks = (0..16).map(|number| {
        let (client, organization) = (Arc::clone(&clients[number % 2]), organization.to_owned());
        tokio::spawn(async move { invite(&client, &organization, &format!("guest{number}@example.com")).await })
    });
    join_all(tasks.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect()
}

/// Settings that admit five invitations, with the status and the code for more.
type LimitedBy = (fn(&mut Settings), u16, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_invitations_do_not_exceed_the_limits() {
    const FIVE: RateLimits = RateLimits { invitations_per_user: 5, ..RateLimits::all(1000) };
    let changes: [LimitedBy; 3] = [
        (|settings| settings.rate_limits = FIVE, 429, "TOO_MANY_REQUESTS"),
        // Seats take a serializable transaction.
        (
            |settings| (settings.rate_limits, settings.seats.max_per_organization) = (FIVE, 100),
            429,
            "TOO_MANY_REQUESTS",
        ),
        (|settings| settings.invitations.max_pending = 5, 403, "INVITATION_LIMIT"),
    ];
    for (change, status, code) in changes {
        let app = TestApp::with_settings(change).await;
        let second = match app.inner.database.engine() {
            Engine::Postgres => app.second_instance_builder().with_settings(change).build().await,
            Engine::Sqlite => app.clone(),
        };
        let (owner, organization) = app.create_organization("olga@example.com").await;
        let mut succeeded = 0;
        for response in concurrent_invitations(&app, &second, &owner, &organization).await {
            if response.status == 200 {
                succeeded += 1;
            } else {
                response.assert_error(status, code);
            }
        }
        assert_eq!((succeeded, mails(&app)), (5, 5), "{code}");
        app.drain().await;
    }
}

/// Without limits, an invitation is one statement on PostgreSQL.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_invitations_without_limits_are_all_sent() {
    let off = |settings: &mut Settings| {
        settings.rate_limits = RateLimits::all(0);
        settings.invitations.max_pending = 0;
    };
    let app = TestAppBuilder::new(vestibule_testbed::Database::create()).with_settings(off).build().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    app.verify_all_addresses();
    let responses = concurrent_invitations(&app, &app.clone(), &owner, &organization).await;
    assert!(responses.iter().all(|response| response.status == 200));
    assert_eq!(mails(&app), 16);
    invite(&owner, &organization, "guest1@example.com").await.assert_error(400, "INVITATION_EXISTS");
    invite(&owner, &organization, "olga@example.com").await.assert_error(400, "ALREADY_MEMBER");
    app.drain().await;
}

#[tokio::test]
async fn pages_show_the_limit_to_people() {
    let app = TestApp::with_settings(|settings| {
        settings.rate_limits = RateLimits { invitations_per_user: 1, ..RateLimits::default() };
    })
    .await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    invite(&owner, &organization, "a@example.com").await.ok();
    let page = format!("/organizations/{organization}/-/invitations");
    owner.post(&page, &[("emails", "b@example.com")]).await.assert_page(429, "Too many");
    assert_eq!(mails(&app), 1);
}
