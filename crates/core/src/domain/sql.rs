//! The statements of domains, and of the users who joined by one.

use vestibule_db::{Text, record, sql};

use super::JoinPolicy;
use crate::cache::Scope;
use crate::id::{ConnectionId, DomainId, MembershipId, OrganizationId, UserId};
use crate::time::Timestamp;

record! {
    pub struct Domain {
        pub id: DomainId,
        pub organization_id: OrganizationId,
        pub domain: String,
        pub joining: JoinPolicy,
        /// The number of verification attempts.
        pub attempts: i64,
        pub verified_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

record! {
    /// An organization that a user can join by one of their addresses.
    pub struct JoinableOrganization {
        pub organization_id: OrganizationId,
        pub name: String,
        /// The name of its image; empty for none.
        pub image_url: String,
        /// The domain that admits the user.
        pub domain: String,
        /// The policy for this user: a former member can only request.
        pub joining: JoinPolicy,
    }
}

sql! {
    LIST(OrganizationId) -> Domain =
        "SELECT id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at
           FROM domains WHERE organization_id = $1 ORDER BY id";

    FIND(OrganizationId, DomainId) -> Domain =
        "SELECT id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at
           FROM domains WHERE organization_id = $1 AND id = $2";

    /// Returns no row if the organization has claimed the domain already.
    INSERT(OrganizationId, DomainId, Text, JoinPolicy, Timestamp) -> Domain
        invalidates nothing("it has no effect before it is verified") =
        "INSERT INTO domains (organization_id, id, domain, joining, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)
             ON CONFLICT (organization_id, domain) DO NOTHING
      RETURNING id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at";

    UPDATE(OrganizationId, DomainId, JoinPolicy, Timestamp) -> Domain
        invalidates nothing("no cached value depends on how people join") =
        "UPDATE domains SET joining = $3, updated_at = $4 WHERE organization_id = $1 AND id = $2
      RETURNING id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at";

    /// The enabled connection through which people with this domain sign in.
    ENABLED_CONNECTION(OrganizationId, DomainId) -> (ConnectionId,) =
        "SELECT c.id FROM connection_domains cd
           JOIN enterprise_connections c ON c.organization_id = cd.organization_id AND c.id = cd.connection_id AND c.is_enabled = 1
          WHERE cd.organization_id = $1 AND cd.domain_id = $2";

    /// Also from its connection, which may require single sign-on.
    DELETE(OrganizationId, DomainId) -> (DomainId,) invalidates Organization(1) =
        "DELETE FROM domains WHERE organization_id = $1 AND id = $2 RETURNING id";

    RECORD_ATTEMPT(OrganizationId, DomainId, Timestamp) invalidates nothing("no cached value shows it") =
        "UPDATE domains SET attempts = attempts + 1, updated_at = $3 WHERE organization_id = $1 AND id = $2";

    /// Returns no row if another organization has verified the domain. A unique index guards it as well.
    VERIFY(OrganizationId, DomainId, Timestamp) -> Domain invalidates Organization(1) =
        "UPDATE domains SET verified_at = COALESCE(verified_at, $3), updated_at = $3
          WHERE organization_id = $1 AND id = $2
            AND NOT EXISTS (SELECT 1 FROM domains o
                             WHERE o.domain = domains.domain AND o.verified_at IS NOT NULL AND o.id <> $2)
      RETURNING id, organization_id, domain, joining, attempts, verified_at, created_at, updated_at";

    /// The organizations that a user with a verified address of this domain can join and is not a member of. A former
    /// member can only request, so that a removed member does not rejoin by signing in. People with the domain of an enabled
    /// connection join through it.
    JOINABLE_BY_DOMAIN(Text, UserId) -> JoinableOrganization =
        "SELECT o.id AS organization_id, o.name AS name, o.image_url AS image_url, d.domain AS domain,
                CASE WHEN EXISTS (SELECT 1 FROM domain_joins j
                                   WHERE j.organization_id = d.organization_id AND j.user_id = $2)
                     THEN 'request' ELSE d.joining END AS joining
           FROM domains d
           JOIN organizations o ON o.id = d.organization_id AND o.deleted_at IS NULL
          WHERE d.domain = $1 AND d.verified_at IS NOT NULL AND d.joining <> 'none'
            AND (d.joining = 'request'
                 OR NOT EXISTS (SELECT 1 FROM connection_domains cd
                                  JOIN enterprise_connections c ON c.organization_id = cd.organization_id
                                                               AND c.id = cd.connection_id AND c.is_enabled = 1
                                 WHERE cd.organization_id = d.organization_id AND cd.domain_id = d.id))
            AND NOT EXISTS (SELECT 1 FROM organization_memberships m
                             WHERE m.organization_id = d.organization_id AND m.user_id = $2)";

    RECORD_JOIN(OrganizationId, UserId, Timestamp) =
        "INSERT INTO domain_joins (organization_id, user_id, joined_at) VALUES ($1, $2, $3)
             ON CONFLICT (organization_id, user_id) DO NOTHING";

    /// Records a member who is about to leave, so that they do not rejoin automatically.
    RECORD_LEAVE(OrganizationId, MembershipId, Timestamp) =
        "INSERT INTO domain_joins (organization_id, user_id, joined_at)
         SELECT $1, m.user_id, $3 FROM organization_memberships m WHERE m.organization_id = $1 AND m.id = $2
             ON CONFLICT (organization_id, user_id) DO NOTHING";
}
