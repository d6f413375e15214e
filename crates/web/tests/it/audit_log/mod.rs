//! The audit log: what is recorded, who can read it, and how changes behind the service's back are found.

mod checkpoint_webhooks;
mod coverage;
mod erasure;
mod export;
mod lists;
mod tampering;

use serde_json::{Value, json};
use vestibule_core::audit::{
    Chain, ChainReport, Checkpoint, CheckpointKey, CheckpointVerifier, ListChains, make_checkpoints, seal_all,
    verify_chain,
};
use vestibule_core::execution::Caller;
use vestibule_core::operator::DisableUser;
use vestibule_core::secret::{Keys, MasterKey};
use vestibule_testbed::Engine;

use crate::harness::{TestApp, TestClient, text};
use crate::platform::PlatformClient;

/// Seals all entries and returns those of an organization, oldest first.
pub(super) async fn sealed(app: &TestApp, owner: &TestClient, organization: &str) -> Vec<Value> {
    seal_all(&app.inner.service).await.unwrap();
    let mut entries = owner.get(&format!("/organizations/{organization}/audit-log?limit=500")).await.ok();
    entries.as_array_mut().unwrap().reverse();
    entries.as_array().unwrap().clone()
}

/// Inserts `blocks` times 500 entries of a user, or of nobody (`NULL`), into a log with two entries, the first of which has the
/// id `first`. They are newer.
pub(super) fn insert_updates(app: &TestApp, organization: &str, actor: &str, first: i64, blocks: i64) {
    let hash = if Engine::under_test() == Engine::Sqlite { "X'00'" } else { "'\\x00'" };
    for block in 0..blocks {
        let rows: Vec<_> = (block * 500..(block + 1) * 500)
            .map(|number| {
                let (id, sequence) = (first + 100_000 + number, 3 + number);
                format!(
                    "({organization}, {id}, 0, 'organization.updated', 'user', {actor}, 'organization', {organization},
                      '{{}}', {sequence}, {hash})"
                )
            })
            .collect();
        app.execute(&format!(
            "INSERT INTO audit_entries (organization_id, id, created_at, action, actor_kind, actor_id, target_kind, target_id,
                                        payload, sequence, hash)
             VALUES {}",
            rows.join(", ")
        ));
    }
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

fn find<'e>(entries: &'e [Value], action: &str) -> &'e Value {
    entries.iter().rev().find(|entry| entry["action"] == action).unwrap_or_else(|| panic!("no {action}: {entries:#?}"))
}

async fn list_chains(app: &TestApp) -> Vec<Chain> {
    app.inner.service.query(&Caller::anonymous(), &ListChains { after: -1 }).await.result.unwrap()
}

async fn verify_chains(app: &TestApp, chains: &[Chain], known: &[Checkpoint]) -> Vec<ChainReport> {
    let key = CheckpointVerifier::from(&CheckpointKey::new(&Keys::new(&MasterKey::new([7; 32]))).unwrap());
    let mut reports = Vec::new();
    for chain in chains {
        reports.push(verify_chain(&app.inner.service, chain, known, &key).await.unwrap());
    }
    reports
}

/// Verifies all chains of the database, and returns the reports.
async fn verify(app: &TestApp, known: &[Checkpoint]) -> Vec<ChainReport> {
    verify_chains(app, &list_chains(app).await, known).await
}

async fn member_id(client: &TestClient) -> String {
    text(&client.get("/me").await.ok()["id"])
}

#[tokio::test]
async fn answers_who_gave_a_member_a_role() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    let admin = owner.admin_role(&path).await;
    let roles = owner.get(&format!("{path}/roles")).await.ok();
    let member_role = text(&roles.as_array().unwrap().iter().find(|role| role["name"] == "Member").unwrap()["id"]);
    let sam = app.create_member(&owner, &organization, "sam@example.com", &member_role).await;
    let (olga, sam) = (member_id(&owner).await, member_id(&sam).await);
    let response = owner.post(&format!("{path}/members/{sam}/roles/{admin}/add"), &[]).await;
    let request = response.headers["x-request-id"].to_str().unwrap().to_owned();
    response.ok();

    let entries = sealed(&app, &owner, &organization).await;
    let entry = find(&entries, "organization.member.role.updated");
    assert_eq!(entry["actor"], json!({"type": "user", "id": olga, "impersonator_id": null}));
    assert_eq!(entry["target"], json!({"type": "user", "id": sam}));
    assert_eq!(entry["request_id"], json!(request));
    assert_eq!(entry["organization_id"], json!(organization));
    assert_eq!(entry["data"]["user_id"], json!(sam));
    assert_eq!(entry["data"]["before"]["role_ids"], json!([member_role]));
    let mut after = vec![admin, member_role];
    after.sort_by_key(|id| id.parse::<i64>().unwrap());
    assert_eq!(entry["data"]["after"]["role_ids"], json!(after));
    assert_eq!(entry["personal"]["client_address"], "127.0.0.1");
    assert!(!entry["data"].to_string().contains("example.com"));
    assert_eq!(
        actions(&entries),
        [
            "organization.created",
            "organization.member.added",
            "organization.invitation.created",
            "organization.member.added",
            "organization.invitation.accepted",
            "organization.member.role.updated",
        ]
    );
    let numbers: Vec<_> = entries.iter().map(|entry| entry["sequence"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=6).collect::<Vec<_>>());
}

#[tokio::test]
async fn changes_have_their_values_before_and_after() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    owner.post(&format!("{path}/update"), &[("name", "Acme Ltd")]).await.ok();
    owner.post(&format!("{path}/invitations"), &[("email", "kim@example.com")]).await.ok();
    let entries = sealed(&app, &owner, &organization).await;
    let update = &find(&entries, "organization.updated")["data"];
    assert_eq!(update["after"], json!({"name": "Acme Ltd"}));
    assert_eq!(update["before"].as_object().unwrap().len(), 1);
    let invitation = find(&entries, "organization.invitation.created");
    assert_eq!(invitation["personal"]["email"], "kim@example.com");
    assert_eq!(invitation["target"]["id"], invitation["data"]["invitation_id"]);
    assert_eq!(invitation["data"]["entity_type"], "organization_invitation");
}

#[tokio::test]
async fn records_api_keys_operators_and_the_service_as_actors() {
    let app = TestApp::start().await;
    let backend = PlatformClient::new(&app, "*").await;
    let organization = text(&backend.post("/organizations", &json!({"name": "Acme"})).await.ok()["id"]);
    let nina = member_id(&app.create_user("nina@example.com").await).await;
    app.inner.service.run(&Caller::operator(), DisableUser { user: nina.parse().unwrap() }).await.result.unwrap();
    seal_all(&app.inner.service).await.unwrap();
    let actor = |action: &str, organization: &str| {
        let rows = app.inner.database.rows(&format!(
            "SELECT actor_kind, COALESCE(actor_id, 0) FROM audit_entries
              WHERE action = '{action}' AND organization_id = {organization}"
        ));
        rows.into_iter().next().unwrap_or_else(|| panic!("no {action}"))
    };
    assert_eq!(actor("organization.created", &organization)[0], "api_key");
    assert_eq!(actor("user.disabled", "0"), ["operator", "0"]);
    assert_eq!(actor("user.created", "0"), ["user", nina.as_str()]);
    assert_eq!(actor("session.created", "0"), ["user", nina.as_str()]);
}

#[tokio::test]
async fn failed_commands_leave_no_entry() {
    let app = TestApp::start().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}");
    app.verify_all_addresses();
    let before = app.count("SELECT COUNT(*) FROM audit_queue");
    owner.post(&format!("{path}/leave"), &[]).await.assert_error(403, "LAST_ADMIN");
    owner
        .post(&format!("{path}/invitations"), &[("email", "olga@example.com")])
        .await
        .assert_error(400, "ALREADY_MEMBER");
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_queue"), before);
}

#[tokio::test]
async fn several_processes_seal_one_chain() {
    let app = TestApp::start().await;
    if Engine::under_test() == Engine::Sqlite {
        // A file has one process.
        return;
    }
    let second = app.second_instance().await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    let path = format!("/organizations/{organization}/invitations");
    for round in 0..10 {
        for number in 0..5 {
            owner.post(&path, &[("email", &format!("{round}.{number}@example.com"))]).await.ok();
        }
        let (one, other) = tokio::join!(seal_all(&app.inner.service), seal_all(&second.inner.service));
        assert!(one.unwrap() + other.unwrap() >= 5);
    }
    assert!(verify(&app, &[]).await.iter().all(|report| report.finding.is_none()));
    assert_eq!(sealed(&app, &owner, &organization).await.len(), 52);
}

#[tokio::test]
async fn checkpoints_are_made_at_the_interval_and_appended_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoints.jsonl");
    let app = TestApp::with_settings(|settings| settings.audit.checkpoint_file = Some(file.clone())).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    seal_all(&app.inner.service).await.unwrap();
    assert_eq!(make_checkpoints(&app.inner.service).await.unwrap(), 2);
    assert_eq!(make_checkpoints(&app.inner.service).await.unwrap(), 0, "the interval has not passed");
    app.advance(std::time::Duration::from_secs(3601));
    owner.post(&format!("/organizations/{organization}/invitations"), &[("email", "kim@example.com")]).await.ok();
    seal_all(&app.inner.service).await.unwrap();
    assert_eq!(make_checkpoints(&app.inner.service).await.unwrap(), 1, "only the chain that has grown");
    let lines = std::fs::read_to_string(&file).unwrap();
    let known: Vec<_> = lines.lines().map(|line| Checkpoint::from_line(line).unwrap()).collect();
    assert_eq!(known.len(), 3);
    assert!(verify(&app, &known).await.iter().all(|report| report.finding.is_none()));
    // What a killed process did not write, or not completely, the next run writes.
    let first = lines.lines().next().unwrap();
    for left in [first.to_owned(), format!("{first}\n{}", &first[..20])] {
        std::fs::write(&file, left).unwrap();
        app.advance(std::time::Duration::from_secs(3601));
        make_checkpoints(&app.inner.service).await.unwrap();
        let lines = std::fs::read_to_string(&file).unwrap();
        assert_eq!(lines.lines().filter(|line| Checkpoint::from_line(line).is_ok()).count(), 3, "{lines}");
    }
}
