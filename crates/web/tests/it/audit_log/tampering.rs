//! Changes behind the service's back: each is found, and the first entry that does not fit is named.

use vestibule_core::audit::{
    ChainReport, Checkpoint, CountUnsealed, Finding, FindingKind, ListMissingChains, make_checkpoints, seal_all,
};
use vestibule_core::execution::Caller;

use super::{list_chains, verify, verify_chains};
use crate::harness::{DAY, TestApp, TestClient};

const ENTRIES: i64 = 10;

struct Log {
    app: TestApp,
    owner: TestClient,
    organization: String,
    /// The checkpoints as they were written elsewhere.
    known: Vec<Checkpoint>,
    /// Has the file of checkpoints.
    _folder: tempfile::TempDir,
}

/// An organization with ten sealed entries, of which the checkpoint covers all.
async fn start() -> Log {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoints.jsonl");
    let app = TestApp::with_settings(|settings| settings.audit.checkpoint_file = Some(file.clone())).await;
    let (owner, organization) = app.create_organization("olga@example.com").await;
    for number in 3..=ENTRIES {
        let email = format!("{number}@example.com");
        owner.post(&format!("/organizations/{organization}/invitations"), &[("email", &email)]).await.ok();
    }
    seal_all(&app.inner.service).await.unwrap();
    make_checkpoints(&app.inner.service).await.unwrap();
    let known = std::fs::read_to_string(&file).unwrap();
    let known = known.lines().map(|line| Checkpoint::from_line(line).unwrap()).collect();
    Log { app, owner, organization, known, _folder: folder }
}

impl Log {
    fn change(&self, statement: &str) {
        let changed = self.app.execute(&statement.replace("ORG", &self.organization));
        assert!(changed > 0, "{statement}");
    }

    async fn report(&self, known: &[Checkpoint]) -> ChainReport {
        let reports = verify(&self.app, known).await;
        reports.into_iter().find(|report| report.organization_id.to_string() == self.organization).unwrap()
    }

    async fn finding(&self) -> (i64, FindingKind) {
        let Finding { sequence, kind, .. } = self.report(&[]).await.finding.unwrap();
        (sequence, kind)
    }
}

#[tokio::test]
async fn untouched_log_fits() {
    let log = start().await;
    let report = log.report(&log.known).await;
    assert_eq!((report.entries, report.finding), (10, None));
}

#[tokio::test]
async fn changed_columns_are_found() {
    for column in [
        "created_at = created_at + 1",
        "action = 'organization.deleted'",
        "actor_kind = 'system'",
        "actor_id = 1",
        "actor_id = NULL",
        "impersonator_id = 1",
        "target_kind = 'user'",
        "target_id = target_id + 1",
        "request_id = 1",
        "payload = '{}'",
        "payload_salt = hash",
        "payload_commitment = hash",
        "commitment = NULL",
        "hash = commitment",
        "id = id + 1",
    ] {
        let log = start().await;
        log.change(&format!("UPDATE audit_entries SET {column} WHERE organization_id = ORG AND sequence = 4"));
        assert_eq!(log.finding().await, (4, FindingKind::Changed), "{column}");
    }
}

#[tokio::test]
async fn changed_personal_data_is_found() {
    for column in ["personal = '{}'", "personal = NULL", "salt = commitment"] {
        let log = start().await;
        log.change(&format!("UPDATE audit_entries SET {column} WHERE organization_id = ORG AND sequence = 5"));
        assert_eq!(log.finding().await, (5, FindingKind::PersonalChanged), "{column}");
    }
}

#[tokio::test]
async fn deleted_entries_are_found() {
    let log = start().await;
    log.change("DELETE FROM audit_entries WHERE organization_id = ORG AND sequence IN (6, 7)");
    assert_eq!(log.finding().await, (6, FindingKind::Missing));
    let log = start().await;
    log.change("DELETE FROM audit_entries WHERE organization_id = ORG AND sequence = 1");
    assert_eq!(log.finding().await, (1, FindingKind::Missing));
    let log = start().await;
    log.change("UPDATE audit_entries SET payload = NULL WHERE organization_id = ORG AND sequence = 2");
    assert_eq!(log.finding().await, (2, FindingKind::PayloadMissing));
    log.change("UPDATE audit_entries SET payload_salt = NULL WHERE organization_id = ORG AND sequence = 2");
    log.change("UPDATE audit_chains SET erased_at = 1 WHERE organization_id = ORG");
    assert_eq!(log.finding().await, (2, FindingKind::PayloadMissing), "the organization is still there");
}

#[tokio::test]
async fn swapped_entries_are_found() {
    let log = start().await;
    for (from, to) in [(4, 1000), (5, 4), (1000, 5)] {
        log.change(&format!(
            "UPDATE audit_entries SET sequence = {to} WHERE organization_id = ORG AND sequence = {from}"
        ));
    }
    assert_eq!(log.finding().await, (4, FindingKind::Changed));
}

#[tokio::test]
async fn inserted_entries_are_found() {
    let log = start().await;
    for sequence in (5..=ENTRIES).rev() {
        log.change(&format!(
            "UPDATE audit_entries SET sequence = {} WHERE organization_id = ORG AND sequence = {sequence}",
            sequence + 1
        ));
    }
    log.change(
        "INSERT INTO audit_entries (organization_id, id, created_at, action, actor_kind, target_kind, target_id, payload,
                                    sequence, hash)
         SELECT organization_id, id + 1, created_at, action, actor_kind, target_kind, target_id, payload, 5, hash
           FROM audit_entries WHERE organization_id = ORG AND sequence = 4",
    );
    assert_eq!(log.finding().await, (5, FindingKind::Changed));
}

#[tokio::test]
async fn cut_tail_is_found() {
    // The end of the chain is stored apart from the entries.
    let log = start().await;
    log.change("DELETE FROM audit_entries WHERE organization_id = ORG AND sequence > 7");
    assert_eq!(log.finding().await, (10, FindingKind::CutOff));
    // If that is changed as well, the checkpoint shows it.
    log.change(
        "UPDATE audit_chains
            SET sequence = 7, hash = (SELECT e.hash FROM audit_entries e WHERE e.organization_id = ORG AND e.sequence = 7)
          WHERE organization_id = ORG",
    );
    assert_eq!(log.finding().await, (10, FindingKind::CutOff));
    // If that is deleted too, the one that was written elsewhere does.
    log.change("DELETE FROM audit_checkpoints WHERE organization_id = ORG");
    assert_eq!(log.report(&[]).await.finding, None);
    let finding = log.report(&log.known).await.finding.unwrap();
    assert_eq!((finding.sequence, finding.kind), (10, FindingKind::CutOff));
}

#[tokio::test]
async fn rewritten_chain_is_found() {
    let log = start().await;
    // A chain that fits by itself: the sealer makes it of the changed entries.
    log.change(
        "UPDATE audit_entries SET action = 'organization.restored' WHERE organization_id = ORG AND sequence = 3",
    );
    let columns =
        "organization_id, id, created_at, action, actor_kind, actor_id, impersonator_id, target_kind, target_id,
                   request_id, payload, personal, salt";
    log.change(&format!(
        "INSERT INTO audit_queue ({columns}) SELECT {columns} FROM audit_entries WHERE organization_id = ORG"
    ));
    log.change("DELETE FROM audit_entries WHERE organization_id = ORG");
    log.change("DELETE FROM audit_chains WHERE organization_id = ORG");
    seal_all(&log.app.inner.service).await.unwrap();
    assert_eq!(log.finding().await, (10, FindingKind::Rewritten));
    log.change("UPDATE audit_checkpoints SET hash = (SELECT c.hash FROM audit_chains c WHERE c.organization_id = ORG) WHERE organization_id = ORG");
    assert_eq!(log.finding().await, (10, FindingKind::ForgedCheckpoint));
    log.change("DELETE FROM audit_checkpoints WHERE organization_id = ORG");
    let finding = log.report(&log.known).await.finding.unwrap();
    assert_eq!((finding.sequence, finding.kind), (10, FindingKind::Rewritten));
}

#[tokio::test]
async fn deleted_beginning_is_found() {
    let log = start().await;
    log.change("DELETE FROM audit_entries WHERE organization_id = ORG AND sequence <= 4");
    log.change(
        "UPDATE audit_chains
            SET first_sequence = 4, first_hash = (SELECT e.hash FROM audit_entries e WHERE e.organization_id = ORG AND e.sequence = 5)
          WHERE organization_id = ORG",
    );
    assert_eq!(log.finding().await, (4, FindingKind::BeginningMissing));
}

#[tokio::test]
async fn a_deleted_chain_is_found() {
    let log = start().await;
    log.change("DELETE FROM audit_chains WHERE organization_id = ORG");
    let missing = log.app.inner.service.query(&Caller::anonymous(), &ListMissingChains).await.result.unwrap();
    let missing: Vec<_> = missing.iter().map(|chain| (chain.organization_id.to_string(), chain.sequence)).collect();
    assert_eq!(missing, [(log.organization, ENTRIES)]);
}

#[tokio::test]
async fn a_chain_that_grows_meanwhile_fits() {
    let log = start().await;
    let chains = list_chains(&log.app).await;
    let path = format!("/organizations/{}/invitations", log.organization);
    log.owner.post(&path, &[("email", "late@example.com")]).await.ok();
    log.app.advance(DAY);
    seal_all(&log.app.inner.service).await.unwrap();
    assert!(make_checkpoints(&log.app.inner.service).await.unwrap() > 0);
    let reports = verify_chains(&log.app, &chains, &log.known).await;
    assert!(reports.iter().all(|report| report.finding.is_none()), "{reports:?}");
    assert!(reports.iter().any(|report| report.entries == 11), "{reports:?}");
}

#[tokio::test]
async fn entries_that_are_not_sealed_are_counted() {
    let log = start().await;
    let count = async || log.app.inner.service.query(&Caller::anonymous(), &CountUnsealed).await.result.unwrap();
    assert_eq!(count().await, 0);
    let path = format!("/organizations/{}/invitations", log.organization);
    log.owner.post(&path, &[("email", "late@example.com")]).await.ok();
    assert_eq!(count().await, 1);
    seal_all(&log.app.inner.service).await.unwrap();
    assert_eq!(count().await, 0);
}
