//! Identities: who a user is at an identity provider. An identity is a provider or a connection with an issuer and a
//! subject. It never moves to another account because of an address: addresses change hands, subjects do not.

mod disconnect;
mod for_backend;
mod link;
mod list;
mod profile;
pub(crate) mod sql;
mod tokens;
mod vouch;
mod ways_in;

use crate::id::{ConnectionId, IdentityId};
use crate::identity_provider::ProviderId;

pub use disconnect::DisconnectIdentity;
pub use for_backend::{DeleteUserIdentity, IdentityOfUser, ListUserIdentities};
pub(crate) use link::{
    announce_and_link, delete_all_of_user, find, find_own, has_identity_of, link, link_if_free, require_free_place,
    touch,
};
pub use list::ListIdentities;
pub use profile::Profile;
pub use sql::Identity;
pub(crate) use sql::KnownIdentity;
pub(crate) use tokens::{renew_tokens, seal_tokens};
pub(crate) use vouch::vouch;
pub(crate) use ways_in::require_way_in;

/// Identities of a user. The message of `TOO_MANY_IDENTITIES` has it too.
const MAX_IDENTITIES: i64 = 20;
/// What is stored as the provider of an identity at a connection.
pub(crate) const ENTERPRISE: &str = "enterprise";

/// Where identities are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Social(ProviderId),
    Enterprise(ConnectionId),
}

impl Source {
    /// The stored name of the provider.
    pub fn provider(&self) -> &str {
        match self {
            Self::Social(provider) => provider.as_str(),
            Self::Enterprise(_) => ENTERPRISE,
        }
    }

    pub const fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Social(_) => None,
            Self::Enterprise(connection) => Some(*connection),
        }
    }
}

/// An identity to link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewIdentity<'a> {
    pub(crate) id: IdentityId,
    pub(crate) source: &'a Source,
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) profile: &'a Profile,
    /// The sealed tokens of the provider, if they are kept.
    pub(crate) tokens: Option<&'a [u8]>,
}
