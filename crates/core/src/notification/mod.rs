//! Notifications by mail: about requests and answers to those who decide about join requests, to those who asked, and to
//! inviters; about webhooks that fail to those who manage settings. Each user can turn each kind off.
//!
//! Many events in a short time make one mail: the first is mailed soon, and those of the following hour together at its
//! end. The mail is composed when it is sent. About join requests, it counts those that are waiting by then. About
//! answers and webhooks, it counts those of a period: the periods of successive mails follow each other, so that each is in one
//! mail.

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
use crate::time::Timestamp;

pub use crate::notification_kind::NotificationKind;
pub use preferences::{NotificationPreferences, ShowPreferences, UpdatePreferences};
pub use unsubscribe::{ShowUnsubscribe, Unsubscribe};

/// The shortest time between two mails of a kind to a user about an organization.
pub(crate) const INTERVAL: Duration = Duration::from_hours(1);
/// The events of the last minute before a mail is due belong to the next one: their transactions may not have ended when
/// the mail is composed.
const MARGIN: Duration = Duration::from_mins(1);
/// The maximum number of members who are notified of a request, or of webhooks: the newest.
const MAX_RECIPIENTS: usize = 50;

/// Notifies the members who may decide about join requests of a new one.
pub(crate) async fn notify_managers(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    let kinds = (NotificationKind::JoinRequests, MailKind::JoinRequests);
    notify_holders(cx, organization, &[RequiredPermission::ManageMembers], kinds, cx.now).await
}

/// Notifies the members who manage webhook endpoints that some were disabled.
pub(crate) async fn notify_of_disabled_webhooks(cx: &mut Context<'_>, organization: OrganizationId) -> Result<()> {
    let kinds = (NotificationKind::WebhookFailures, MailKind::WebhooksDisabled);
    // Those who manage endpoints.
    let permissions = [RequiredPermission::ManageSettings, RequiredPermission::ViewAuditLog];
    let first_due_at = cx.now.plus(MARGIN);
    notify_holders(cx, organization, &permissions, kinds, first_due_at).await
}

/// Notifies the newest members with all these permissions who want this kind of notification.
async fn notify_holders(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    permissions: &[RequiredPermission],
    (kind, mail): (NotificationKind, MailKind),
    first_due_at: Timestamp,
) -> Result<()> {
    if cx.executor.mail_transport.is_none() {
        return Ok(());
    }
    let roles = cx.tx.all(organization::sql::ROLES, (organization,)).await?;
    let max = i64::try_from(MAX_RECIPIENTS).unwrap_or(i64::MAX);
    let mut recipients: Option<BTreeMap<MembershipId, UserId>> = None;
    for permission in permissions {
        let mut holders = BTreeMap::new();
        // One role alone has the permission, or implies it.
        for role in roles.iter().filter(|role| role.permissions.satisfies(*permission)) {
            let found = cx.tx.all(sql::ROLE_HOLDERS, (organization, role.id, kind, max)).await?;
            holders.extend(found.into_iter().map(|holder| (holder.membership_id, holder.user_id)));
        }
        if let Some(earlier) = &recipients {
            holders.retain(|membership, _| earlier.contains_key(membership));
        }
        recipients = Some(holders);
    }
    for user in recipients.unwrap_or_default().into_values().rev().take(MAX_RECIPIENTS) {
        schedule(cx, (organization, user), mail, first_due_at).await?;
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
    let min_due_at = cx.now.plus(MARGIN);
    let arguments = (organization, inviter, NotificationKind::InvitationAnswers, kind, min_due_at);
    match cx.tx.optional(sql::UNSCHEDULED_INVITER, arguments).await? {
        Some((user,)) => schedule(cx, (organization, user), kind, min_due_at).await,
        None => Ok(()),
    }
}

/// Schedules a mail about this event and those of its period, unless one is scheduled already. The first one is due at
/// `first_due_at`.
async fn schedule(
    cx: &mut Context<'_>,
    (organization, user): (OrganizationId, UserId),
    kind: MailKind,
    first_due_at: Timestamp,
) -> Result<()> {
    let interval = i64::try_from(INTERVAL.as_micros()).unwrap_or(i64::MAX);
    let min_due_at = cx.now.plus(MARGIN);
    let schedule = sql::Schedule { organization, user, kind, first_due_at, min_due_at, interval };
    match cx.tx.optional(sql::SCHEDULE, schedule).await? {
        Some((due_at,)) => {
            let since = due_at.minus(MARGIN).minus(INTERVAL);
            outbox::enqueue_digest(cx, kind, (organization, user), (since, due_at)).await
        }
        None => Ok(()),
    }
}
