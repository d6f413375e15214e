//! Through which identity provider a user signs in.

use crate::id::{ConnectionId, OrganizationId};

/// The identity provider of a sign-in. The default is none: the user has proved who they are here.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SignInSource<'a> {
    /// The id of the provider; empty without one.
    pub(crate) provider: &'a str,
    /// That of an organization, if it is its provider.
    pub(crate) connection: Option<SsoConnection>,
}

/// An enterprise connection and its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SsoConnection {
    pub(crate) id: ConnectionId,
    pub(crate) organization: OrganizationId,
}

impl SsoConnection {
    /// From its two columns.
    pub(super) fn from_stored(id: Option<ConnectionId>, organization: Option<OrganizationId>) -> Option<Self> {
        Some(Self { id: id?, organization: organization? })
    }

    /// As its two columns.
    pub(super) fn to_stored(connection: Option<Self>) -> (Option<ConnectionId>, Option<OrganizationId>) {
        (connection.map(|connection| connection.id), connection.map(|connection| connection.organization))
    }
}
