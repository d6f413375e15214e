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

crate::db::words!(
    Kind: Invitation = "invitation",
    Reminder = "reminder",
    Attempt = "attempt",
    Removed = "removed",
    Handover = "handover",
);
crate::db::words!(State: Waiting = "waiting", Dead = "dead");

/// A job that a worker has claimed.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: OutboxId,
    pub(super) attempts: i64,
    pub(super) about: About,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum About {
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
            Kind::Invitation | Kind::Reminder => About::Invitation {
                organization: organization()?,
                invitation: invitation_id.ok_or_else(incomplete)?,
                generation,
                is_reminder: kind == Kind::Reminder,
            },
            Kind::Attempt => About::Attempt { attempt: attempt_id.ok_or_else(incomplete)?, generation },
            Kind::Removed => About::Removed { organization: organization()?, user: user_id.ok_or_else(incomplete)? },
            Kind::Handover => About::Handover { organization: organization()?, user: user_id.ok_or_else(incomplete)? },
        };
        Ok(Self { id, attempts, about })
    }
}

impl Job {
    /// What names its mail among all of ours: `left@right`, and whatever comes back names it too.
    pub(super) fn message_id(&self, host: &str) -> String {
        let id = self.id;
        match self.about {
            About::Invitation { invitation, generation, .. } => {
                format!("{id}.{invitation}.{}@{host}", generation.cast_unsigned())
            }
            _ => format!("{id}@{host}"),
        }
    }
}

/// The invitation and generation in a message id of ours; `None` for anything else.
pub(super) fn invitation_in(message_id: &str) -> Option<(InvitationId, i64)> {
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
            About::Invitation { organization: 1.into(), invitation: 7.into(), generation: -3, is_reminder: false };
        let job = Job { id: 5.into(), attempts: 1, about };
        assert_eq!(invitation_in(&job.message_id("join.example")), Some((7.into(), -3)));
        for wrong in ["", "@", "5@x", "5.7@x", "5.7.8.9@x", "5.7.-3@x", "a.7.8@x", "5.7.99999999999999999999@x"] {
            assert_eq!(invitation_in(wrong), None, "{wrong}");
        }
    }
}
