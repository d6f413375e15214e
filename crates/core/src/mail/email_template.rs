//! The kinds of mail with their data. Their wording is in the templates.

use minijinja::Value;
use vestibule_i18n::Phrases;

use super::{markup, quote_message, quote_name, quote_url, sanitize_address, sanitize_name};
use crate::caller::{UNKNOWN_ADDRESS_TEXT, browser_name};
use crate::language::Language;
use crate::time::Timestamp;

/// A mail to be rendered.
#[derive(Clone, Copy)]
pub enum EmailTemplate<'a> {
    /// An invitation to an organization, or to one of its workspaces.
    Invitation(InvitationEmail<'a>),
    /// A reminder of an invitation, before it expires.
    Reminder(InvitationEmail<'a>),
    /// An invitation to sign up.
    SignUpInvitation {
        /// The sign-up page, with the token.
        link: &'a str,
        expires_at: Timestamp,
    },
    /// A code to verify an address.
    AddressCode(&'a str),
    /// A code to sign in with.
    SignInCode(&'a str),
    /// A magic link, and a code for users who read the mail on another device.
    SignInLink {
        /// Has the token in its fragment.
        link: &'a str,
        code: &'a str,
    },
    /// A code to set a new password with.
    PasswordReset(&'a str),
    /// A code to confirm a sensitive change.
    ReauthenticationCode {
        code: &'a str,
        /// The address that will be added to the account. May be empty.
        address: &'a str,
    },
    /// Notifies a user of a change to their sign-in methods, account or organizations.
    SecurityNotice(NoticeEmail<'a>),
    /// Notifies the owner of an account of an attempt to sign up with its address.
    AccountExists {
        /// The sign-in page.
        link: &'a str,
    },
    /// Notifies the owner of an account that another user has tried to add its address to theirs.
    AddressInUse,
    /// Sent instead of a code while the address cannot be used to recover its account.
    AddressTooNew { available_at: Timestamp },
    /// Notifies a user that they were removed from an organization.
    MemberRemoved { organization: &'a str },
    /// Offers a user the ownership of an organization.
    OwnershipTransfer {
        organization: &'a str,
        /// The name of the current owner.
        owner: &'a str,
        /// The page to accept or decline.
        link: &'a str,
        expires_at: Timestamp,
    },
    /// Notifies a member who manages members of join requests.
    JoinRequests(NotificationEmail<'a>),
    /// Notifies an inviter of accepted invitations.
    InvitationsAccepted(NotificationEmail<'a>),
    /// Notifies an inviter of declined invitations.
    InvitationsDeclined(NotificationEmail<'a>),
    /// Notifies the person who asked to join.
    RequestApproved(NotificationEmail<'a>),
    /// Notifies the person who asked to join, or for an invitation.
    RequestDenied(NotificationEmail<'a>),
    /// Notifies a member who manages settings of disabled endpoints of webhooks.
    WebhooksDisabled(WebhooksEmail<'a>),
    /// Notifies an admin that a connection to an identity provider has another issuer or client.
    ConnectionChanged(ConnectionEmail<'a>),
    /// Notifies an admin that the client secret of a connection will expire.
    ConnectionSecretExpires {
        connection: ConnectionEmail<'a>,
        expires_at: Timestamp,
        /// Days until it expires, rounded up.
        days: u32,
    },
    /// Notifies an admin that one of them has signed in without the identity provider that the organization requires.
    SsoBypassed {
        organization: &'a str,
        /// The name of the admin. May be empty.
        person: &'a str,
        /// The entries of the audit log.
        link: &'a str,
    },
}

/// The data of a mail about a connection to an identity provider. The names and the URL are user input; they are sanitized
/// and quoted when the mail is rendered.
#[derive(Clone, Copy)]
pub struct ConnectionEmail<'a> {
    pub organization: &'a str,
    /// The name of the connection.
    pub name: &'a str,
    pub issuer: &'a str,
    /// The page of the connection.
    pub link: &'a str,
}

/// The data of a notification about a request or an answer. Names are sanitized and quoted when the mail is rendered.
#[derive(Clone, Copy)]
pub struct NotificationEmail<'a> {
    pub organization: &'a str,
    /// The person whom the newest event is about: their name or, without one, their address. May be empty.
    pub person: &'a str,
    /// The number of events, at least 1.
    pub count: u32,
    /// The page that shows more.
    pub link: Option<&'a str>,
    pub unsubscribe_url: &'a str,
}

/// The data of a notification about endpoints of webhooks that were disabled because they failed.
#[derive(Clone, Copy)]
pub struct WebhooksEmail<'a> {
    pub organization: &'a str,
    /// Of the newest one. The mail shows its host and path, sanitized and quoted.
    pub url: &'a str,
    /// Whether it answered 410. Otherwise it failed for too long.
    pub is_gone: bool,
    /// The number of endpoints, at least 1.
    pub count: u32,
    /// The page of the newest one.
    pub link: &'a str,
    pub unsubscribe_url: &'a str,
}

/// The data of an invitation's mail. Names are user input; they are sanitized and quoted when the mail is rendered.
#[derive(Clone, Copy)]
pub struct InvitationEmail<'a> {
    pub organization: &'a str,
    /// The URL of the organization's logo, if it has one that mail programs can load.
    pub organization_logo: Option<&'a str>,
    /// `None` if the inviter has left. The mail then says that the organization invites.
    pub inviter: Option<&'a str>,
    pub workspace: Option<&'a str>,
    pub role: Option<&'a str>,
    /// The role in the workspace.
    pub workspace_role: Option<&'a str>,
    /// The inviter's own words; empty without any.
    pub message: &'a str,
    /// Has the token in its fragment.
    pub link: &'a str,
    pub unsubscribe_url: &'a str,
    pub expires_at: Timestamp,
    /// Days until it expires, rounded up.
    pub days: u32,
}

/// The data of a security notice.
#[derive(Clone, Copy)]
pub struct NoticeEmail<'a> {
    /// The kind of change, as the template names it.
    pub kind: &'a str,
    /// The address, or the name of the user, of the organization or of the passkey, that the change is about, or what the
    /// kind says. May be empty.
    pub detail: &'a str,
    pub happened_at: Timestamp,
    /// Empty if another user made the change.
    pub ip_address: &'a str,
    pub user_agent: &'a str,
    /// Has the token in its fragment.
    pub link: &'a str,
    pub link_expires_at: Timestamp,
}

/// How long a mailed code or link is valid.
pub(crate) const CODE_LIFETIME_MINUTES: u32 = 5;

impl EmailTemplate<'_> {
    /// The names of the templates: file names without language and extension.
    pub const TEMPLATES: [&'static str; 24] = [
        "invitation",
        "workspace_invitation",
        "reminder",
        "sign_up_invitation",
        "address_code",
        "sign_in_code",
        "sign_in_link",
        "password_reset",
        "reauthentication_code",
        "security_notice",
        "account_exists",
        "address_in_use",
        "address_too_new",
        "member_removed",
        "handover",
        "join_requests",
        "invitations_accepted",
        "invitations_declined",
        "request_approved",
        "request_denied",
        "webhooks_disabled",
        "connection_changed",
        "connection_secret_expires",
        "sso_bypassed",
    ];

    /// The name of its template.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Invitation(InvitationEmail { workspace: Some(_), .. }) => "workspace_invitation",
            Self::Invitation(_) => "invitation",
            Self::Reminder(_) => "reminder",
            Self::SignUpInvitation { .. } => "sign_up_invitation",
            Self::AddressCode(_) => "address_code",
            Self::SignInCode(_) => "sign_in_code",
            Self::SignInLink { .. } => "sign_in_link",
            Self::PasswordReset(_) => "password_reset",
            Self::ReauthenticationCode { .. } => "reauthentication_code",
            Self::SecurityNotice(_) => "security_notice",
            Self::AccountExists { .. } => "account_exists",
            Self::AddressInUse => "address_in_use",
            Self::AddressTooNew { .. } => "address_too_new",
            Self::MemberRemoved { .. } => "member_removed",
            Self::OwnershipTransfer { .. } => "handover",
            Self::JoinRequests(_) => "join_requests",
            Self::InvitationsAccepted(_) => "invitations_accepted",
            Self::InvitationsDeclined(_) => "invitations_declined",
            Self::RequestApproved(_) => "request_approved",
            Self::RequestDenied(_) => "request_denied",
            Self::WebhooksDisabled(_) => "webhooks_disabled",
            Self::ConnectionChanged(_) => "connection_changed",
            Self::ConnectionSecretExpires { .. } => "connection_secret_expires",
            Self::SsoBypassed { .. } => "sso_bypassed",
        }
    }

    /// The target of its button, if it has one.
    pub(super) const fn link(&self) -> Option<&str> {
        match self {
            Self::Invitation(InvitationEmail { link, .. })
            | Self::Reminder(InvitationEmail { link, .. })
            | Self::SignInLink { link, .. }
            | Self::AccountExists { link }
            | Self::SecurityNotice(NoticeEmail { link, .. })
            | Self::SignUpInvitation { link, .. }
            | Self::WebhooksDisabled(WebhooksEmail { link, .. })
            | Self::OwnershipTransfer { link, .. }
            | Self::ConnectionChanged(ConnectionEmail { link, .. })
            | Self::ConnectionSecretExpires { connection: ConnectionEmail { link, .. }, .. }
            | Self::SsoBypassed { link, .. } => Some(link),
            Self::JoinRequests(email)
            | Self::InvitationsAccepted(email)
            | Self::InvitationsDeclined(email)
            | Self::RequestApproved(email)
            | Self::RequestDenied(email) => email.link,
            Self::AddressCode(_)
            | Self::SignInCode(_)
            | Self::PasswordReset(_)
            | Self::ReauthenticationCode { .. }
            | Self::AddressInUse
            | Self::AddressTooNew { .. }
            | Self::MemberRemoved { .. } => None,
        }
    }

    /// The picture above its text, if it has one: the URL, and the text for readers who do not see it.
    pub(super) fn picture(&self) -> Option<(&str, String)> {
        match self {
            Self::Invitation(email) | Self::Reminder(email) => {
                Some((email.organization_logo?, sanitize_name(email.organization)))
            }
            _ => None,
        }
    }

    /// The variables of its template.
    pub(super) fn variables(&self, language: Language) -> Vec<(&'static str, Value)> {
        let deadline = |time| ("deadline", Value::from(Phrases::new(language).long_time(time)));
        match self {
            Self::Invitation(email) | Self::Reminder(email) => {
                // An empty name counts as none.
                let optional = |text: Option<&str>| name(text.unwrap_or_default(), language);
                vec![
                    ("organization", name(email.organization, language)),
                    ("inviter", optional(email.inviter)),
                    ("workspace", optional(email.workspace)),
                    ("role", optional(email.role)),
                    ("workspace_role", optional(email.workspace_role)),
                    ("message", Value::from(quote_message(email.message))),
                    ("stop", Value::from(markup::link(email.unsubscribe_url))),
                    ("days", Value::from(email.days)),
                    deadline(email.expires_at),
                ]
            }
            Self::AddressCode(code)
            | Self::SignInCode(code)
            | Self::PasswordReset(code)
            | Self::SignInLink { code, .. } => code_variables(code),
            Self::ReauthenticationCode { code, address } => {
                let mut variables = code_variables(code);
                variables.push(("address", Value::from(sanitize_address(address))));
                variables
            }
            Self::SecurityNotice(notice) => notice_variables(notice, language),
            Self::AccountExists { .. } | Self::AddressInUse => Vec::new(),
            Self::SignUpInvitation { expires_at, .. } => vec![deadline(*expires_at)],
            Self::AddressTooNew { available_at } => vec![deadline(*available_at)],
            Self::MemberRemoved { organization } => vec![("organization", name(organization, language))],
            Self::OwnershipTransfer { organization, owner, expires_at, .. } => {
                vec![
                    ("organization", name(organization, language)),
                    ("inviter", name(owner, language)),
                    deadline(*expires_at),
                ]
            }
            Self::JoinRequests(email)
            | Self::InvitationsAccepted(email)
            | Self::InvitationsDeclined(email)
            | Self::RequestApproved(email)
            | Self::RequestDenied(email) => {
                vec![
                    ("organization", name(email.organization, language)),
                    ("person", name(email.person, language)),
                    ("others", Value::from(email.count.saturating_sub(1))),
                    ("stop", Value::from(markup::link(email.unsubscribe_url))),
                ]
            }
            Self::WebhooksDisabled(email) => {
                vec![
                    ("organization", name(email.organization, language)),
                    ("url", Value::from(quote_url(email.url, language))),
                    ("gone", Value::from(email.is_gone)),
                    ("others", Value::from(email.count.saturating_sub(1))),
                    ("stop", Value::from(markup::link(email.unsubscribe_url))),
                ]
            }
            Self::ConnectionChanged(email) => connection_variables(email, language),
            Self::ConnectionSecretExpires { connection, expires_at, days } => {
                let mut variables = connection_variables(connection, language);
                variables.extend([("days", Value::from(*days)), deadline(*expires_at)]);
                variables
            }
            Self::SsoBypassed { organization, person, .. } => {
                vec![("organization", name(organization, language)), ("person", name(person, language))]
            }
        }
    }
}

// The links and codes are secrets.
impl std::fmt::Debug for EmailTemplate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("EmailTemplate").field(&self.name()).finish()
    }
}

impl std::fmt::Debug for InvitationEmail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationEmail").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NotificationEmail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotificationEmail").field("count", &self.count).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for WebhooksEmail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhooksEmail").field("count", &self.count).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ConnectionEmail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionEmail").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NoticeEmail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NoticeEmail").field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn connection_variables(email: &ConnectionEmail<'_>, language: Language) -> Vec<(&'static str, Value)> {
    vec![
        ("organization", name(email.organization, language)),
        ("connection", name(email.name, language)),
        ("issuer", Value::from(quote_url(email.issuer, language))),
    ]
}

fn code_variables(code: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("code", Value::from(markup::code(code))),
        ("digits", Value::from(code)),
        ("minutes", Value::from(CODE_LIFETIME_MINUTES)),
    ]
}

fn notice_variables(notice: &NoticeEmail<'_>, language: Language) -> Vec<(&'static str, Value)> {
    let browser = sanitize_name(&browser_name(notice.user_agent).unwrap_or_default());
    let phrases = Phrases::new(language);
    let ip_address = match notice.ip_address {
        UNKNOWN_ADDRESS_TEXT => phrases.mail_unknown_address(),
        address => address.to_owned(),
    };
    vec![
        ("kind", Value::from(notice.kind)),
        ("detail", notice_detail(notice, language)),
        ("time", Value::from(phrases.long_time(notice.happened_at))),
        ("ip", Value::from(ip_address)),
        ("browser", Value::from(browser)),
        ("deadline", Value::from(phrases.long_time(notice.link_expires_at))),
    ]
}

/// An address, a name, or what the kind says.
fn notice_detail(notice: &NoticeEmail<'_>, language: Language) -> Value {
    match notice.kind {
        "backup_code_used" | "backup_codes_low" | "second_factor_failed" | "second_factor_policy_changed" => {
            Value::from(notice.detail)
        }
        "second_factor_reset_requested" => {
            let due_at = Timestamp::from_microseconds(notice.detail.parse().unwrap_or_default());
            Value::from(Phrases::new(language).long_time(due_at))
        }
        kind if kind.contains("address") => Value::from(sanitize_address(notice.detail)),
        _ => name(notice.detail, language),
    }
}

/// A name that a user chose. The quotation marks are part of the value, so that no template can omit them.
fn name(text: &str, language: Language) -> Value {
    Value::from(quote_name(text, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_cover_every_template() {
        let names: Vec<_> = EmailTemplate::samples().iter().map(EmailTemplate::name).collect();
        assert_eq!(names, EmailTemplate::TEMPLATES);
    }

    #[test]
    fn debug_output_has_no_secrets() {
        for sample in EmailTemplate::samples() {
            let output = format!("{sample:?}");
            assert!(!output.contains("join.example") && !output.contains("042117"), "{output}");
        }
    }
}
