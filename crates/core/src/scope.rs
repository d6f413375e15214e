//! Scopes: what an API key may do. A scope is a noun and a verb, such as `members:write`; `*` stands for all but
//! [`Scope::UsersImpersonate`], which must be named.

use std::fmt;
use std::str::FromStr;

use vestibule_db::{Argument, Cell, Column, Kind, Value};

use crate::error::{Code, Problem};
use crate::permission::PermissionSet;

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// What one call of the API for backends requires.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Scope {$($(#[$doc])* $name,)+}

        impl Scope {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in settings, answers and errors.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $text),+}
            }
        }
    };
}

scopes! {
    /// Users with their addresses, and how they sign in.
    UsersRead = "users:read";
    UsersWrite = "users:write";
    /// To sign in as a user for support, visibly.
    UsersImpersonate = "users:impersonate";
    SessionsRead = "sessions:read";
    SessionsWrite = "sessions:write";
    OrganizationsRead = "organizations:read";
    OrganizationsWrite = "organizations:write";
    MembersRead = "members:read";
    MembersWrite = "members:write";
    RolesRead = "roles:read";
    RolesWrite = "roles:write";
    InvitationsRead = "invitations:read";
    InvitationsWrite = "invitations:write";
    WorkspacesRead = "workspaces:read";
    WorkspacesWrite = "workspaces:write";
    WaitlistRead = "waitlist:read";
    WaitlistWrite = "waitlist:write";
    KeysRead = "keys:read";
    KeysWrite = "keys:write";
    WebhooksRead = "webhooks:read";
    WebhooksWrite = "webhooks:write";
    AuditLogRead = "audit_log:read";
}

impl Scope {
    const fn bit(self) -> u32 {
        1 << self as u8
    }

    /// The refusal of an API key that lacks this scope.
    pub(crate) fn missing(self) -> Problem {
        Code::ScopeMissing.with_message(format!("This API key lacks the scope {self}."))
    }

    /// The scope that this one implies: who may write may read.
    const fn implied(self) -> Option<Self> {
        match self {
            Self::UsersWrite => Some(Self::UsersRead),
            Self::SessionsWrite => Some(Self::SessionsRead),
            Self::OrganizationsWrite => Some(Self::OrganizationsRead),
            Self::MembersWrite => Some(Self::MembersRead),
            Self::RolesWrite => Some(Self::RolesRead),
            Self::InvitationsWrite => Some(Self::InvitationsRead),
            Self::WorkspacesWrite => Some(Self::WorkspacesRead),
            Self::WaitlistWrite => Some(Self::WaitlistRead),
            Self::KeysWrite => Some(Self::KeysRead),
            Self::WebhooksWrite => Some(Self::WebhooksRead),
            _ => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a command or query requires of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeRequirement {
    /// No API key can run it.
    NotForApiKeys,
    /// Any API key can run it.
    Any,
    One(Scope),
}

/// A text that names no scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScope(pub String);

/// The scopes of an API key: at least one, with what they imply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u32);

impl Scopes {
    /// Whether they include this scope.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether they include each of the others.
    pub const fn contains_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// The scopes that are not implied by another one of them, in the order of [`Scope::ALL`].
    pub fn names(self) -> Vec<&'static str> {
        if self.contains_all(every_scope()) {
            let named = self.contains(Scope::UsersImpersonate).then_some(Scope::UsersImpersonate.as_str());
            return std::iter::once("*").chain(named).collect();
        }
        let scopes = || Scope::ALL.iter().copied().filter(|scope| self.contains(*scope));
        let is_implied = |scope: Scope| scopes().any(|other| other.implied() == Some(scope));
        scopes().filter(|scope| !is_implied(*scope)).map(Scope::as_str).collect()
    }

    /// The permissions that a key with these scopes has in an organization: what its calls can do. It cannot grant
    /// others of the built-in ones through a role.
    pub(crate) fn permissions(self) -> PermissionSet {
        let may_write = |scopes: &[Scope]| scopes.iter().all(|scope| self.contains(*scope));
        PermissionSet::of_api_key([
            may_write(&[Scope::OrganizationsWrite]),
            may_write(&[Scope::MembersWrite, Scope::InvitationsWrite]),
            may_write(&[Scope::RolesWrite]),
            may_write(&[Scope::WorkspacesWrite]),
            self.contains(Scope::AuditLogRead),
        ])
    }
}

/// What `*` stands for.
fn every_scope() -> Scopes {
    let all = Scope::ALL.iter().filter(|scope| **scope != Scope::UsersImpersonate);
    Scopes(all.fold(0, |bits, scope| bits | scope.bit()))
}

/// Separated by spaces or commas.
impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let mut bits = 0;
        for name in text.split([' ', ',']).filter(|name| !name.is_empty()) {
            if name == "*" {
                bits |= every_scope().0;
                continue;
            }
            let scope = Scope::ALL.iter().copied().find(|scope| scope.as_str() == name);
            let scope = scope.ok_or_else(|| UnknownScope(name.to_owned()))?;
            bits |= scope.bit() | scope.implied().map_or(0, Scope::bit);
        }
        if bits == 0 { Err(UnknownScope(String::new())) } else { Ok(Self(bits)) }
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

/// A scope that this version does not know grants nothing.
impl Column for Scopes {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Value::Text(text) = cell else { return None };
        let known = text.split(' ').filter_map(|name| name.parse::<Self>().ok());
        Some(Self(known.fold(0, |bits, scopes| bits | scopes.0)))
    }
}

impl Argument for Scopes {
    type Input<'a> = &'a str;
    const KIND: Kind = Kind::Text;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        Value::Text(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Scopes {
        text.parse().unwrap()
    }

    #[test]
    fn writing_implies_reading_the_same_noun_only() {
        let scopes = parse("members:write");
        assert!(scopes.contains(Scope::MembersWrite) && scopes.contains(Scope::MembersRead));
        assert!(!scopes.contains(Scope::RolesRead) && !parse("members:read").contains(Scope::MembersWrite));
    }

    #[test]
    fn star_is_everything_but_impersonation() {
        let all = parse("*");
        for scope in Scope::ALL {
            assert_eq!(all.contains(*scope), *scope != Scope::UsersImpersonate, "{scope}");
        }
        assert!(parse("* users:impersonate").contains(Scope::UsersImpersonate));
    }

    #[test]
    fn names_are_parsed_again() {
        for text in
            ["*", "* users:impersonate", "users:read", "users:write members:read", "keys:write users:impersonate"]
        {
            assert_eq!(parse(&parse(text).to_string()), parse(text), "{text}");
        }
        assert_eq!(parse("users:write,users:read").to_string(), "users:write");
    }

    #[test]
    fn unknown_names_are_refused() {
        for text in ["", " ", "users", "users:*", "Users:read", "users:read members:delete"] {
            assert!(text.parse::<Scopes>().is_err(), "{text}");
        }
    }
}
