//! What each letter has to say, before it has words: the words are in the templates.

use minijinja::Value;

use super::markup;
use super::plain;
use crate::language::Language;
use crate::time::Timestamp;

/// Everything that this product writes to people.
#[derive(Clone, Copy)]
pub enum EmailTemplate<'a> {
    /// Somebody is asked into an organization, or into one of its workspaces.
    Invitation(Invited<'a>),
    /// The same once more, before it runs out.
    Reminder(Invited<'a>),
    /// A code that proves an address.
    AddressCode(&'a str),
    /// A code to sign in with.
    SignInCode(&'a str),
    /// A link to sign in with, and a code for who reads it elsewhere.
    SignInLink {
        /// What to open. It holds the secret.
        link: &'a str,
        /// The same in six digits.
        code: &'a str,
    },
    /// A code to set a new password with.
    PasswordReset(&'a str),
    /// Somebody has tried to sign up with the address of an account.
    AccountExists {
        /// Where to sign in.
        link: &'a str,
    },
    /// Somebody was removed from an organization.
    MemberRemoved {
        /// From which one.
        organization: &'a str,
    },
    /// Somebody is offered an organization.
    Handover {
        /// Which one.
        organization: &'a str,
        /// By whom.
        giver: &'a str,
        /// Where to answer.
        link: &'a str,
        /// From when on it is too late.
        expires_at: Timestamp,
    },
}

/// What an invitation's letter has to say. The names are what people typed; they are made harmless on the way.
#[derive(Clone, Copy)]
pub struct Invited<'a> {
    /// Into which organization.
    pub organization: &'a str,
    /// Who invites; `None` when they left since, and then the organization itself does.
    pub inviter: Option<&'a str>,
    /// Into which workspace besides.
    pub workspace: Option<&'a str>,
    /// As what.
    pub role: Option<&'a str>,
    /// What to open. It holds the secret.
    pub link: &'a str,
    /// What to open to get no more mail from this organization.
    pub stop: &'a str,
    /// From when on the link is dead.
    pub expires_at: Timestamp,
    /// For how many days the link is good.
    pub days: u32,
}

/// Minutes that a mailed code works.
pub(crate) const CODE_MINUTES: u32 = 5;

impl EmailTemplate<'_> {
    /// The templates' names, which are the files' without language and ending.
    pub const TEMPLATES: [&'static str; 10] = [
        "invitation",
        "workspace_invitation",
        "reminder",
        "address_code",
        "sign_in_code",
        "sign_in_link",
        "password_reset",
        "account_exists",
        "member_removed",
        "handover",
    ];

    /// Which template writes it.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::Invitation(Invited { workspace: Some(_), .. }) => "workspace_invitation",
            Self::Invitation(_) => "invitation",
            Self::Reminder(_) => "reminder",
            Self::AddressCode(_) => "address_code",
            Self::SignInCode(_) => "sign_in_code",
            Self::SignInLink { .. } => "sign_in_link",
            Self::PasswordReset(_) => "password_reset",
            Self::AccountExists { .. } => "account_exists",
            Self::MemberRemoved { .. } => "member_removed",
            Self::Handover { .. } => "handover",
        }
    }

    /// Where its button leads, if it has one.
    pub(super) const fn link(&self) -> Option<&str> {
        match self {
            Self::Invitation(Invited { link, .. })
            | Self::Reminder(Invited { link, .. })
            | Self::SignInLink { link, .. }
            | Self::AccountExists { link }
            | Self::Handover { link, .. } => Some(link),
            Self::AddressCode(_) | Self::SignInCode(_) | Self::PasswordReset(_) | Self::MemberRemoved { .. } => None,
        }
    }

    /// What its template may name.
    pub(super) fn values(&self, language: Language) -> Vec<(&'static str, Value)> {
        let deadline = |instant| ("deadline", Value::from(readable(instant, language)));
        match self {
            Self::Invitation(invited) | Self::Reminder(invited) => {
                // An empty one counts as none.
                let given = |text: Option<&str>| name(text.unwrap_or_default());
                vec![
                    ("organization", name(invited.organization)),
                    ("inviter", given(invited.inviter)),
                    ("workspace", given(invited.workspace)),
                    ("role", given(invited.role)),
                    ("stop", Value::from(markup::link(invited.stop))),
                    ("days", Value::from(invited.days)),
                    deadline(invited.expires_at),
                ]
            }
            Self::AddressCode(code)
            | Self::SignInCode(code)
            | Self::PasswordReset(code)
            | Self::SignInLink { code, .. } => vec![
                ("code", Value::from(markup::code(code))),
                ("digits", Value::from(*code)),
                ("minutes", Value::from(CODE_MINUTES)),
            ],
            Self::AccountExists { .. } => Vec::new(),
            Self::MemberRemoved { organization } => vec![("organization", name(organization))],
            Self::Handover { organization, giver, expires_at, .. } => {
                vec![("organization", name(organization)), ("inviter", name(giver)), deadline(*expires_at)]
            }
        }
    }

    /// One of each kind, made up: to look at, and to find out whether every template can be written.
    pub const fn samples() -> [EmailTemplate<'static>; 10] {
        let invited = Invited {
            organization: "Lindgren Tea",
            inviter: Some("Nora Lindgren"),
            workspace: None,
            role: Some("Member"),
            link: "https://join.example/invite#token=inv_SAMPLE.sample",
            stop: "https://join.example/invite/stop/sample",
            // 22 January 2026, 10:30
            expires_at: Timestamp::from_microseconds(1_769_077_859_000_000),
            days: 7,
        };
        [
            EmailTemplate::Invitation(invited),
            EmailTemplate::Invitation(Invited { workspace: Some("Blending"), ..invited }),
            EmailTemplate::Reminder(Invited { days: 1, ..invited }),
            EmailTemplate::AddressCode("042117"),
            EmailTemplate::SignInCode("042117"),
            EmailTemplate::SignInLink {
                link: "https://join.example/sign-in/link#attempt=1&token=sample",
                code: "042117",
            },
            EmailTemplate::PasswordReset("042117"),
            EmailTemplate::AccountExists { link: "https://join.example/sign-in" },
            EmailTemplate::MemberRemoved { organization: "Lindgren Tea" },
            EmailTemplate::Handover {
                organization: "Lindgren Tea",
                giver: "Nora Lindgren",
                link: "https://join.example/organizations",
                expires_at: Timestamp::from_microseconds(1_769_077_859_000_000),
            },
        ]
    }
}

// Whoever has the link or the code has what it opens.
impl std::fmt::Debug for EmailTemplate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Letter").field(&self.template()).finish()
    }
}

impl std::fmt::Debug for Invited<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

fn name(text: &str) -> Value {
    Value::from(plain(text))
}

const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// As people write an instant: `22 January 2026, 10:30 UTC`.
fn readable(instant: Timestamp, language: Language) -> String {
    let Ok(date) = jiff::Timestamp::from_second(instant.unix_seconds()) else {
        return instant.to_string();
    };
    match language {
        Language::English => date.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Language::German => {
            let month = date.to_zoned(jiff::tz::TimeZone::UTC).month();
            let month = usize::try_from(month).ok().and_then(|month| GERMAN_MONTHS.get(month - 1)).unwrap_or(&"");
            date.strftime(&format!("%-d. {month} %Y, %H:%M UTC")).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_people_write_them() {
        let instant = Timestamp::from_microseconds(1_772_447_400_000_000);
        assert_eq!(readable(instant, Language::English), "2 March 2026, 10:30 UTC");
        assert_eq!(readable(instant, Language::German), "2. März 2026, 10:30 UTC");
        assert_eq!(readable(Timestamp::LATEST, Language::German), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn there_is_a_sample_of_every_template() {
        let sampled: Vec<_> = EmailTemplate::samples().iter().map(EmailTemplate::template).collect();
        assert_eq!(sampled, EmailTemplate::TEMPLATES);
    }

    #[test]
    fn no_debug_output_holds_a_secret() {
        for sample in EmailTemplate::samples() {
            let shown = format!("{sample:?}");
            assert!(!shown.contains("join.example") && !shown.contains("042117"), "{shown}");
        }
    }
}
