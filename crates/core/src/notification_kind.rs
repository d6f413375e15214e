//! The kinds of notifications that a user can turn off.

/// What a notification is about. Codes, security notices and invitations are not among them: a user cannot turn them off
/// as a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationKind {
    /// To those who manage members: somebody asks to join, or for an invitation.
    JoinRequests,
    /// To the person who asked: the request was approved or denied.
    RequestAnswers,
    /// To the inviter: an invitation was accepted or declined.
    InvitationAnswers,
    /// To those who manage settings: an endpoint of webhooks was disabled because it failed.
    WebhookFailures,
}

impl NotificationKind {
    pub const ALL: [Self; 4] =
        [Self::JoinRequests, Self::RequestAnswers, Self::InvitationAnswers, Self::WebhookFailures];

    /// The byte that stands for it in tokens. It must not change.
    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            Self::JoinRequests => 1,
            Self::RequestAnswers => 2,
            Self::InvitationAnswers => 3,
            Self::WebhookFailures => 4,
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_byte() == byte)
    }
}

vestibule_db::text_enum!(
    NotificationKind: JoinRequests = "join_requests",
    RequestAnswers = "request_answers",
    InvitationAnswers = "invitation_answers",
    WebhookFailures = "webhook_failures",
);
