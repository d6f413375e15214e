//! Events of identities: who a user is at an identity provider. They are in the log of the installation.

use super::field::Personal;
use super::payload::payloads;
use crate::id::{ConnectionId, IdentityId, UserId};

payloads! {
    /// A user's account at an identity provider was connected to their account. It signs in to it.
    IdentityAdded("user.identity.added", UserIdentity(identity_id), User(user_id)) {
        user_id: UserId,
        identity_id: IdentityId,
        /// The id of the provider, such as `google_oauth`; `enterprise` for the connection of an organization.
        provider: String,
        /// Absent for a social provider.
        connection_id: Option<ConnectionId>,
        /// As the provider says. Absent if it says none.
        email: Option<Personal<String>>,
    }

    /// A user's account at an identity provider was disconnected, by the user or a backend, or because another person
    /// took the account over by verifying its address.
    IdentityRemoved("user.identity.removed", UserIdentity(identity_id), User(user_id)) {
        user_id: UserId,
        identity_id: IdentityId,
        /// The id of the provider; `enterprise` for the connection of an organization.
        provider: String,
        /// Absent for a social provider.
        connection_id: Option<ConnectionId>,
    }
}
