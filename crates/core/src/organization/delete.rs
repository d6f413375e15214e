//! Deleting in two steps: gone for everybody at once, and erased some days later, until when an admin of it can bring it
//! back.

use std::sync::Arc;
use std::time::Duration;

use super::sql::{self, Deleted, Organization};
use crate::access::{self, Need};
use crate::context::{Caller, Command, Context, Query};
use crate::error::{Code, Result};
use crate::id::OrganizationId;
use crate::service::Service;
use crate::time::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// Deletes an organization. From the commit on it is as if it were not there, for its members and for whoever is invited;
/// after the days of the settings it is erased with all that hangs on it, and without any at once.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is an admin.
#[derive(Debug)]
pub struct Delete {
    /// Which one.
    pub organization: OrganizationId,
}

impl Command for Delete {
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, Need::Admin).await?;
        let organization = grant.organization();
        if cx.service.settings.organizations.days_to_restore == 0 {
            return erase(cx, organization).await;
        }
        cx.tx.optional(sql::DELETE, (organization, cx.now)).await?.ok_or(Code::Forbidden)?;
        cx.tx.execute(sql::CLEAR_SIGN_INS, (organization,)).await?;
        cx.tx.execute(sql::CLEAR_DEFAULTS, (organization,)).await?;
        Ok(())
    }
}

/// A deleted organization, and until when it can be brought back.
#[derive(Debug)]
pub struct Restorable {
    /// The organization.
    pub organization: Deleted,
    /// From this instant on it is too late.
    pub erased_at: Timestamp,
}

/// Shows what the caller could bring back, the last deleted first. Error: `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListDeleted;

impl Query for ListDeleted {
    type Out = Vec<Restorable>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<Restorable>> {
        let user = cx.user()?;
        let days = days(cx);
        let deleted = cx.tx.all(sql::DELETED_OF_USER, (user, cx.now.minus(days))).await?;
        let restorable =
            |organization: Deleted| Restorable { erased_at: organization.deleted_at.plus(days), organization };
        Ok(deleted.into_iter().map(restorable).collect())
    }
}

/// Brings a deleted organization back, as it was: with its members, roles and invitations.
///
/// Errors: `UNAUTHORIZED`; `NOTHING_TO_RESTORE` unless the caller was an admin of it, and its days are not over.
#[derive(Debug)]
pub struct Restore {
    /// Which one.
    pub organization: OrganizationId,
}

impl Command for Restore {
    type Out = Organization;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Organization> {
        let user = cx.user()?;
        let days = days(cx);
        let deleted = cx.tx.all(sql::DELETED_OF_USER, (user, cx.now.minus(days))).await?;
        let is_theirs = deleted.iter().any(|deleted| deleted.id == self.organization);
        let restored = if is_theirs { cx.tx.optional(sql::RESTORE, (self.organization, cx.now)).await? } else { None };
        Ok(restored.ok_or(Code::NothingToRestore)?)
    }
}

/// Erases the organizations whose days are over, each in a transaction of its own, and says how many there were.
pub async fn erase_due(service: &Arc<Service>) -> Result<usize> {
    let mut erased = 0;
    while service.run(&Caller::nobody(), EraseNext).await.result? {
        erased += 1;
    }
    Ok(erased)
}

#[derive(Debug)]
struct EraseNext;

impl Command for EraseNext {
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let until = cx.now.minus(days(cx));
        let Some((organization,)) = cx.tx.optional(sql::NEXT_TO_ERASE, (until,)).await? else {
            return Ok(false);
        };
        erase(cx, organization).await.map(|()| true)
    }
}

/// In an order in which nothing points at what is gone already; the rest goes with what it hangs on.
async fn erase(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    for statement in [
        sql::ERASE_INVITATIONS,
        sql::ERASE_WORKSPACE_MEMBERSHIPS,
        sql::ERASE_WORKSPACES,
        sql::ERASE_MEMBERSHIPS,
        sql::ERASE_ROLES,
        sql::ERASE,
    ] {
        cx.tx.execute(statement, (organization,)).await?;
    }
    Ok(())
}

fn days(cx: &Context<'_>) -> Duration {
    DAY * u32::from(cx.service.settings.organizations.days_to_restore)
}
