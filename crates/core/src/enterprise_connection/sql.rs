//! Statements on the connections of organizations to their identity providers.

use vestibule_db::{Bytes, Text, record, sql};

use super::trace::TracePurpose;
use crate::cache::Scope;
use crate::id::{
    ConnectionId, ConnectionTraceId, DomainId, InvitationId, MembershipId, OrganizationId, RoleId, SignInId, UserId,
};
use crate::permission::PermissionSet;
use crate::time::Timestamp;

record! {
    pub(crate) struct ConnectionRow {
        pub(crate) id: ConnectionId,
        pub(crate) organization_id: OrganizationId,
        pub(crate) name: String,
        pub(crate) issuer: String,
        pub(crate) client_id: String,
        /// Sealed. `None`: the provider knows the client as a public one.
        pub(crate) client_secret: Option<Vec<u8>>,
        /// Separated by spaces.
        pub(crate) scopes: String,
        /// JSON.
        pub(crate) attribute_mapping: String,
        pub(crate) is_enabled: bool,
        pub(crate) jit_enabled: bool,
        pub(crate) is_required: bool,
        pub(crate) trusts_mfa: bool,
        pub(crate) version: i64,
        pub(crate) secret_expires_at: Option<Timestamp>,
        pub(crate) secret_notice_days: Option<i64>,
        pub(crate) admin_signed_in_at: Option<Timestamp>,
        pub(crate) last_used_at: Option<Timestamp>,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
    }
}

record! {
    /// A domain of a connection.
    pub struct ConnectionDomain {
        pub(crate) connection_id: ConnectionId,
        pub id: DomainId,
        pub domain: String,
    }
}

record! {
    /// A sign-in or a test of a connection.
    pub struct ConnectionTrace {
        pub id: ConnectionTraceId,
        pub connection_id: ConnectionId,
        pub purpose: TracePurpose,
        /// The code of the error; empty if it succeeded.
        pub error_code: String,
        pub user_id: Option<UserId>,
        /// JSON: a list of steps.
        pub steps: String,
        pub created_at: Timestamp,
    }
}

record! {
    /// A connection whose secret will expire.
    pub(crate) struct ExpiringSecret {
        pub(crate) id: ConnectionId,
        pub(crate) organization_id: OrganizationId,
        pub(crate) secret_expires_at: Timestamp,
        pub(crate) secret_notice_days: Option<i64>,
    }
}

record! {
    /// A role that a mapping may name.
    pub(crate) struct MappableRole {
        pub(crate) id: RoleId,
        pub(crate) permissions: PermissionSet,
    }
}

record! {
    /// An admin who gets mail about a connection.
    pub(crate) struct Admin {
        pub(crate) membership_id: MembershipId,
        pub(crate) user_id: UserId,
    }
}

record! {
    /// A user, for a mail to admins.
    pub(crate) struct NamedUser {
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) username: Option<String>,
    }
}

macro_rules! connection {
    ($rest:literal) => {
        concat!(
            "SELECT c.id AS id, c.organization_id AS organization_id, c.name AS name, c.issuer AS issuer,
                    c.client_id AS client_id, c.client_secret AS client_secret, c.scopes AS scopes,
                    c.attribute_mapping AS attribute_mapping, c.is_enabled AS is_enabled, c.jit_enabled AS jit_enabled,
                    c.is_required AS is_required, c.trusts_mfa AS trusts_mfa, c.version AS version,
                    c.secret_expires_at AS secret_expires_at, c.secret_notice_days AS secret_notice_days,
                    c.admin_signed_in_at AS admin_signed_in_at, c.last_used_at AS last_used_at,
                    c.created_at AS created_at, c.updated_at AS updated_at
               FROM enterprise_connections c ",
            $rest
        )
    };
}

sql! {
    /// Inserts nothing if the organization has `max` connections.
    INSERT(NewConnection {
        id: ConnectionId,
        organization: OrganizationId,
        name: Text,
        issuer: Text,
        client_id: Text,
        client_secret: Option<Bytes>,
        scopes: Text,
        attribute_mapping: Text,
        jit_enabled: bool,
        trusts_mfa: bool,
        secret_expires_at: Option<Timestamp>,
        now: Timestamp,
        max: i64,
    }) invalidates Organization(organization) =
        "INSERT INTO enterprise_connections (id, organization_id, name, protocol, issuer, client_id, client_secret, scopes,
                                             attribute_mapping, is_enabled, jit_enabled, is_required, trusts_mfa, version,
                                             secret_expires_at, created_at, updated_at)
         SELECT $1, $2, $3, 'oidc', $4, $5, $6, $7, $8, 0, $9, 0, $10, 1, $11, $12, $12
          WHERE (SELECT COUNT(*) FROM enterprise_connections c WHERE c.organization_id = $2) < $13";

    FIND(OrganizationId, ConnectionId) -> ConnectionRow =
        connection!("WHERE c.organization_id = $1 AND c.id = $2");

    /// Oldest first.
    LIST(OrganizationId) -> ConnectionRow = connection!("WHERE c.organization_id = $1 ORDER BY c.id");

    /// A connection of an organization that is not deleted.
    FIND_BY_ID(ConnectionId) -> ConnectionRow =
        connection!("JOIN organizations o ON o.id = c.organization_id AND o.deleted_at IS NULL WHERE c.id = $1");

    /// The enabled connection of a verified domain. Only one organization can have verified it.
    BY_DOMAIN(Text) -> (ConnectionId,) =
        "SELECT c.id
           FROM domains d
           JOIN connection_domains cd ON cd.organization_id = d.organization_id AND cd.domain_id = d.id
           JOIN enterprise_connections c ON c.organization_id = cd.organization_id AND c.id = cd.connection_id AND c.is_enabled = 1
           JOIN organizations o ON o.id = c.organization_id AND o.deleted_at IS NULL
          WHERE d.domain = $1 AND d.verified_at IS NOT NULL";

    UPDATE(ChangedConnection {
        organization: OrganizationId,
        id: ConnectionId,
        name: Text,
        issuer: Text,
        client_id: Text,
        client_secret: Option<Bytes>,
        scopes: Text,
        attribute_mapping: Text,
        is_enabled: bool,
        jit_enabled: bool,
        is_required: bool,
        trusts_mfa: bool,
        version: i64,
        secret_expires_at: Option<Timestamp>,
        secret_notice_days: Option<i64>,
        admin_signed_in_at: Option<Timestamp>,
        now: Timestamp,
    }) invalidates Organization(organization) =
        "UPDATE enterprise_connections
            SET name = $3, issuer = $4, client_id = $5, client_secret = $6, scopes = $7, attribute_mapping = $8,
                is_enabled = $9, jit_enabled = $10, is_required = $11, trusts_mfa = $12, version = $13,
                secret_expires_at = $14, secret_notice_days = $15, admin_signed_in_at = $16, updated_at = $17
          WHERE organization_id = $1 AND id = $2";

    /// Changes no row unless it is enabled, an admin has signed in through its current version, and it has a verified
    /// domain.
    REQUIRE(OrganizationId, ConnectionId, Timestamp) -> (ConnectionId,) invalidates Organization(1) =
        "UPDATE enterprise_connections SET is_required = 1, updated_at = $3
          WHERE organization_id = $1 AND id = $2 AND is_enabled = 1 AND admin_signed_in_at IS NOT NULL
            AND EXISTS (SELECT 1 FROM connection_domains cd
                          JOIN domains d ON d.organization_id = cd.organization_id AND d.id = cd.domain_id
                               AND d.verified_at IS NOT NULL
                         WHERE cd.organization_id = $1 AND cd.connection_id = $2)
      RETURNING id";

    UNREQUIRE(OrganizationId, ConnectionId, Timestamp) -> (ConnectionId,) invalidates Organization(1) =
        "UPDATE enterprise_connections SET is_required = 0, updated_at = $3
          WHERE organization_id = $1 AND id = $2 AND is_required = 1
      RETURNING id";

    /// Whether one of its enabled connections is required.
    SET_ORGANIZATION_REQUIRES_SSO(OrganizationId, Timestamp) invalidates Organization(1) =
        "UPDATE organizations
            SET requires_sso = CASE WHEN EXISTS (SELECT 1 FROM enterprise_connections c
                                                  WHERE c.organization_id = $1 AND c.is_enabled = 1 AND c.is_required = 1)
                                    THEN 1 ELSE 0 END,
                updated_at = $2
          WHERE id = $1";

    /// Its domains, identities, requests and traces are deleted by cascade.
    DELETE(OrganizationId, ConnectionId) -> (ConnectionId,) invalidates Organization(1) =
        "DELETE FROM enterprise_connections WHERE organization_id = $1 AND id = $2 RETURNING id";

    DOMAINS(OrganizationId, ConnectionId) -> ConnectionDomain =
        "SELECT cd.connection_id AS connection_id, d.id AS id, d.domain AS domain
           FROM connection_domains cd JOIN domains d ON d.organization_id = cd.organization_id AND d.id = cd.domain_id
          WHERE cd.organization_id = $1 AND cd.connection_id = $2 AND d.verified_at IS NOT NULL
          ORDER BY d.domain";

    /// The domains of all connections.
    ALL_DOMAINS(OrganizationId) -> ConnectionDomain =
        "SELECT cd.connection_id AS connection_id, d.id AS id, d.domain AS domain
           FROM connection_domains cd JOIN domains d ON d.organization_id = cd.organization_id AND d.id = cd.domain_id
          WHERE cd.organization_id = $1 AND d.verified_at IS NOT NULL
          ORDER BY d.domain";

    /// When a domain of the organization was verified.
    DOMAIN_VERIFIED_AT(OrganizationId, DomainId) -> (Option<Timestamp>,) =
        "SELECT verified_at FROM domains WHERE organization_id = $1 AND id = $2";

    /// Changes no row if the domain is not verified, or has a connection.
    CONNECT_DOMAIN(OrganizationId, DomainId, ConnectionId, Timestamp) invalidates Organization(1) =
        "INSERT INTO connection_domains (organization_id, domain_id, connection_id, created_at)
         SELECT $1, d.id, $3, $4 FROM domains d
          WHERE d.organization_id = $1 AND d.id = $2 AND d.verified_at IS NOT NULL
             ON CONFLICT (organization_id, domain_id) DO NOTHING";

    DISCONNECT_DOMAIN(OrganizationId, DomainId, ConnectionId) invalidates Organization(1) =
        "DELETE FROM connection_domains WHERE organization_id = $1 AND domain_id = $2 AND connection_id = $3";

    /// Browsers that are at the provider of a connection cannot finish.
    DELETE_REQUESTS(ConnectionId) = "DELETE FROM authorization_requests WHERE connection_id = $1";

    /// The deployment's shared roles and the organization's own.
    ROLES(OrganizationId) -> MappableRole =
        "SELECT id, permissions FROM organization_roles
          WHERE (organization_id = $1 OR scope = 0) AND removed_at IS NULL ORDER BY id";

    /// Changes no row if the connection was used after `$4`: concurrent sign-ins would conflict.
    MARK_USED(OrganizationId, ConnectionId, Timestamp, Timestamp) invalidates nothing("cached reads do not depend on the time of its last use") =
        "UPDATE enterprise_connections SET last_used_at = $3
          WHERE organization_id = $1 AND id = $2 AND COALESCE(last_used_at, 0) <= $4";

    /// An admin has signed in through the current version: sign-ins that began with another one are refused.
    MARK_ADMIN_SIGN_IN(OrganizationId, SignInId, Timestamp) invalidates nothing("it changes who can be required, not who is") =
        "UPDATE enterprise_connections SET admin_signed_in_at = $3
          WHERE organization_id = $1 AND id = (SELECT s.connection_id FROM sign_ins s WHERE s.id = $2)
            AND admin_signed_in_at IS NULL";

    INSERT_TRACE(NewTrace {
        id: ConnectionTraceId,
        organization: OrganizationId,
        connection: ConnectionId,
        purpose: TracePurpose,
        error_code: Text,
        user: Option<UserId>,
        steps: Text,
        now: Timestamp,
    }) =
        "INSERT INTO connection_traces (id, organization_id, connection_id, purpose, error_code, user_id, steps, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE EXISTS (SELECT 1 FROM enterprise_connections c WHERE c.organization_id = $2 AND c.id = $3)";

    /// Deletes all but the newest 50.
    TRIM_TRACES(OrganizationId, ConnectionId) =
        "DELETE FROM connection_traces
          WHERE organization_id = $1 AND connection_id = $2
            AND id IN (SELECT t.id FROM connection_traces t WHERE t.organization_id = $1 AND t.connection_id = $2
                        ORDER BY t.id DESC LIMIT 1000 OFFSET 50)";

    /// Newest first.
    TRACES(OrganizationId, ConnectionId) -> ConnectionTrace =
        "SELECT id, connection_id, purpose, error_code, user_id, steps, created_at FROM connection_traces
          WHERE organization_id = $1 AND connection_id = $2 ORDER BY id DESC LIMIT 50";

    TRACE(OrganizationId, ConnectionId, ConnectionTraceId) -> ConnectionTrace =
        "SELECT id, connection_id, purpose, error_code, user_id, steps, created_at FROM connection_traces
          WHERE organization_id = $1 AND connection_id = $2 AND id = $3";

    /// The newest admins whose account is enabled and whose primary address is verified.
    ADMINS(OrganizationId, i64) -> Admin =
        "SELECT DISTINCT m.id AS membership_id, m.user_id AS user_id
           FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
           JOIN organization_memberships m ON m.organization_id = mr.organization_id AND m.id = mr.membership_id
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
           JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE mr.organization_id = $1
          ORDER BY m.id DESC LIMIT $2";

    /// Whether a user is an admin of the organization.
    IS_ADMIN(OrganizationId, UserId) -> (MembershipId,) =
        "SELECT m.id FROM organization_memberships m
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
          WHERE m.organization_id = $1 AND m.user_id = $2 LIMIT 1";

    /// Whether a pending invitation of the organization is for this address key.
    IS_INVITED(OrganizationId, Text, Timestamp) -> (InvitationId,) =
        "SELECT id FROM invitations
          WHERE organization_id = $1 AND email_key = $2 AND status = 'pending' AND expires_at > $3 LIMIT 1";

    /// Whether a user who is no member was one.
    WAS_MEMBER(OrganizationId, UserId) -> (UserId,) =
        "SELECT user_id FROM domain_joins WHERE organization_id = $1 AND user_id = $2";

    /// The connection by which a sign-in was made.
    OF_SIGN_IN(SignInId) -> (Option<ConnectionId>,) = "SELECT connection_id FROM sign_ins WHERE id = $1";

    NAMED_USER(UserId) -> NamedUser =
        "SELECT first_name, last_name, username FROM users WHERE id = $1";

    /// The first connections after `$3` whose secret expires between `$1` and `$2`.
    EXPIRING_SECRETS(Timestamp, Timestamp, ConnectionId, i64) -> ExpiringSecret =
        "SELECT c.id AS id, c.organization_id AS organization_id, c.secret_expires_at AS secret_expires_at,
                c.secret_notice_days AS secret_notice_days
           FROM enterprise_connections c
           JOIN organizations o ON o.id = c.organization_id AND o.deleted_at IS NULL
          WHERE c.secret_expires_at > $1 AND c.secret_expires_at <= $2 AND c.id > $3
          ORDER BY c.id LIMIT $4";

    /// Claims the notice of `$4` days. Changes no row if it or a later one was sent, or the secret was replaced.
    CLAIM_SECRET_NOTICE(OrganizationId, ConnectionId, Timestamp, i64) invalidates nothing("cached reads do not depend on notices") =
        "UPDATE enterprise_connections SET secret_notice_days = $4
          WHERE organization_id = $1 AND id = $2 AND secret_expires_at = $3 AND COALESCE(secret_notice_days, 1000) > $4";
}
