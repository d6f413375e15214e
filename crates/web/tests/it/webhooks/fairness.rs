//! One endpoint delays no other, however much waits for it.

use std::collections::BTreeSet;

use serde_json::json;
use vestibule_testbed::receiver::{Behaviour, Receiver};

use super::{create_endpoint, deliver, run_worker, start};
use crate::harness::TestApp;
use crate::platform::PlatformClient;

const ONLY_USERS: &str = "user.created";
/// What the worker sends to one endpoint at a time.
const MAX_PER_ENDPOINT: usize = 64;
/// The deliveries that wait for the busy endpoint: more than the worker sends at a time to all endpoints.
const BACKLOG: i64 = 1024;

/// The number of an endpoint.
fn number(endpoint: &str) -> &str {
    endpoint.rsplit('/').next().unwrap()
}

/// Makes the only delivery of an endpoint [`BACKLOG`] ones.
fn multiply_deliveries(app: &TestApp, endpoint: &str) {
    let endpoint = number(endpoint);
    let mut count = 1;
    while count < BACKLOG {
        // Below the id of the first one: those above are for the next events.
        app.execute(&format!(
            "INSERT INTO webhook_deliveries (endpoint_id, id, event, body, state, sequence, attempts, all_attempts,
                                             due_at, last_error, created_at, updated_at)
             SELECT endpoint_id, id - {count}, event, body, state, sequence, attempts, all_attempts,
                    due_at, last_error, created_at, updated_at
               FROM webhook_deliveries WHERE endpoint_id = {endpoint}"
        ));
        count *= 2;
    }
    let waiting = format!("SELECT COUNT(*) FROM webhook_deliveries WHERE endpoint_id = {endpoint}");
    assert_eq!(app.count(&waiting), BACKLOG);
}

#[tokio::test]
async fn an_endpoint_that_hangs_with_a_thousand_deliveries_delays_no_other() {
    let (app, hanging, quick) = (start().await, Receiver::start().await, Receiver::start().await);
    hanging.always(Behaviour::Hang);
    let backend = PlatformClient::new(&app, "*").await;
    let first = create_endpoint(&backend, &hanging, &json!({"events": [ONLY_USERS]})).await;
    app.create_user("sam@example.com").await;
    multiply_deliveries(&app, &first);
    create_endpoint(&backend, &quick, &json!({"events": [ONLY_USERS]})).await;
    let worker = run_worker(&app);
    // The worker sends as much as it may to the endpoint that hangs. Then it serves the other one.
    hanging.wait_for(MAX_PER_ENDPOINT).await;
    for count in 1..=20 {
        app.create_user(&format!("user{count}@example.com")).await;
        quick.wait_for(count).await;
    }
    let begun = hanging.received().len();
    let ended = app.count(&format!("SELECT COUNT(*) FROM webhook_attempts WHERE endpoint_id = {}", number(&first)));
    let ended = usize::try_from(ended).unwrap();
    assert!(begun <= MAX_PER_ENDPOINT + ended, "{begun} attempts were begun, and {ended} have ended");
    // If each delivery to the other endpoint waited for an attempt that hangs, more of them would have ended.
    assert!(ended <= MAX_PER_ENDPOINT, "{ended} attempts have ended");
    worker.abort();
}

#[tokio::test]
async fn an_endpoint_with_few_deliveries_does_not_wait_for_one_with_many() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let busy = json!({"url": receiver.url("/busy"), "events": [ONLY_USERS]});
    let busy = create_endpoint(&backend, &receiver, &busy).await;
    app.create_user("sam@example.com").await;
    multiply_deliveries(&app, &busy);
    let other = json!({"url": receiver.url("/other"), "events": [ONLY_USERS]});
    create_endpoint(&backend, &receiver, &other).await;
    for user in ["kim@example.com", "ann@example.com", "eve@example.com"] {
        app.create_user(user).await;
    }
    let sent = deliver(&app).await;
    assert_eq!(sent, usize::try_from(BACKLOG).unwrap() + 6);
    let received = receiver.received();
    let last = received.iter().rposition(|request| request.target == "/other").unwrap();
    // They are claimed together with the first of the busy endpoint. Some of its next ones may overtake them.
    assert!(last < 3 * MAX_PER_ENDPOINT, "{last} requests came before the last one of the other endpoint");
    // The ids of the copies differ, so nothing was sent twice.
    let ids: BTreeSet<_> = received.iter().map(|request| (&request.target, request.header("webhook-id"))).collect();
    assert_eq!(ids.len(), sent);
}
