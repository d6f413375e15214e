//! The jobs of the outbox, each of which sends one mail.

use tokio::sync::Notify;

use super::sql::JobRow;
use crate::error::{Problem, Result};
use crate::execution::Executor;
use crate::id::{
    AttemptId, ConnectionId, DeploymentInvitationId, InvitationId, NoticeId, OrganizationId, OutboxId, UserId,
};
use crate::time::Timestamp;

/// The kind of mail that a job sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    Invitation,
    /// A reminder of an invitation, before it expires.
    Reminder,
    /// An invitation to sign up.
    SignUpInvitation,
    /// The code or link of a verification.
    Verification,
    /// Notifies a user of a change to their sign-in methods, account or organizations.
    SecurityNotice,
    /// Notifies a user that they were removed from an organization.
    MemberRemoved,
    /// Offers a user the ownership of an organization.
    OwnershipTransfer,
    /// Notifies a member who manages members of join requests.
    JoinRequests,
    /// Notifies an inviter of accepted invitations.
    InvitationsAccepted,
    /// Notifies an inviter of declined invitations.
    InvitationsDeclined,
    /// Notifies a user of the approval of their join request.
    RequestApproved,
    /// Notifies a user of the denial of their join request.
    RequestDenied,
    /// Notifies the holder of an invitation, who may have no account, of the denial of their request for a new one.
    RenewalDenied,
    /// Notifies a member who manages settings of disabled endpoints of webhooks.
    WebhooksDisabled,
    /// Notifies an admin that a connection to an identity provider has another issuer or client.
    ConnectionChanged,
    /// Notifies an admin that the client secret of a connection will expire.
    ConnectionSecretExpires,
    /// Notifies an admin that one of them has signed in without the identity provider that the organization requires.
    SsoBypassed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Due, or waiting for the next attempt.
    Waiting,
    /// Given up after the last attempt or a permanent failure. An operator can retry or drop it.
    Dead,
}

/// The queues of the outbox. Each has its own workers, so that slow deliveries of one do not delay the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// Mail that a user waits for, or that protects an account: codes, links and security notices.
    Urgent,
    /// Everything else, such as invitations.
    Ordinary,
}

impl Queue {
    /// The value of the column `is_urgent`.
    pub(crate) fn is_urgent(self) -> bool {
        self == Self::Urgent
    }

    /// Wakes its worker, and not that of the other queue.
    pub(crate) const fn wake_up(self, executor: &Executor) -> &Notify {
        match self {
            Self::Urgent => &executor.urgent_outbox,
            Self::Ordinary => &executor.outbox,
        }
    }
}

impl MailKind {
    /// The queue of its jobs. A check of the table `outbox` lists the same kinds.
    pub(crate) const fn queue(self) -> Queue {
        match self {
            Self::Verification | Self::SecurityNotice => Queue::Urgent,
            _ => Queue::Ordinary,
        }
    }
}

vestibule_db::text_enum!(
    MailKind: Invitation = "invitation",
    Reminder = "reminder",
    SignUpInvitation = "sign_up_invitation",
    Verification = "attempt",
    SecurityNotice = "notice",
    MemberRemoved = "removed",
    OwnershipTransfer = "handover",
    JoinRequests = "join_requests",
    InvitationsAccepted = "accepted",
    InvitationsDeclined = "declined",
    RequestApproved = "request_approved",
    RequestDenied = "request_denied",
    RenewalDenied = "renewal_denied",
    WebhooksDisabled = "webhooks_disabled",
    ConnectionChanged = "connection_changed",
    ConnectionSecretExpires = "connection_secret",
    SsoBypassed = "sso_bypassed",
);
vestibule_db::text_enum!(JobState: Waiting = "waiting", Dead = "dead");

/// The delivery state of an invitation's mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In the outbox.
    Queued,
    /// Accepted by the mail transport.
    Sent,
    /// Rejected temporarily. It will be retried.
    Deferred,
    /// Rejected permanently, or given up after the last attempt.
    Failed,
    /// Accepted by the mail transport, and rejected by a mail server later.
    Bounced,
    /// Not sent: no transport is configured, the invitee has unsubscribed, or an operator dropped the job. An admin can
    /// pass the invitation's link on.
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
    pub(crate) subject: Subject,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// One generation of an invitation. A resend starts a new generation, and the mail of an older one is not sent any
    /// more.
    Invitation {
        organization: OrganizationId,
        invitation: InvitationId,
        generation: i64,
        is_reminder: bool,
    },
    SignUpInvitation {
        invitation: DeploymentInvitationId,
    },
    /// One generation of a verification.
    Verification {
        attempt: AttemptId,
        generation: i64,
    },
    SecurityNotice {
        notice: NoticeId,
    },
    MemberRemoved {
        organization: OrganizationId,
        user: UserId,
    },
    OwnershipTransfer {
        organization: OrganizationId,
        user: UserId,
    },
    JoinRequests {
        organization: OrganizationId,
        user: UserId,
    },
    InvitationsAnswered {
        organization: OrganizationId,
        inviter: UserId,
        is_accepted: bool,
        /// Where the period of the answers begins, exclusive.
        since: Timestamp,
    },
    RequestAnswered {
        organization: OrganizationId,
        user: UserId,
        is_approved: bool,
    },
    RenewalDenied {
        organization: OrganizationId,
        invitation: InvitationId,
    },
    WebhooksDisabled {
        organization: OrganizationId,
        user: UserId,
        /// Where the period begins, exclusive.
        since: Timestamp,
    },
    ConnectionChanged {
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
    },
    ConnectionSecretExpires {
        organization: OrganizationId,
        user: UserId,
        connection: ConnectionId,
    },
    SsoBypassed {
        organization: OrganizationId,
        user: UserId,
        /// The admin who has signed in.
        admin: UserId,
    },
}

impl TryFrom<JobRow> for Job {
    type Error = Problem;

    fn try_from(row: JobRow) -> Result<Self> {
        let incomplete = || Problem::internal("a job in the outbox has no subject");
        let JobRow { id, kind, organization_id, invitation_id, attempt_id, notice_id, user_id, .. } = row;
        let JobRow { deployment_invitation_id, generation, attempts, .. } = row;
        let organization = || organization_id.ok_or_else(incomplete);
        let user = || user_id.ok_or_else(incomplete);
        let subject = match kind {
            MailKind::Invitation | MailKind::Reminder => Subject::Invitation {
                organization: organization()?,
                invitation: invitation_id.ok_or_else(incomplete)?,
                generation,
                is_reminder: kind == MailKind::Reminder,
            },
            MailKind::SignUpInvitation => {
                Subject::SignUpInvitation { invitation: deployment_invitation_id.ok_or_else(incomplete)? }
            }
            MailKind::Verification => Subject::Verification { attempt: attempt_id.ok_or_else(incomplete)?, generation },
            MailKind::SecurityNotice => Subject::SecurityNotice { notice: notice_id.ok_or_else(incomplete)? },
            MailKind::MemberRemoved => Subject::MemberRemoved { organization: organization()?, user: user()? },
            MailKind::OwnershipTransfer => Subject::OwnershipTransfer { organization: organization()?, user: user()? },
            MailKind::JoinRequests => Subject::JoinRequests { organization: organization()?, user: user()? },
            MailKind::InvitationsAccepted | MailKind::InvitationsDeclined => Subject::InvitationsAnswered {
                organization: organization()?,
                inviter: user()?,
                is_accepted: kind == MailKind::InvitationsAccepted,
                since: Timestamp::from_microseconds(generation),
            },
            MailKind::RequestApproved | MailKind::RequestDenied => Subject::RequestAnswered {
                organization: organization()?,
                user: user()?,
                is_approved: kind == MailKind::RequestApproved,
            },
            MailKind::RenewalDenied => Subject::RenewalDenied {
                organization: organization()?,
                invitation: invitation_id.ok_or_else(incomplete)?,
            },
            MailKind::WebhooksDisabled => Subject::WebhooksDisabled {
                organization: organization()?,
                user: user()?,
                since: Timestamp::from_microseconds(generation),
            },
            MailKind::ConnectionChanged => Subject::ConnectionChanged {
                organization: organization()?,
                user: user()?,
                connection: generation.into(),
            },
            MailKind::ConnectionSecretExpires => Subject::ConnectionSecretExpires {
                organization: organization()?,
                user: user()?,
                connection: generation.into(),
            },
            MailKind::SsoBypassed => {
                Subject::SsoBypassed { organization: organization()?, user: user()?, admin: generation.into() }
            }
        };
        Ok(Self { id, attempts, subject })
    }
}

impl Job {
    /// The unique message id of its mail, `left@right`. For an invitation it names the invitation and its generation,
    /// so that delivery reports can be matched ([`parse_message_id`]).
    pub(crate) fn message_id(&self, host: &str) -> String {
        let id = self.id;
        match self.subject {
            Subject::Invitation { invitation, generation, .. } => {
                format!("{id}.{invitation}.{}@{host}", generation.cast_unsigned())
            }
            _ => format!("{id}@{host}"),
        }
    }
}

/// The invitation and generation that a message id names. `None` for any other message id.
pub(crate) fn parse_message_id(message_id: &str) -> Option<(InvitationId, i64)> {
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
    fn message_id_round_trips() {
        let subject =
            Subject::Invitation { organization: 1.into(), invitation: 7.into(), generation: -3, is_reminder: false };
        let job = Job { id: 5.into(), attempts: 1, subject };
        assert_eq!(parse_message_id(&job.message_id("join.example")), Some((7.into(), -3)));
        for invalid in ["", "@", "5@x", "5.7@x", "5.7.8.9@x", "5.7.-3@x", "a.7.8@x", "5.7.99999999999999999999@x"] {
            assert_eq!(parse_message_id(invalid), None, "{invalid}");
        }
    }
}
