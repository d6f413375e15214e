//! The statements of the search index.

use vestibule_db::{Bytes, Text, record, sql};

use crate::id::OrganizationId;
use crate::listing::packed_ids;
use crate::search::SearchedRows;

record! {
    /// The positions of a trigram in a segment.
    pub(crate) struct PostingRow {
        pub(crate) segment: i64,
        pub(crate) positions: Vec<u8>,
    }
}

record! {
    pub(crate) struct SegmentRow {
        pub(crate) segment: i64,
        /// Eight bytes for each id.
        pub(crate) row_ids: Vec<u8>,
    }
}

record! {
    pub(crate) struct UnindexedMember {
        pub(crate) id: i64,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) username: Option<String>,
        pub(crate) email: Option<String>,
    }
}

record! {
    pub(crate) struct UnindexedInvitation {
        pub(crate) id: i64,
        pub(crate) email: String,
    }
}

sql! {
    /// `$3` has the trigrams, three characters each. There is at least one.
    POSTINGS(OrganizationId, SearchedRows, Text) -> PostingRow =
        "SELECT s.segment AS segment, s.positions AS positions
           FROM (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < LENGTH($3) / 3)
                 SELECT SUBSTR($3, i * 3 + 1, 3) AS gram FROM n) g
          CROSS JOIN search_postings s
          WHERE s.organization_id = $1 AND s.kind = $2 AND s.gram = g.gram";

    SEGMENTS(OrganizationId, SearchedRows, Text) -> SegmentRow =
        concat!(
            "SELECT s.segment AS segment, s.row_ids AS row_ids FROM ",
            packed_ids!("$3"),
            "CROSS JOIN search_segments s WHERE s.organization_id = $1 AND s.kind = $2 AND s.segment = p.id"
        );

    /// The oldest members who are in no segment.
    UNINDEXED_MEMBERS(OrganizationId, i64) -> UnindexedMember =
        "SELECT m.id AS id, u.first_name AS first_name, u.last_name AS last_name, u.username AS username,
                e.address_key AS email
           FROM organization_memberships m
           JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
          WHERE m.organization_id = $1 AND m.search_segment = 0
          ORDER BY m.id LIMIT $2";

    UNINDEXED_INVITATIONS(OrganizationId, i64) -> UnindexedInvitation =
        "SELECT i.id AS id, i.email_key AS email FROM invitations i
          WHERE i.organization_id = $1 AND i.search_segment = 0
          ORDER BY i.id LIMIT $2";

    INSERT_SEGMENT(OrganizationId, SearchedRows, i64, Bytes) =
        "INSERT INTO search_segments (organization_id, kind, segment, row_ids) VALUES ($1, $2, $3, $4)";

    INSERT_POSTING(OrganizationId, SearchedRows, Text, i64, Bytes) =
        "INSERT INTO search_postings (organization_id, kind, gram, segment, positions) VALUES ($1, $2, $3, $4, $5)";

    /// All rows between two ids that are in no segment.
    MARK_MEMBERS(OrganizationId, i64, i64, i64) invalidates nothing("no response shows it") =
        "UPDATE organization_memberships SET search_segment = $2
          WHERE organization_id = $1 AND search_segment = 0 AND id >= $3 AND id <= $4";

    MARK_INVITATIONS(OrganizationId, i64, i64, i64) invalidates nothing("no response shows it") =
        "UPDATE invitations SET search_segment = $2
          WHERE organization_id = $1 AND search_segment = 0 AND id >= $3 AND id <= $4";

    ERASE(OrganizationId, i64) =
        "DELETE FROM search_segments WHERE organization_id = $1
            AND (kind, segment) IN (SELECT s.kind, s.segment FROM search_segments s WHERE s.organization_id = $1 LIMIT $2)";
}
