//! Erasing: the personal data of a deleted account, and the payloads of an erased organization. The hashes stay, so that
//! the chains can still be verified. The stored bodies of webhooks have the same data, and lose it too.

use std::sync::Arc;
use std::time::Duration;

use vestibule_db::TransactionMode;

use super::sql::{self, ErasedEntry, Erasure};
use crate::error::{Code, Result};
use crate::event::{DeploymentInvitationAccepted, InvitationAccepted, InvitationDeclined, Payload, webhook_body};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::id::AuditEntryId;
use crate::permission::Requirement;
use crate::settings::{Settings, Webhooks};

/// Entries per transaction.
const BATCH_SIZE: i64 = 200;
/// Erasures that are read at a time.
const MAX_ERASURES: i64 = 100;
/// The time in which the last entries about the subject are sealed: only sealed ones are erased.
const DELAY: Duration = Duration::from_mins(1);

/// Erases what deleted accounts and erased organizations have left, and returns the number of these.
pub async fn erase_requested(executor: &Arc<Executor>) -> Result<usize> {
    let mut erased = 0;
    loop {
        let due = executor.query(&Caller::anonymous(), &Due).await.result?;
        if due.is_empty() {
            return Ok(erased);
        }
        for Erasure { subject_id, is_organization } in due {
            if is_organization {
                erase_organization(executor, subject_id).await?;
            } else {
                erase_person(executor, subject_id).await?;
            }
            executor.run(&Caller::anonymous(), Complete { subject: subject_id }).await.result?;
            erased += 1;
        }
    }
}

async fn erase_organization(executor: &Arc<Executor>, organization: i64) -> Result<()> {
    let mut after = 0;
    while let Some(next) = executor.run(&Caller::anonymous(), ErasePayloads { organization, after }).await.result? {
        after = next;
    }
    Ok(())
}

/// Erases the personal data of the entries that the person caused, of those about them, and of the invitations that they
/// accepted or declined.
async fn erase_person(executor: &Arc<Executor>, user: i64) -> Result<()> {
    let mut subjects = vec![(Role::Actor, user), (Role::Target, user)];
    while let Some((role, subject)) = subjects.pop() {
        let mut after = Some((-1, AuditEntryId::from(i64::MAX)));
        while let Some(position) = after {
            let batch =
                executor.run(&Caller::anonymous(), ErasePersonal { role, subject, after: position }).await.result?;
            if role == Role::Actor {
                subjects.extend(batch.invitations.into_iter().map(|invitation| (Role::Target, invitation)));
            }
            after = batch.next;
        }
    }
    Ok(())
}

#[derive(Debug)]
struct Due;

impl Query for Due {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<Erasure>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Erasure>> {
        Ok(cx.tx.all(sql::ERASURES, (cx.now.minus(DELAY), MAX_ERASURES)).await?)
    }
}

#[derive(Debug)]
struct Complete {
    subject: i64,
}

impl Command for Complete {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.tx.execute(sql::COMPLETE_ERASURE, (self.subject,)).await?;
        Ok(())
    }
}

/// Erases the payloads of a batch, after a number of the chain. Returns the number of the last one.
#[derive(Debug)]
struct ErasePayloads {
    organization: i64,
    after: i64,
}

impl Command for ErasePayloads {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<i64>;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<i64>> {
        let Some(chain) = cx.tx.optional(sql::CHAIN, (self.organization,)).await? else { return Ok(None) };
        let after = self.after.max(chain.first_sequence);
        if after >= chain.sequence {
            return Ok(None);
        }
        cx.tx.execute(sql::MARK_ERASED, (self.organization, cx.now)).await?;
        let end = after + BATCH_SIZE;
        cx.tx.execute(sql::DELETE_WEBHOOKS, (self.organization, after, end)).await?;
        cx.tx.execute(sql::DELETE_WEBHOOK_ATTEMPTS, (self.organization, after, end)).await?;
        cx.tx.execute(sql::ERASE_PAYLOADS, (self.organization, after, end)).await?;
        Ok(Some(end))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Actor,
    Target,
}

/// Erases the personal data of a batch of entries, after one of them.
#[derive(Debug)]
struct ErasePersonal {
    role: Role,
    subject: i64,
    after: (i64, AuditEntryId),
}

#[derive(Debug)]
struct ErasedBatch {
    /// Those that the person accepted or declined.
    invitations: Vec<i64>,
    next: Option<(i64, AuditEntryId)>,
}

impl Command for ErasePersonal {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = ErasedBatch;

    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<ErasedBatch> {
        let statement = match self.role {
            Role::Actor => sql::OF_ACTOR,
            Role::Target => sql::OF_TARGET,
        };
        let (organization, id) = self.after;
        let entries = cx.tx.all(statement, (self.subject, organization, id, BATCH_SIZE)).await?;
        let rows: Vec<_> = entries.iter().map(|entry| (entry.organization_id, entry.id)).collect();
        cx.tx.execute_each(sql::ERASE_PERSONAL, &rows).await?;
        replace_bodies(cx, &entries).await?;
        let of_invitee = [InvitationAccepted::ACTION, InvitationDeclined::ACTION, DeploymentInvitationAccepted::ACTION];
        let invitations = entries.iter().filter(|entry| of_invitee.contains(&entry.action.as_str()));
        Ok(ErasedBatch { invitations: invitations.map(|entry| entry.target_id).collect(), next: rows.last().copied() })
    }
}

/// Makes the stored bodies of webhooks those of entries without personal data. Older ones are deleted by the cleanup.
async fn replace_bodies(cx: &mut Context<'_>, entries: &[ErasedEntry]) -> Result<()> {
    // The longest that the setting can be: the cleanup may not have followed a shorter one yet.
    let kept = Duration::from_hours(24 * u64::from(Webhooks::MAX_RETENTION_DAYS));
    let first_kept = AuditEntryId::first_at(cx.now.minus(kept));
    let bodies: Vec<_> = entries
        .iter()
        .filter(|entry| entry.id >= first_kept)
        .filter_map(|entry| {
            let body = webhook_body(&entry.action, entry.created_at, entry.payload.as_deref()?);
            Some((entry.id, entry.organization_id, body))
        })
        .collect();
    let rows: Vec<_> = bodies.iter().map(|(id, organization, body)| (*id, *organization, body.as_str())).collect();
    cx.tx.execute_each(sql::REPLACE_WEBHOOKS, &rows).await?;
    Ok(())
}
