//! Crashes the process at any point of a delivery's life: while its event is stored, after the commit, after the claim,
//! after it was sent and before that is stored, and after that.
//!
//! As in the other test of crashes, the test runs itself as a child process that aborts at one point after another, and
//! `VESTIBULE_CRASH_STEP` is the distance between two of them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_core::time::Clock;
use vestibule_testbed::Database;
use vestibule_testbed::receiver::{Received, Receiver};

use super::{LEASE_LIFETIME, allow_this_machine, create_endpoint, deliver, start};
use crate::crash::{abort_after, cancel_abort, run_to_crash};
use crate::harness::{TestAppBuilder, TestClient, text};
use crate::platform::PlatformClient;

const EVENT: &str = "organization.invitation.created";

/// The arguments of the child process.
struct ChildArguments {
    database: String,
    cookie: String,
    path: String,
}

// The receiver runs beside the thread that waits for the child.
#[tokio::test(flavor = "multi_thread")]
async fn crash_at_any_point_loses_no_delivery_and_sends_none_under_two_ids() {
    let step: u32 = std::env::var("VESTIBULE_CRASH_STEP").map_or(4, |step| step.parse().unwrap());
    let mut points = 0;
    while crashes_at(points).await {
        points += step;
    }
    assert!(points > 40, "{points} points are too few for three events and six deliveries");
}

/// Crashes a child at this point, and lets another process go on. Returns false if the child finished before it.
async fn crashes_at(point: u32) -> bool {
    let receiver = Receiver::start().await;
    let (database, arguments) = prepare(&receiver).await;
    let (acknowledged, crashed) = run_child(&arguments, point);
    assert!(crashed || acknowledged.len() == 3, "{acknowledged:?}");

    let builder = TestAppBuilder::with_shared_database(Arc::clone(&database)).with_seed(u64::from(point) + 1000);
    let app = builder.with_settings(allow_this_machine).build().await;
    let invitations: BTreeSet<_> = database.rows("SELECT id FROM invitations").into_iter().flatten().collect();
    assert!(acknowledged.is_subset(&invitations), "crashed at {point}: an invitation is missing");
    let stored = app.count("SELECT COUNT(*) FROM webhook_deliveries");
    assert_eq!(stored, 2 * i64::try_from(invitations.len()).unwrap(), "crashed at {point}");
    // What the child had claimed waits until its lease has expired.
    let now = app.inner.clock.now().as_microseconds();
    let leased = format!("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'waiting' AND due_at > {now}");
    let leased_before = app.count(&leased);
    deliver(&app).await;
    assert_eq!(app.count(&leased), leased_before, "crashed at {point}");
    app.advance(LEASE_LIFETIME);
    deliver(&app).await;
    let delivered = app.count("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'delivered'");
    assert_eq!(delivered, stored, "crashed at {point}");
    assert_eq!(deliver(&app).await, 0, "crashed at {point}: something is sent again");

    let received = receiver.received();
    let unordered: Vec<_> = received.iter().filter(|request| request.target == "/unordered").collect();
    let ordered: Vec<_> = received.iter().filter(|request| request.target == "/ordered").collect();
    for (name, requests) in [("unordered", &unordered), ("ordered", &ordered)] {
        assert_eq!(sent(requests), invitations, "crashed at {point}: {name}");
        // No more than what was under way is sent twice.
        assert!(requests.len() <= 2 * invitations.len(), "crashed at {point}: {name}");
    }
    // The numbers and the ids go up. One that was under way during the crash comes twice.
    let numbers = ordered.iter().map(|request| request.header("webhook-sequence").parse::<i64>().unwrap());
    assert!(numbers.is_sorted(), "crashed at {point}");
    let ids = ordered.iter().map(|request| id(request));
    assert!(ids.is_sorted(), "crashed at {point}");
    // The mails of the invitations.
    app.drain().await;
    crashed
}

fn id(request: &Received) -> i64 {
    request.header("webhook-id").strip_prefix("msg_").unwrap().parse().unwrap()
}

/// The invitations whose events an endpoint got. Asserts that it got each under one id, with one body and one number.
#[track_caller]
fn sent(requests: &[&Received]) -> BTreeSet<String> {
    let mut by_invitation = BTreeMap::new();
    for request in requests {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["type"], EVENT);
        let this = (id(request), request.header("webhook-sequence"), &request.body);
        let first = *by_invitation.entry(text(&body["data"]["invitation_id"])).or_insert(this);
        assert_eq!(first, this);
    }
    by_invitation.into_keys().collect()
}

async fn prepare(receiver: &Receiver) -> (Arc<Database>, ChildArguments) {
    let app = start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "webhooks:write").await;
    for (path, is_ordered) in [("/unordered", false), ("/ordered", true)] {
        let fields = json!({"url": receiver.url(path), "events": [EVENT], "ordered": is_ordered});
        create_endpoint(&backend, receiver, &fields).await;
    }
    let arguments = ChildArguments {
        database: app.inner.database.name(),
        cookie: owner.cookie.lock().unwrap().clone().unwrap(),
        path: format!("/organizations/{organization}/invitations"),
    };
    (Arc::clone(&app.inner.database), arguments)
}

/// Returns the invitations that the child acknowledged, and whether it crashed.
fn run_child(arguments: &ChildArguments, point: u32) -> (BTreeSet<String>, bool) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["webhooks::crash::child_process", "--exact", "--ignored", "--nocapture"])
        .env("CHILD_DATABASE", &arguments.database)
        .env("CHILD_COOKIE", &arguments.cookie)
        .env("CHILD_PATH", &arguments.path)
        .env("CHILD_POINT", point.to_string());
    let (acknowledged, crashed) = run_to_crash(&mut command);
    (acknowledged.into_iter().collect(), crashed)
}

#[tokio::test]
#[ignore = "the child process; started by the test above"]
async fn child_process() {
    let argument = |name: &str| std::env::var(name).unwrap();
    let (path, point) = (argument("CHILD_PATH"), argument("CHILD_POINT").parse::<u32>().unwrap());
    let builder = TestAppBuilder::new(Database::open_by_name(&argument("CHILD_DATABASE")));
    let builder = builder.with_seed(u64::from(point) + 100).with_settings(allow_this_machine);
    let app = builder.build().await;
    let owner = app.client_with_cookie(Some(argument("CHILD_COOKIE")));
    abort_after(point);
    println!("ACKNOWLEDGED {}", invite(&owner, &path, "nina@example.com").await);
    deliver(&app).await;
    // The ordered endpoint gets the second one after the first.
    println!("ACKNOWLEDGED {}", invite(&owner, &path, "kiara@example.com").await);
    println!("ACKNOWLEDGED {}", invite(&owner, &path, "lena@example.com").await);
    deliver(&app).await;
    cancel_abort();
    app.drain().await;
}

/// Returns the id of the invitation.
async fn invite(owner: &TestClient, path: &str, email: &str) -> String {
    text(&owner.post_without_draining(path, &[("email", email)]).await.ok()["id"])
}
