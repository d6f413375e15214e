//! Deleting an organization in two steps: it is hidden at once, and erased after a grace period in which an admin can
//! restore it.

use std::sync::Arc;
use std::time::Duration;

use super::sql::{self, DeletedOrganization, Organization};
use crate::access;
use crate::cache;
use crate::error::{Code, Result};
use crate::event::{OrganizationDeleted, OrganizationErased, OrganizationRestored};
use crate::execution::{Caller, Command, Context, Executor, Query};
use crate::id::OrganizationId;
use crate::permission::{RequiredPermission, Requirement};
use crate::reauthentication::require_recent_proof;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::time::Timestamp;
use crate::{event, images, membership, search_index};

const DAY: Duration = Duration::from_hours(24);
/// Rows per erasing transaction.
const BATCH_SIZE: i64 = 500;
/// Earlier than any deletion, so that an organization in erasure cannot be restored.
const ERASURE_STARTED: Timestamp = Timestamp::from_microseconds(0);

/// Deletes an organization. It is hidden from members and invitees at once, and erased after the grace period of the
/// settings. If that is zero, the erasure is started when this commits.
///
/// # Errors
/// `FORBIDDEN` without `organization:admin`; `REAUTHENTICATION_REQUIRED`.
#[derive(Debug)]
pub struct Delete {
    pub organization: OrganizationId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::OrganizationsWrite);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::OrganizationDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        let organization = grant.organization();
        let name = cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?.name;
        if let Some(user) = grant.user() {
            require_recent_proof(cx).await?;
            notify(cx, user, NoticeKind::OrganizationDeleted, &name).await?;
        }
        cx.tx.optional(sql::DELETE, (organization, cx.now)).await?.ok_or(Code::Forbidden)?;
        cx.emit(OrganizationDeleted { organization_id: organization, name });
        cx.tx.execute(sql::DEACTIVATE_IN_SIGN_INS, (organization,)).await?;
        cx.tx.execute(sql::DEACTIVATE_IN_DEFAULTS, (organization,)).await?;
        if cx.executor.settings.organizations.deletion_grace_days == 0 {
            cx.after_commit.on_success(|executor| executor.cleanup.notify_one());
        }
        Ok(())
    }
}

/// A deleted organization that the caller can restore before `erased_at`.
#[derive(Debug)]
pub struct RestorableOrganization {
    pub organization: DeletedOrganization,
    pub erased_at: Timestamp,
}

/// Lists the deleted organizations that the caller can restore, the last deleted first.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListDeleted;

impl Query for ListDeleted {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<RestorableOrganization>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<RestorableOrganization>> {
        let user = cx.user()?;
        let grace_period = grace_period(cx);
        let deleted = cx.tx.all(sql::RESTORABLE_BY_USER, (user, cx.now.minus(grace_period))).await?;
        let restorable = |organization: DeletedOrganization| RestorableOrganization {
            erased_at: organization.deleted_at.plus(grace_period),
            organization,
        };
        Ok(deleted.into_iter().map(restorable).collect())
    }
}

/// Restores a deleted organization with its members, roles and invitations.
///
/// # Errors
/// `UNAUTHORIZED`; `ADDRESS_NOT_ALLOWED`; `SSO_REQUIRED`; `MFA_REQUIRED`; `NOTHING_TO_RESTORE` unless the caller is an admin of it and
/// the grace period has not passed.
#[derive(Debug)]
pub struct Restore {
    pub organization: OrganizationId,
}

impl Command for Restore {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::NothingToRestore, Code::AddressNotAllowed, Code::SsoRequired, Code::MfaRequired];
    type Out = Organization;

    fn audit(&self) -> Audit {
        Audit::Change(Change::OrganizationRestored)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Organization> {
        cx.subject.organization = Some(self.organization);
        let user = cx.user()?;
        let grace_period = grace_period(cx);
        let deleted = cx.tx.all(sql::RESTORABLE_BY_USER, (user, cx.now.minus(grace_period))).await?;
        let is_restorable = deleted.iter().any(|deleted| deleted.id == self.organization);
        let restored =
            if is_restorable { cx.tx.optional(sql::RESTORE, (self.organization, cx.now)).await? } else { None };
        let restored = restored.ok_or(Code::NothingToRestore)?;
        let requiring = access::organizations_requiring_sso(cx, user, restored.requires_sso).await?;
        let requires_sso = requiring.contains(&restored.id);
        // Only an admin can restore it.
        let restriction = restored.access_conditions(requires_sso, true).restriction(&access::circumstances(cx));
        access::require_unrestricted(cx, restored.id, restriction).await?;
        cx.emit(OrganizationRestored { organization_id: self.organization });
        Ok(restored)
    }
}

/// Erases the organizations whose grace period has passed, and returns their number. If one cannot be erased, it is
/// logged and tried again in the next run.
pub async fn erase_deleted(executor: &Arc<Executor>) -> Result<usize> {
    let (mut erased, mut after) = (0, OrganizationId::from(0));
    while let Some(organization) = executor.query(&Caller::anonymous(), &NextToErase { after }).await.result? {
        after = organization;
        loop {
            match executor.run(&Caller::anonymous(), Erase { organization }).await.result {
                Ok(Erasure::Partial) => {}
                Ok(Erasure::Complete) => {
                    erased += 1;
                    break;
                }
                Ok(Erasure::Skipped) => break,
                Err(problem) => {
                    tracing::warn!(%organization, cause = problem.cause(), "could not erase a deleted organization");
                    break;
                }
            }
        }
    }
    Ok(erased)
}

#[derive(Debug)]
struct NextToErase {
    after: OrganizationId,
}

impl Query for NextToErase {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<OrganizationId>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<OrganizationId>> {
        let next = cx.tx.optional(sql::NEXT_TO_ERASE, (cx.now.minus(grace_period(cx)), self.after)).await?;
        Ok(next.map(|(organization,)| organization))
    }
}

/// Erases one batch of an organization's rows.
#[derive(Debug)]
struct Erase {
    organization: OrganizationId,
}

#[derive(Debug)]
enum Erasure {
    Partial,
    Complete,
    /// It was restored, or erased by another process.
    Skipped,
}

impl Command for Erase {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Erasure;

    fn audit(&self) -> Audit {
        Audit::Change(Change::OrganizationErased)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Erasure> {
        let deleted_before = cx.now.minus(grace_period(cx));
        // A partially erased organization must not be restored, even if the grace period is extended.
        cx.subject.is_unchanged = true;
        cx.subject.organization = Some(self.organization);
        if cx.tx.optional(sql::START_ERASURE, (self.organization, deleted_before, ERASURE_STARTED)).await?.is_none() {
            return Ok(Erasure::Skipped);
        }
        cx.tx.execute(images::sql::MARK_ORGANIZATION_IMAGES_UNUSED, (self.organization, cx.now)).await?;
        let mut remaining = BATCH_SIZE;
        // Referencing rows before referenced ones; the remaining tables are deleted by cascade.
        for statement in [
            search_index::sql::ERASE,
            sql::ERASE_INVITATIONS,
            sql::ERASE_WORKSPACE_MEMBERSHIPS,
            sql::ERASE_WORKSPACES,
            sql::ERASE_MEMBERSHIPS,
            sql::ERASE_ROLES,
        ] {
            remaining -=
                i64::try_from(cx.tx.execute(statement, (self.organization, remaining)).await?).unwrap_or(remaining);
            if remaining <= 0 {
                return Ok(Erasure::Partial);
            }
        }
        cx.tx.execute(cache::sql::DELETE, (self.organization,)).await?;
        cx.tx.execute(sql::ERASE_WEBHOOK_ENDPOINTS, (self.organization,)).await?;
        cx.tx.execute(sql::ERASE_ORGANIZATION, (self.organization,)).await?;
        cx.subject.is_unchanged = false;
        cx.emit(OrganizationErased { organization_id: self.organization });
        cx.tx.execute(event::sql::ERASE_ORGANIZATION_LATER, (self.organization, cx.now)).await?;
        Ok(Erasure::Complete)
    }
}

fn grace_period(cx: &Context<'_>) -> Duration {
    DAY * u32::from(cx.executor.settings.organizations.deletion_grace_days)
}
