//! The packages `standardwebhooks` of `PyPI` and npm verify what is sent. `scripts/requirements` installs them.

use std::os::unix::fs::symlink;
use std::process::Command;

use axum::http::HeaderMap;
use data_encoding::BASE64;
use serde_json::{Value, json};
use vestibule_testbed::receiver::{Behaviour, Received, Receiver};
use vestibule_testbed::{repository, requirement};

use super::{deliver, start};
use crate::harness::{DAY, HOUR, text};
use crate::platform::PlatformClient;

/// Umlauts, an emoji of three code points, and what JSON escapes.
const NAME: &str = "Jürgen Straße 👩\u{200d}🚀 \"Söhne\" \\";
const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
const NO_MATCH: &str = "No matching signature found";

/// What a package is asked to verify.
struct Case {
    description: &'static str,
    secret: String,
    headers: [String; 3],
    body: Vec<u8>,
    /// The time at which it arrives, in seconds.
    now: i64,
    /// Why it is refused.
    expected: Result<(), &'static str>,
}

impl Case {
    /// A request as it arrived, at once.
    fn new(description: &'static str, secret: &str, request: &Received, expected: Result<(), &'static str>) -> Self {
        let headers = HEADERS.map(|name| request.header(name).to_owned());
        let now = headers[1].parse().unwrap();
        Self { description, secret: secret.to_owned(), headers, body: request.body.clone(), now, expected }
    }

    /// The same request, changed.
    fn changed(
        description: &'static str,
        secret: &str,
        request: &Received,
        expected: Result<(), &'static str>,
        change: impl FnOnce(&mut Self),
    ) -> Self {
        let mut case = Self::new(description, secret, request, expected);
        change(&mut case);
        case
    }

    fn to_json(&self) -> Value {
        let headers = HEADERS.iter().zip(&self.headers).filter(|(_, value)| !value.is_empty());
        let headers: serde_json::Map<_, _> = headers.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({"secret": self.secret, "headers": headers, "body": BASE64.encode(&self.body), "now": self.now})
    }
}

/// Asserts that a program gives the expected answer to each case, and reads the same body as we do.
#[track_caller]
fn assert_answers(command: &mut Command, cases: &[Case]) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        let expected = match case.expected {
            Ok(()) => json!({"accepted": serde_json::from_slice::<Value>(&case.body).unwrap()}),
            Err(reason) => json!({"refused": reason}),
        };
        assert_eq!(answer, expected, "{command:?}: {}", case.description);
    }
}

fn verify_with_packages(cases: &[Case]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, Value::from(cases.iter().map(Case::to_json).collect::<Vec<_>>()).to_string()).unwrap();
    let sources = repository().join("tests/clients");
    let mut python = Command::new(requirement("python/bin/python"));
    python.env("PYTHONDONTWRITEBYTECODE", "1").arg(sources.join("python/verify_webhooks.py")).arg(&file);
    assert_answers(&mut python, cases);
    // Node looks for packages beside the module.
    let module = folder.path().join("verify_webhooks.mjs");
    std::fs::copy(sources.join("node/verify_webhooks.mjs"), &module).unwrap();
    symlink(requirement("node/node_modules"), folder.path().join("node_modules")).unwrap();
    assert_answers(Command::new("node").arg(&module).arg(&file), cases);
}

/// The first request with this event.
#[track_caller]
fn find<'a>(requests: &'a [Received], event: &str) -> &'a Received {
    let is_it = |request: &&Received| serde_json::from_slice::<Value>(&request.body).unwrap()["type"] == event;
    requests.iter().find(is_it).unwrap_or_else(|| panic!("no {event}"))
}

/// What somebody on the way can do to a request, and what time does to it.
fn tampering(secret: &str, request: &Received) -> Vec<Case> {
    let refused =
        |description, change: fn(&mut Case)| Case::changed(description, secret, request, Err(NO_MATCH), change);
    let late = |description, seconds: i64, expected| {
        Case::changed(description, secret, request, expected, |case: &mut Case| case.now += seconds)
    };
    vec![
        refused("a changed letter", |case| {
            let position = case.body.windows(4).position(|bytes| bytes == b"Stra").unwrap();
            case.body[position] = b's';
        }),
        refused("a space after the body", |case| case.body.push(b' ')),
        refused("the same JSON in other bytes", |case| {
            let value: Value = serde_json::from_slice(&case.body).unwrap();
            case.body = serde_json::to_vec_pretty(&value).unwrap();
        }),
        refused("the body of another event", |case| case.body = b"{}".to_vec()),
        refused("another id", |case| case.headers[0].push('1')),
        refused("another time", |case| {
            let seconds: i64 = case.headers[1].parse().unwrap();
            case.headers[1] = (seconds + 1).to_string();
        }),
        refused("another version", |case| case.headers[2] = case.headers[2].replace("v1,", "v2,")),
        refused("another signature", |case| case.headers[2] = format!("v1,{}", BASE64.encode(&[7; 32]))),
        Case::changed("no signature", secret, request, Err("Missing required headers"), |case| {
            case.headers[2].clear();
        }),
        late("after five minutes", 300, Ok(())),
        late("after more than five minutes", 301, Err("Message timestamp too old")),
        late("more than five minutes early", -301, Err("Message timestamp too new")),
    ]
}

#[tokio::test]
async fn packages_of_standard_webhooks_verify_what_is_sent() {
    let (app, receiver) = (start().await, Receiver::start().await);
    let backend = PlatformClient::new(&app, "*").await;
    let created = backend.post("/webhooks/endpoints", &json!({"url": receiver.url("/hook")})).await.ok();
    let (endpoint, first) = (format!("/webhooks/endpoints/{}", text(&created["id"])), text(&created["secret"]));
    let (owner, organization) = app.create_organization("olga@example.com").await;
    owner.post("/me", &[("first_name", NAME)]).await.ok();
    backend.patch(&format!("/organizations/{organization}"), &json!({"name": NAME})).await.ok();
    let role = owner.post_json(&format!("/organizations/{organization}/roles"), &json!({"name": NAME})).await.ok();
    let role = text(&role["id"]);
    let invitation = [("email", "nina@example.com"), ("role_id", role.as_str())];
    owner.post(&format!("/organizations/{organization}/invitations"), &invitation).await.ok();
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    // The first one is repeated, with another time and so another signature.
    receiver.next([Behaviour::status(500)]);
    deliver(&app).await;
    app.advance(DAY);
    deliver(&app).await;
    let before = receiver.received();

    let rotated = backend.post(&format!("{endpoint}/rotate"), &json!({"grace_hours": 2})).await.ok();
    let second = text(&rotated["secret"]);
    backend.patch(&format!("/organizations/{organization}"), &json!({"name": format!("{NAME} 2")})).await.ok();
    deliver(&app).await;
    let during = receiver.received().split_off(before.len());

    app.advance(HOUR * 2);
    backend.post_empty(&format!("{endpoint}/test")).await.ok();
    deliver(&app).await;
    let after = receiver.received().split_off(before.len() + during.len());

    let foreign = format!("whsec_{}", BASE64.encode(&[7; 32]));
    let mut cases = Vec::new();
    for request in &before {
        cases.push(Case::new("before the rotation", &first, request, Ok(())));
        cases.push(Case::new("the new secret, before the rotation", &second, request, Err(NO_MATCH)));
    }
    for request in &during {
        cases.push(Case::new("the old secret during the rotation", &first, request, Ok(())));
        cases.push(Case::new("the new secret during the rotation", &second, request, Ok(())));
    }
    for request in &after {
        cases.push(Case::new("the old secret after the rotation", &first, request, Err(NO_MATCH)));
        cases.push(Case::new("the new secret after the rotation", &second, request, Ok(())));
    }
    for request in [&before, &during, &after].into_iter().flatten() {
        cases.push(Case::new("a foreign secret", &foreign, request, Err(NO_MATCH)));
        // What is sent is scanned like a response: it has no token of the invitation.
        let body = String::from_utf8(request.body.clone()).unwrap();
        app.inner.secret_scan.add_response(&HeaderMap::new(), &body);
    }
    let updated = find(&before, "organization.updated");
    assert!(String::from_utf8_lossy(&updated.body).contains("Jürgen Straße 👩\u{200d}🚀"), "{updated:?}");
    find(&before, "organization.invitation.created");
    find(&before, "webhook.test");
    cases.extend(tampering(&first, updated));
    let updated = find(&during, "organization.updated");
    cases.extend(tampering(&first, updated));
    cases.extend(tampering(&second, updated));
    verify_with_packages(&cases);

    let repeated: Vec<_> =
        before.iter().filter(|request| request.header("webhook-id") == before[0].header("webhook-id")).collect();
    let [one, other] = repeated.as_slice() else { panic!("{repeated:?}") };
    assert_ne!(one.header("webhook-timestamp"), other.header("webhook-timestamp"));
    assert_ne!(one.header("webhook-signature"), other.header("webhook-signature"));
    assert!(during.iter().all(|request| request.header("webhook-signature").split(' ').count() == 2));
    assert!(!after.is_empty());
}
