//! Exports, and verifying one with a second implementation.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use vestibule_core::audit::{ChainVerifier, ExportLine, Hash, seal_all};

use crate::harness::TestApp;

/// The example of `docs/audit-log.md`.
fn verify_with_python(export: &str) -> (bool, String) {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/audit-log.md")).unwrap();
    let script = guide.split("```python\n").nth(1).unwrap().split("```").next().unwrap().to_owned();
    let mut python = Command::new("python3")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It stops reading at the first entry that does not fit.
    let _ = python.stdin.take().unwrap().write_all(export.as_bytes());
    let output = python.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

/// Inserts 700 entries: more than an export reads at a time.
fn insert_unsealed(app: &TestApp, organization: &str) {
    for number in 0..700 {
        app.execute(&format!(
            "INSERT INTO audit_queue (organization_id, id, created_at, action, actor_kind, target_kind, target_id, payload)
             VALUES ({organization}, {}, 5, 'organization.updated', 'system', 'organization', {organization}, '{{\"name\":\"Zoë \u{1f600}\"}}')",
            7_000 + number
        ));
    }
}

#[tokio::test]
async fn export_has_the_whole_chain_and_is_verified_by_a_second_implementation() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    insert_unsealed(&app, &organization);
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    owner.post(&format!("{path}/invitations"), &[("email", "not-sealed@example.com")]).await.ok();
    let response = owner.get(&format!("{path}/audit-log.jsonl")).await;
    assert_eq!(response.headers["content-type"], "application/jsonl");
    let export = response.text;
    assert!(!export.contains("not-sealed"));
    assert_eq!(export.lines().count(), 703);
    let mut verifier: Option<ChainVerifier> = None;
    for line in export.lines() {
        let (entry, previous) = ExportLine::parse(line).unwrap();
        let verifier = verifier.get_or_insert_with(|| {
            ChainVerifier::new(0, Hash::try_from(previous.as_slice()).unwrap(), Vec::new(), false)
        });
        verifier.add(&entry).unwrap();
    }
    assert_eq!(verify_with_python(&export), (true, "703 entries fit\n".to_owned()));
    let changed = export.replacen("Zoë", "Zoe", 1);
    let (is_success, text) = verify_with_python(&changed);
    assert!(!is_success && text.contains("does not fit"), "{text}");
    let personal = export.replacen("kim@example.com", "tim@example.com", 1);
    assert!(!verify_with_python(&personal).0);
    let without_one: Vec<_> =
        export.lines().enumerate().filter(|(number, _)| *number != 9).map(|(_, line)| line).collect();
    assert!(!verify_with_python(&without_one.join("\n")).0);
}

#[tokio::test]
async fn export_ends_with_the_entry_that_was_the_last_when_it_began() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    insert_unsealed(&app, &organization);
    seal_all(&app.inner.service).await.unwrap();
    let request = Request::builder()
        .uri(format!("{path}/audit-log.jsonl"))
        .header(header::COOKIE, owner.session_cookie())
        .body(Body::empty())
        .unwrap();
    let response = app.inner.server.clone().handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    assert_eq!(response.status(), 200);
    // The rest of the entries is read while the body is sent.
    owner.post(&format!("{path}/invitations"), &[("email", "late@example.com")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    assert_eq!(
        app.count(&format!("SELECT MAX(sequence) FROM audit_entries WHERE organization_id = {organization}")),
        704
    );
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let export = String::from_utf8(body.to_vec()).unwrap();
    assert!(!export.contains("late@example.com"));
    assert_eq!(verify_with_python(&export), (true, "702 entries fit\n".to_owned()));
}

#[tokio::test]
async fn exports_are_recorded_and_filtered() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    owner.post(&format!("{path}/invitations"), &[("email", "=1+1@example.com")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    let csv = owner.get(&format!("{path}/audit-log.csv?action=organization.invitation.created")).await.text;
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines.len(), 2, "{csv}");
    assert!(lines[0].ends_with("data,personal,sequence,hash"));
    assert!(lines[1].contains("organization.invitation.created"));
    seal_all(&app.inner.service).await.unwrap();
    let log = owner.get(&format!("{path}/audit-log?limit=1")).await.ok();
    assert_eq!(log[0]["action"], "organization.audit_log.exported");
    assert_eq!(log[0]["data"]["format"], "csv");
}
