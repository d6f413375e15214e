//! Notifications by mail about requests and answers: to those who decide about join requests, to those who asked, and to
//! inviters. Each user can turn each kind off.
//!
//! Many events in a short time make one mail: the first is mailed at once, and those of the following hour together at
//! its end. The mail is composed when it is sent, and counts what has happened by then.

mod preferences;
pub(crate) mod sql;
mod unsubscribe;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Result;
use crate::execution::Context;
use crate::id::{MembershipId, OrganizationId, UserId};
use crate::organization;
use crate::outbox::{self, MailKind};
use crate::permission::RequiredPermission;

pub use crate::notification_kind::NotificationKind;
pub use preferences::{NotificationPreferences, ShowPreferences, UpdatePreferences};
pub use unsubscribe::{ShowUnsubscribe, Unsubscribe};

/// The shortest time between two mails of a kind to a user about an organization.
const INTERVAL: Duration = Duration::from_hours(1);
/// The maximum number of members who are notified of a request: the newest.
const MAX_RECIPIENTS: usize = 50;

/// Notifies the members who may decide about join requests of a new one.
pub(crate) async fn notify_managers(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    if cx.executor.mail_transport.is_none() {
        return Ok(());
    }
    let mut recipients: BTreeMap<MembershipId, UserId> = BTreeMap::new();
    for role in cx.tx.all(organization::sql::ROLES, (organization,)).await? {
        // One role alone has the permission, or implies it.
        if role.permissions.satisfies(RequiredPermission::ManageMembers) {
            let max = i64::try_from(MAX_RECIPIENTS).unwrap_or(i64::MAX);
            let arguments = (organization, role.id, NotificationKind::JoinRequests, max);
            let holders = cx.tx.all(sql::ROLE_HOLDERS, arguments).await?;
            recipients.extend(holders.into_iter().map(|holder| (holder.membership_id, holder.user_id)));
        }
    }
    for user in recipients.into_values().rev().take(MAX_RECIPIENTS) {
        schedule(cx, organization, user, MailKind::JoinRequests).await?;
    }
    Ok(())
}

/// Notifies the inviter that an invitation was answered: `kind` is [`MailKind::InvitationsAccepted`] or
/// [`MailKind::InvitationsDeclined`]. An inviter who has left is not notified.
pub(crate) async fn notify_inviter(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    inviter: Option<MembershipId>,
    kind: MailKind,
) -> Result<()> {
    let Some(inviter) = inviter.filter(|_| cx.executor.mail_transport.is_some()) else {
        return Ok(());
    };
    // Read first: while a mail is scheduled, concurrent answers do not wait for each other's row.
    let arguments = (organization, inviter, NotificationKind::InvitationAnswers, kind, cx.now);
    match cx.tx.optional(sql::UNSCHEDULED_INVITER, arguments).await? {
        Some((user,)) => schedule(cx, organization, user, kind).await,
        None => Ok(()),
    }
}

/// Schedules a mail about this event and those until it is sent, unless one is scheduled already.
async fn schedule(cx: &mut Context<'_>, organization: OrganizationId, user: UserId, kind: MailKind) -> Result<()> {
    let interval = i64::try_from(INTERVAL.as_micros()).unwrap_or(i64::MAX);
    let scheduled = cx.tx.optional(sql::SCHEDULE, (organization, user, kind, cx.now, interval)).await?;
    match scheduled {
        Some((due_at,)) => outbox::enqueue_digest(cx, kind, (organization, user), due_at).await,
        None => Ok(()),
    }
}
