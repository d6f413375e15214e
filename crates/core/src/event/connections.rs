//! Events of the connections of organizations to their identity providers.

use super::field::Changed;
use super::payload::payloads;
use crate::id::{ConnectionId, MembershipId, OrganizationId, UserId};

payloads! {
    /// A connection to an identity provider was created. Nobody signs in through it before it is enabled.
    ConnectionCreated("organization.connection.created", EnterpriseConnection(connection_id), EnterpriseConnection(connection_id) in organization_id) {
        organization_id: OrganizationId,
        connection_id: ConnectionId,
        name: String,
        issuer: String,
        /// The domains whose people sign in through it.
        domains: Vec<String>,
    }

    /// A connection to an identity provider was changed, enabled or disabled. Only what changed is in `before` and `after`.
    ConnectionUpdated("organization.connection.updated", EnterpriseConnection(connection_id), EnterpriseConnection(connection_id) in organization_id) {
        organization_id: OrganizationId,
        connection_id: ConnectionId,
        name: Option<Changed<String>>,
        issuer: Option<Changed<String>>,
        /// The id that the provider has given to the service.
        client: Option<Changed<String>>,
        /// Whether the client secret was replaced or removed.
        secret_changed: Option<bool>,
        /// The end of the client secret. Empty if it is not known.
        secret_expires_at: Option<Changed<String>>,
        scopes: Option<Changed<Vec<String>>>,
        /// The domains whose people sign in through it.
        domains: Option<Changed<Vec<String>>>,
        /// Whether the mapping of claims and groups was changed.
        mapping_changed: Option<bool>,
        /// Whether people without an account or membership get one.
        jit_enabled: Option<Changed<bool>>,
        /// Whether a second factor that the provider reports counts in the organization.
        trusts_mfa: Option<Changed<bool>>,
        is_enabled: Option<Changed<bool>>,
    }

    /// A connection to an identity provider was deleted.
    ConnectionDeleted("organization.connection.deleted", EnterpriseConnection(connection_id), EnterpriseConnection(connection_id) in organization_id) {
        organization_id: OrganizationId,
        connection_id: ConnectionId,
        name: String,
    }

    /// Single sign-on was required: members with an address of the connection's domains must sign in through it.
    ConnectionRequired("organization.connection.required", EnterpriseConnection(connection_id), EnterpriseConnection(connection_id) in organization_id) {
        organization_id: OrganizationId,
        connection_id: ConnectionId,
    }

    /// Single sign-on through a connection is not required any more.
    ConnectionNotRequired("organization.connection.not_required", EnterpriseConnection(connection_id), EnterpriseConnection(connection_id) in organization_id) {
        organization_id: OrganizationId,
        connection_id: ConnectionId,
    }

    /// An admin signed in without the identity provider that the organization requires of them, with two factors of their
    /// own.
    SsoBypassed("organization.sso.bypassed", OrganizationMembership(membership_id), User(user_id) in organization_id) {
        organization_id: OrganizationId,
        user_id: UserId,
        membership_id: MembershipId,
    }
}
