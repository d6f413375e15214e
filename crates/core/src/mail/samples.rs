//! Sample mails.

use super::email_template::{
    ConnectionEmail, EmailTemplate, InvitationEmail, NoticeEmail, NotificationEmail, WebhooksEmail,
};
use crate::time::Timestamp;

impl EmailTemplate<'static> {
    /// One sample of each template, for previews and to check that every template can be rendered.
    pub const fn samples() -> [EmailTemplate<'static>; 24] {
        let (email, notification) = (invitation_sample(), notification_sample());
        [
            EmailTemplate::Invitation(email),
            EmailTemplate::Invitation(InvitationEmail {
                workspace: Some("Warehouse"),
                workspace_role: Some("Member"),
                ..email
            }),
            EmailTemplate::Reminder(InvitationEmail { days: 1, ..email }),
            EmailTemplate::SignUpInvitation {
                link: "https://join.example/sign-up?invite_token=dpl_SAMPLE.sample",
                expires_at: Timestamp::from_microseconds(1_769_077_859_000_000),
            },
            EmailTemplate::AddressCode("042117"),
            EmailTemplate::SignInCode("042117"),
            EmailTemplate::SignInLink {
                link: "https://join.example/sign-in/link#attempt=1&token=sample",
                code: "042117",
            },
            EmailTemplate::PasswordReset("042117"),
            EmailTemplate::ReauthenticationCode { code: "042117", address: "ada@example.com" },
            EmailTemplate::SecurityNotice(notice_sample()),
            EmailTemplate::AccountExists { link: "https://join.example/sign-in" },
            EmailTemplate::AddressInUse,
            EmailTemplate::AddressTooNew { available_at: Timestamp::from_microseconds(1_769_077_859_000_000) },
            EmailTemplate::MemberRemoved { organization: "Lindgren Tea" },
            EmailTemplate::OwnershipTransfer {
                organization: "Lindgren Tea",
                owner: "Nora Lindgren",
                link: "https://join.example/organizations",
                expires_at: Timestamp::from_microseconds(1_769_077_859_000_000),
            },
            EmailTemplate::JoinRequests(notification),
            EmailTemplate::InvitationsAccepted(NotificationEmail {
                count: 1,
                link: Some("https://join.example/organizations/1/-/members"),
                ..notification
            }),
            EmailTemplate::InvitationsDeclined(NotificationEmail {
                count: 1,
                person: "ada@example.com",
                link: Some("https://join.example/organizations/1/-/invitations"),
                ..notification
            }),
            EmailTemplate::RequestApproved(NotificationEmail {
                link: Some("https://join.example/organizations/1"),
                ..notification
            }),
            EmailTemplate::RequestDenied(NotificationEmail { link: None, ..notification }),
            EmailTemplate::WebhooksDisabled(webhooks_sample()),
            EmailTemplate::ConnectionChanged(connection_sample()),
            EmailTemplate::ConnectionSecretExpires {
                connection: connection_sample(),
                expires_at: Timestamp::from_microseconds(1_769_077_859_000_000),
                days: 7,
            },
            EmailTemplate::SsoBypassed {
                organization: "Lindgren Tea",
                person: "Nora Lindgren",
                link: "https://join.example/organizations/1/-/audit-log?action=organization.sso.bypassed",
            },
        ]
    }
}

const fn invitation_sample() -> InvitationEmail<'static> {
    InvitationEmail {
        organization: "Lindgren Tea",
        organization_logo: None,
        inviter: Some("Nora Lindgren"),
        workspace: None,
        role: Some("Buyer"),
        workspace_role: None,
        message: "Welcome to the team!\nSee you on Monday.",
        link: "https://join.example/invite#token=inv_SAMPLE.sample",
        unsubscribe_url: "https://join.example/invite/stop/sample",
        // 22 January 2026, 10:30
        expires_at: Timestamp::from_microseconds(1_769_077_859_000_000),
        days: 7,
    }
}

const fn notification_sample() -> NotificationEmail<'static> {
    NotificationEmail {
        organization: "Lindgren Tea",
        person: "Ada Lovelace",
        count: 3,
        link: Some("https://join.example/organizations/1/-/requests"),
        unsubscribe_url: "https://join.example/notifications/stop/sample",
    }
}

const fn connection_sample() -> ConnectionEmail<'static> {
    ConnectionEmail {
        organization: "Lindgren Tea",
        name: "Entra ID",
        issuer: "https://login.example/lindgren/v2.0",
        link: "https://join.example/organizations/1/-/connections/2",
    }
}

const fn webhooks_sample() -> WebhooksEmail<'static> {
    WebhooksEmail {
        organization: "Lindgren Tea",
        url: "https://hooks.example/vestibule?key=s3cret",
        is_gone: false,
        count: 3,
        link: "https://join.example/organizations/1/-/webhooks/2",
        unsubscribe_url: "https://join.example/notifications/stop/sample",
    }
}

/// One sample of each notice about second factors and identities. All use the template of notices.
#[cfg(test)]
pub(super) fn second_factor_notices() -> Vec<EmailTemplate<'static>> {
    let (user, operator) = (notice_sample(), NoticeEmail { ip_address: "", user_agent: "", ..notice_sample() });
    [
        NoticeEmail { kind: "authenticator_added", detail: "", ..user },
        NoticeEmail { kind: "authenticator_removed", detail: "", ..user },
        NoticeEmail { kind: "passkey_added", detail: "Pixel 9", ..user },
        NoticeEmail { kind: "passkey_removed", detail: "Pixel 9", ..user },
        NoticeEmail { kind: "identity_added", detail: "Google", ..user },
        NoticeEmail { kind: "identity_removed", detail: "", ..user },
        NoticeEmail { kind: "backup_codes_generated", detail: "", ..user },
        NoticeEmail { kind: "backup_code_used", detail: "7", ..user },
        NoticeEmail { kind: "backup_code_used", detail: "1", ..user },
        NoticeEmail { kind: "backup_code_used", detail: "0", ..user },
        NoticeEmail { kind: "backup_codes_low", detail: "3", ..user },
        NoticeEmail { kind: "second_factor_failed", detail: "", ..user },
        NoticeEmail { kind: "second_factor_failed", detail: "signed_in", ..user },
        NoticeEmail { kind: "second_factors_reset", detail: "", ..operator },
        // 24 January 2026, 10:30
        NoticeEmail { kind: "second_factor_reset_requested", detail: "1769250659000000", ..operator },
        NoticeEmail { kind: "second_factor_policy_changed", detail: "enforced", ..user },
        NoticeEmail { kind: "second_factor_policy_changed", detail: "none", ..user },
    ]
    .map(EmailTemplate::SecurityNotice)
    .to_vec()
}

const fn notice_sample() -> NoticeEmail<'static> {
    NoticeEmail {
        kind: "address_added",
        detail: "ada@example.com",
        happened_at: Timestamp::from_microseconds(1_769_077_859_000_000),
        ip_address: "192.0.2.7",
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        link: "https://join.example/security-notice#token=sample",
        link_expires_at: Timestamp::from_microseconds(1_769_337_059_000_000),
    }
}
