//! Deleting in two steps: gone for everybody at once, and erased some days later, until when an admin of it can bring it
//! back.

use std::sync::Arc;
use std::time::Duration;

use super::sql::{self, DeletedOrganization, Organization};
use crate::access;
use crate::cache;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Query};
use crate::id::OrganizationId;
use crate::images;
use crate::permission::{RequiredPermission, Requirement};
use crate::time::Timestamp;

const DAY: Duration = Duration::from_hours(24);
/// Rows that are erased in one transaction at the most.
const BATCH: i64 = 500;
/// An instant before which nothing was deleted.
const NEVER: Timestamp = Timestamp::from_microseconds(0);

/// Deletes an organization. From the commit on it is as if it were not there, for its members and for whoever is invited;
/// after the days of the settings it is erased with all that hangs on it; without any, housekeeping does so right then.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is an admin.
#[derive(Debug)]
pub struct Delete {
    pub organization: OrganizationId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Admin);
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Admin).await?;
        let organization = grant.organization();
        cx.tx.optional(sql::DELETE, (organization, cx.now)).await?.ok_or(Code::Forbidden)?;
        cx.tx.execute(sql::DEACTIVATE_IN_SIGN_INS, (organization,)).await?;
        cx.tx.execute(sql::DEACTIVATE_IN_DEFAULTS, (organization,)).await?;
        if cx.executor.settings.organizations.days_to_restore == 0 {
            cx.after_commit.on_success(|executor| executor.cleanup.notify_one());
        }
        Ok(())
    }
}

/// A deleted organization, and until when it can be brought back.
#[derive(Debug)]
pub struct RestorableOrganization {
    pub organization: DeletedOrganization,
    pub erased_at: Timestamp,
}

/// Shows what the caller could bring back, the last deleted first. Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListDeleted;

impl Query for ListDeleted {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<RestorableOrganization>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<RestorableOrganization>> {
        let user = cx.user()?;
        let days = days(cx);
        let deleted = cx.tx.all(sql::RESTORABLE_BY_USER, (user, cx.now.minus(days))).await?;
        let restorable = |organization: DeletedOrganization| RestorableOrganization {
            erased_at: organization.deleted_at.plus(days),
            organization,
        };
        Ok(deleted.into_iter().map(restorable).collect())
    }
}

/// Brings a deleted organization back, as it was: with its members, roles and invitations.
///
/// Errors: `UNAUTHORIZED`; `NOTHING_TO_RESTORE` unless the caller was an admin of it, and its days are not over.
#[derive(Debug)]
pub struct Restore {
    pub organization: OrganizationId,
}

impl Command for Restore {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::NothingToRestore];
    type Out = Organization;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Organization> {
        let user = cx.user()?;
        let days = days(cx);
        let deleted = cx.tx.all(sql::RESTORABLE_BY_USER, (user, cx.now.minus(days))).await?;
        let is_theirs = deleted.iter().any(|deleted| deleted.id == self.organization);
        let restored = if is_theirs { cx.tx.optional(sql::RESTORE, (self.organization, cx.now)).await? } else { None };
        Ok(restored.ok_or(Code::NothingToRestore)?)
    }
}

/// Erases the organizations whose days are over, and says how many there were. One that cannot be erased is passed by
/// until the next time.
pub async fn erase_deleted(executor: &Arc<Executor>) -> Result<usize> {
    let (mut erased, mut after) = (0, OrganizationId::from(0));
    while let Some(organization) = executor.query(&Caller::anonymous(), &NextToErase { after }).await.result? {
        after = organization;
        loop {
            match executor.run(&Caller::anonymous(), Erase { organization }).await.result {
                Ok(Erased::InPart) => {}
                Ok(Erased::Whole) => {
                    erased += 1;
                    break;
                }
                Ok(Erased::Cached) => break,
                Err(problem) => {
                    tracing::warn!(%organization, cause = problem.cause(), "a deleted organization could not be erased");
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
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<OrganizationId>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<OrganizationId>> {
        let next = cx.tx.optional(sql::NEXT_TO_ERASE, (cx.now.minus(days(cx)), self.after)).await?;
        Ok(next.map(|(organization,)| organization))
    }
}

/// Erases as much of an organization as does not keep others waiting.
#[derive(Debug)]
struct Erase {
    organization: OrganizationId,
}

#[derive(Debug)]
enum Erased {
    InPart,
    Whole,
    /// Somebody has brought it back, or another process has erased it.
    Cached,
}

impl Command for Erase {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Erased;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Erased> {
        let until = cx.now.minus(days(cx));
        // Of what is erased in part nothing is brought back, whatever becomes of the settings.
        if cx.tx.optional(sql::START_ERASURE, (self.organization, until, NEVER)).await?.is_none() {
            return Ok(Erased::Cached);
        }
        cx.tx.execute(images::sql::MARK_ORGANIZATION_IMAGES_UNUSED, (self.organization, cx.now)).await?;
        let mut room = BATCH;
        // In an order in which nothing points at what is gone already; the rest goes with what it hangs on.
        for statement in [
            sql::ERASE_INVITATIONS,
            sql::ERASE_WORKSPACE_MEMBERSHIPS,
            sql::ERASE_WORKSPACES,
            sql::ERASE_MEMBERSHIPS,
            sql::ERASE_ROLES,
        ] {
            room -= i64::try_from(cx.tx.execute(statement, (self.organization, room)).await?).unwrap_or(room);
            if room <= 0 {
                return Ok(Erased::InPart);
            }
        }
        cx.tx.execute(cache::sql::DELETE, (self.organization,)).await?;
        cx.tx.execute(sql::ERASE_ORGANIZATION, (self.organization,)).await?;
        Ok(Erased::Whole)
    }
}

fn days(cx: &Context<'_>) -> Duration {
    DAY * u32::from(cx.executor.settings.organizations.days_to_restore)
}
