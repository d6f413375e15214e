//! Statements of filtered and sorted lists of invitations.
//!
//! An unused filter is passed as bounds that exclude nothing. No index may be chosen for it, so its column is in an
//! expression that no index has: `email_key || ''`, `role_id + 0`.

use vestibule_db::{Text, sql};

use super::InvitationRow;
use crate::id::{InvitationId, OrganizationId};
use crate::listing::packed_ids;
use crate::time::Timestamp;

/// The filters, from `$3` to `$15`. An empty delivery is any.
macro_rules! filters {
    () => {
        "i.id > $3 AND i.id < $4 AND (i.expires_at + 0) > $5 AND (i.expires_at + 0) <= $6
             AND i.workspace_scope >= $7 AND i.workspace_scope <= $8
             AND (i.email_key || '') >= $9 AND (i.email_key || '') <= $10
             AND (i.role_id + 0) >= $11 AND (i.role_id + 0) <= $12
             AND COALESCE(i.inviter_membership_id, 0) >= $13 AND COALESCE(i.inviter_membership_id, 0) <= $14
             AND (i.delivery = $15 OR $15 = '') "
    };
}

/// Invitations in one status, by the index of the status.
macro_rules! in_status {
    ($select:literal, $end:literal) => {
        concat!($select, " FROM invitations i WHERE i.organization_id = $1 AND i.status = $2 AND ", filters!(), $end)
    };
}

/// Invitations in any status: `$2` is empty.
macro_rules! in_any_status {
    ($select:literal, $end:literal) => {
        concat!(
            $select,
            " FROM invitations i WHERE i.organization_id = $1 AND (i.status || '') >= $2 AND ",
            filters!(),
            $end
        )
    };
}

/// The rest of a statement on pending invitations after or before an expiry and an id.
macro_rules! by_expiry {
    ($compare:literal, $order:literal) => {
        concat!(
            "FROM invitations i WHERE i.organization_id = $1 AND i.status = 'pending' AND (i.status || '') >= $2
               AND (i.expires_at, i.id) ",
            $compare,
            " ($17, $18) AND ",
            filters!(),
            $order,
            " LIMIT $16"
        )
    };
}

macro_rules! rows {
    ($rest:expr) => {
        concat!(
            "SELECT i.id AS id, i.organization_id AS organization_id, i.email_key AS email_key, i.status AS status,
                    i.generation AS generation, i.expires_at AS expires_at, i.created_at AS created_at,
                    i.updated_at AS updated_at, i.role_id AS role_id, i.workspace_id AS workspace_id,
                    i.workspace_role_id AS workspace_role_id, i.inviter_membership_id AS inviter_membership_id,
                    i.is_by_api_key AS is_by_api_key, i.left_suspended AS left_suspended, i.delivery AS delivery, i.delivery_reason AS delivery_reason,
                    i.delivery_attempts AS delivery_attempts, i.delivery_at AS delivery_at,
                    i.next_delivery_at AS next_delivery_at ",
            $rest
        )
    };
}

sql! {
    /// Ids are never null: `NULLS LAST` is for PostgreSQL's planner, as in [`super::PAGE`].
    NEWEST(FilteredInvitations {
        organization: OrganizationId,
        status: Text,
        after: InvitationId,
        before: InvitationId,
        expires_after: Timestamp,
        expires_until: Timestamp,
        min_workspace: i64,
        max_workspace: i64,
        min_email: Text,
        max_email: Text,
        min_role: i64,
        max_role: i64,
        min_inviter: i64,
        max_inviter: i64,
        delivery: Text,
        limit: i64,
    }) -> InvitationRow = rows!(in_status!("", "ORDER BY i.id DESC NULLS LAST LIMIT $16"));

    OLDEST(= FilteredInvitations) -> InvitationRow =
        rows!(in_status!("", "ORDER BY i.id NULLS FIRST LIMIT $16"));

    NEWEST_IN_ANY_STATUS(= FilteredInvitations) -> InvitationRow =
        rows!(in_any_status!("", "ORDER BY i.id DESC LIMIT $16"));

    OLDEST_IN_ANY_STATUS(= FilteredInvitations) -> InvitationRow =
        rows!(in_any_status!("", "ORDER BY i.id LIMIT $16"));

    /// The invitation that has `limit` others before it, as the next three do.
    NTH_NEWEST(= FilteredInvitations) -> (InvitationId,) =
        in_status!("SELECT i.id", "ORDER BY i.id DESC NULLS LAST LIMIT 1 OFFSET $16");

    NTH_OLDEST(= FilteredInvitations) -> (InvitationId,) =
        in_status!("SELECT i.id", "ORDER BY i.id NULLS FIRST LIMIT 1 OFFSET $16");

    NTH_NEWEST_IN_ANY_STATUS(= FilteredInvitations) -> (InvitationId,) =
        in_any_status!("SELECT i.id", "ORDER BY i.id DESC LIMIT 1 OFFSET $16");

    NTH_OLDEST_IN_ANY_STATUS(= FilteredInvitations) -> (InvitationId,) =
        in_any_status!("SELECT i.id", "ORDER BY i.id LIMIT 1 OFFSET $16");

    /// Counts up to a limit, as the next one does.
    COUNT(= FilteredInvitations) -> (i64,) =
        in_status!("SELECT COUNT(*) FROM (SELECT i.id", "LIMIT $16) counted");

    COUNT_IN_ANY_STATUS(= FilteredInvitations) -> (i64,) =
        in_any_status!("SELECT COUNT(*) FROM (SELECT i.id", "LIMIT $16) counted");

    /// Pending invitations, those that expire first before others.
    BY_EXPIRY(ExpiringInvitations {
        organization: OrganizationId,
        status: Text,
        after: InvitationId,
        before: InvitationId,
        expires_after: Timestamp,
        expires_until: Timestamp,
        min_workspace: i64,
        max_workspace: i64,
        min_email: Text,
        max_email: Text,
        min_role: i64,
        max_role: i64,
        min_inviter: i64,
        max_inviter: i64,
        delivery: Text,
        limit: i64,
        expires_at: Timestamp,
        id: InvitationId,
    }) -> InvitationRow = rows!(by_expiry!(">", "ORDER BY i.expires_at, i.id"));

    BY_EXPIRY_DESCENDING(= ExpiringInvitations) -> InvitationRow =
        rows!(by_expiry!("<", "ORDER BY i.expires_at DESC, i.id DESC"));

    /// Invitations that the search index does not have, newest first.
    UNINDEXED(OrganizationId, InvitationId, InvitationId, i64) -> InvitationRow =
        rows!("FROM invitations i
                WHERE i.organization_id = $1 AND i.search_segment = 0 AND i.id > $2 AND i.id < $3
                ORDER BY i.id DESC LIMIT $4");

    BY_IDS(OrganizationId, Text) -> InvitationRow =
        rows!(concat!("FROM ", packed_ids!("$2"), "CROSS JOIN invitations i WHERE i.organization_id = $1 AND i.id = p.id"));

    COUNT_STATUS(OrganizationId, Text, i64) -> (i64,) =
        "SELECT COUNT(*) FROM (SELECT i.id FROM invitations i WHERE i.organization_id = $1 AND i.status = $2 LIMIT $3) counted";

    /// Pending invitations that expire after `$2`, up to `$3`.
    COUNT_EXPIRING(OrganizationId, Timestamp, Timestamp, i64) -> (i64,) =
        "SELECT COUNT(*)
           FROM (SELECT i.id FROM invitations i
                  WHERE i.organization_id = $1 AND i.status = 'pending' AND i.expires_at > $2 AND i.expires_at <= $3
                  LIMIT $4) counted";
}
