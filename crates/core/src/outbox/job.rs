//! What a job is about.

use super::sql::Row;
use crate::error::{Problem, Result};
use crate::id::{AttemptId, InvitationId, OrganizationId, OutboxId, UserId};

/// What kinds of mail there are, as far as the table is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An invitation.
    Invitation,
    /// The same once more, before it runs out.
    Reminder,
    /// The code or link of an attempt at proving an address.
    Attempt,
    /// That somebody was removed from an organization.
    Removed,
    /// That somebody is offered an organization.
    Handover,
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Still to be done.
    Waiting,
    /// Given up.
    Dead,
}

vestibule_db::text_enum!(
    Kind: Invitation = "invitation",
    Reminder = "reminder",
    Attempt = "attempt",
    Removed = "removed",
    Handover = "handover",
);
vestibule_db::text_enum!(State: Waiting = "waiting", Dead = "dead");

/// How far its mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In the outbox.
    Queued,
    /// Handed to the transport.
    Sent,
    /// Refused for now; it will be tried again.
    Deferred,
    /// Given up.
    Failed,
    /// Taken by the transport, and returned later: a mail server further on would not have it.
    Bounced,
    /// No transport is set. The token can be handed on to somebody whose address is proved.
    NotSent,
}

vestibule_db::text_enum!(
    Delivery: Queued = "queued",
    Sent = "sent",
    Deferred = "deferred",
    Failed = "failed",
    Bounced = "bounced",
    NotSent = "not_sent",
);

/// A job that a worker has claimed.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: OutboxId,
    pub(crate) attempts: i64,
    pub(crate) about: Subject,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// One generation of an invitation.
    Invitation { organization: OrganizationId, invitation: InvitationId, generation: i64, is_reminder: bool },
    /// One generation of an attempt.
    Attempt { attempt: AttemptId, generation: i64 },
    /// Somebody who is no member any more.
    Removed { organization: OrganizationId, user: UserId },
    /// Somebody who is offered an organization.
    Handover { organization: OrganizationId, user: UserId },
}

impl TryFrom<Row> for Job {
    type Error = Problem;

    fn try_from(row: Row) -> Result<Self> {
        let incomplete = || Problem::internal("a job says what it is about");
        let Row { id, kind, organization_id, invitation_id, attempt_id, user_id, generation, attempts } = row;
        let organization = || organization_id.ok_or_else(incomplete);
        let about = match kind {
            Kind::Invitation | Kind::Reminder => Subject::Invitation {
                organization: organization()?,
                invitation: invitation_id.ok_or_else(incomplete)?,
                generation,
                is_reminder: kind == Kind::Reminder,
            },
            Kind::Attempt => Subject::Attempt { attempt: attempt_id.ok_or_else(incomplete)?, generation },
            Kind::Removed => Subject::Removed { organization: organization()?, user: user_id.ok_or_else(incomplete)? },
            Kind::Handover => {
                Subject::Handover { organization: organization()?, user: user_id.ok_or_else(incomplete)? }
            }
        };
        Ok(Self { id, attempts, about })
    }
}

impl Job {
    /// What names its mail among all of ours: `left@right`, and whatever comes back names it too.
    pub(crate) fn message_id(&self, host: &str) -> String {
        let id = self.id;
        match self.about {
            Subject::Invitation { invitation, generation, .. } => {
                format!("{id}.{invitation}.{}@{host}", generation.cast_unsigned())
            }
            _ => format!("{id}@{host}"),
        }
    }
}

/// The invitation and generation in a message id of ours; `None` for anything else.
pub(crate) fn invitation_in(message_id: &str) -> Option<(InvitationId, i64)> {
    let (left, _) = message_id.split_once('@')?;
    let mut parts = left.split('.');
    let _job: OutboxId = parts.next()?.parse().ok()?;
    let invitation = parts.next()?.parse().ok()?;
    let generation: u64 = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((invitation, generation.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_names_the_invitation_it_is_about() {
        let about =
            Subject::Invitation { organization: 1.into(), invitation: 7.into(), generation: -3, is_reminder: false };
        let job = Job { id: 5.into(), attempts: 1, about };
        assert_eq!(invitation_in(&job.message_id("join.example")), Some((7.into(), -3)));
        for wrong in ["", "@", "5@x", "5.7@x", "5.7.8.9@x", "5.7.-3@x", "a.7.8@x", "5.7.99999999999999999999@x"] {
            assert_eq!(invitation_in(wrong), None, "{wrong}");
        }
    }
}
