//! Checkpoints that are delivered to webhooks.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_core::audit::{Checkpoint, FindingKind, make_checkpoints, seal_all};
use vestibule_core::webhook;
use vestibule_testbed::receiver::Receiver;

use super::verify;
use crate::harness::{TestApp, TestClient, allow_this_machine};
use crate::platform::PlatformClient;

const CHECKPOINT_CREATED: &str = "audit_log.checkpoint.created";
const INTERVAL: Duration = Duration::from_secs(3601);

struct Setup {
    app: TestApp,
    owner: TestClient,
    organization: String,
    receiver: Receiver,
}

/// An organization with an auditor. Another auditor gets the checkpoints of all logs, and a third endpoint all events.
async fn setup() -> Setup {
    let app = TestApp::with_settings(allow_this_machine).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let receiver = Receiver::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let named = json!([CHECKPOINT_CREATED]);
    for (path, fields) in [
        ("/auditor", json!({"events": named})),
        ("/own-auditor", json!({"events": named, "organization_id": organization})),
        ("/all", json!({})),
    ] {
        let mut body = json!({"url": receiver.url(path)});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        backend.post("/webhooks/endpoints", &body).await.ok();
    }
    Setup { app, owner, organization, receiver }
}

impl Setup {
    /// Seals all entries, signs the chains that have grown, and delivers. Returns the number of checkpoints.
    async fn sign(&self) -> usize {
        self.app.advance(INTERVAL);
        seal_all(&self.app.inner.service).await.unwrap();
        let made = make_checkpoints(&self.app.inner.service).await.unwrap();
        webhook::drain(&self.app.inner.service).await.unwrap();
        made
    }

    /// The bodies that arrived at a path, as lines.
    fn lines(&self, path: &str) -> Vec<String> {
        let received = self.receiver.received();
        let there = received.iter().filter(|request| request.target == path);
        there.map(|request| String::from_utf8(request.body.clone()).unwrap()).collect()
    }
}

#[tokio::test]
async fn auditors_get_what_verifies_the_log() {
    let setup = setup().await;
    // The organization's, and the installation's.
    assert_eq!(setup.sign().await, 2);
    let (all, own) = (setup.lines("/auditor"), setup.lines("/own-auditor"));
    assert_eq!((all.len(), own.len()), (2, 1), "{all:?}");
    let body: Value = serde_json::from_str(&own[0]).unwrap();
    assert_eq!((&body["type"], &body["data"]["version"]), (&json!(CHECKPOINT_CREATED), &json!(1)));
    assert_eq!(body["data"]["organization_id"], json!(setup.organization));
    let everything = setup.lines("/all");
    assert!(!everything.is_empty() && everything.iter().all(|body| !body.contains(CHECKPOINT_CREATED)));

    let known: Vec<_> = all.iter().map(|line| Checkpoint::from_line(line).unwrap()).collect();
    assert!(verify(&setup.app, &known).await.iter().all(|report| report.finding.is_none()));
    let organization = &setup.organization;
    for change in [
        "DELETE FROM audit_entries WHERE sequence > 1 AND organization_id = ",
        "UPDATE audit_chains SET sequence = 1, checkpoint_sequence = 0 WHERE organization_id = ",
        "DELETE FROM audit_checkpoints WHERE organization_id = ",
    ] {
        assert!(setup.app.execute(&format!("{change}{organization}")) > 0, "{change}");
    }
    let reports = verify(&setup.app, &known).await;
    let report = reports.iter().find(|report| report.organization_id.to_string() == *organization).unwrap();
    assert_eq!(report.finding.as_ref().unwrap().kind, FindingKind::CutOff, "the auditor's copy shows it");
}

#[tokio::test]
async fn a_checkpoint_does_not_cause_the_next() {
    let setup = setup().await;
    setup.sign().await;
    let entries = setup.app.count("SELECT COUNT(*) FROM audit_entries");
    for _ in 0..3 {
        assert_eq!(setup.sign().await, 0);
    }
    assert_eq!(setup.app.count("SELECT COUNT(*) FROM audit_entries"), entries);
    assert_eq!(setup.lines("/auditor").len(), 2);
    let path = format!("/organizations/{}/invitations", setup.organization);
    setup.owner.post(&path, &[("email", "kim@example.com")]).await.ok();
    assert_eq!(setup.sign().await, 1);
    assert_eq!((setup.lines("/auditor").len(), setup.lines("/own-auditor").len()), (3, 2));
}

#[tokio::test]
async fn nothing_is_stored_without_a_subscriber() {
    let app = TestApp::start().await;
    let (_, organization) = app.create_organization("olga@example.com").await;
    let backend = PlatformClient::new(&app, "*").await;
    let body = json!({"url": "https://example.com/", "events": [CHECKPOINT_CREATED], "organization_id": organization});
    let endpoint = backend.post("/webhooks/endpoints", &body).await.ok();
    let path = format!("/webhooks/endpoints/{}", endpoint["id"].as_str().unwrap());
    backend.patch(&path, &json!({"enabled": false})).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    assert!(make_checkpoints(&app.inner.service).await.unwrap() > 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_deliveries"), 0);
}
