//! Statements on security notices. They belong to a user and to no organization.

use vestibule_db::{Text, record, sql};

use super::NoticeKind;
use crate::id::{NoticeId, UserId};
use crate::language::Language;
use crate::time::Timestamp;

record! {
    /// A verified address of a user.
    pub(crate) struct Recipient {
        pub(crate) address: String,
        pub(crate) address_key: String,
        pub(crate) language: Option<Language>,
    }
}

record! {
    /// A notice to one address.
    pub struct Notice {
        pub id: NoticeId,
        pub(crate) user_id: UserId,
        pub kind: NoticeKind,
        pub(crate) address: String,
        /// The normalized address.
        pub address_key: String,
        pub(crate) language: Option<Language>,
        /// The address or the name that the change is about. May be empty.
        pub(crate) detail: String,
        /// Empty for what another user has done.
        pub(crate) ip_address: String,
        pub(crate) user_agent: String,
        pub(crate) expires_at: Timestamp,
        pub(crate) created_at: Timestamp,
    }
}

sql! {
    RECIPIENTS(UserId) -> Recipient =
        "SELECT e.address AS address, e.address_key AS address_key, u.language AS language
           FROM email_addresses e JOIN users u ON u.id = e.user_id
          WHERE e.user_id = $1 AND e.verified_at IS NOT NULL
          ORDER BY e.id";

    /// Those of `RECIPIENTS`, and the addresses that were removed lately: the link of the notice about it still works at
    /// the given time. A person who has removed them could otherwise reset the second factors without an objection.
    RECIPIENTS_OF_RESET(UserId, Timestamp) -> Recipient =
        "SELECT e.address AS address, e.address_key AS address_key, u.language AS language
           FROM email_addresses e JOIN users u ON u.id = e.user_id
          WHERE e.user_id = $1 AND e.verified_at IS NOT NULL
          UNION
         SELECT s.address AS address, s.address_key AS address_key, u.language AS language
           FROM security_notices s JOIN users u ON u.id = s.user_id
          WHERE s.user_id = $1 AND s.kind = 'address_removed' AND s.detail = s.address_key AND s.expires_at > $2";

    /// Returns no row if the address has had `max` notices of this kind since `counted_after`. With a `counted_detail`,
    /// only notices with this detail count.
    INSERT(NewNotice {
        id: NoticeId,
        user: UserId,
        kind: NoticeKind,
        address: Text,
        address_key: Text,
        language: Option<Language>,
        detail: Text,
        ip_address: Text,
        user_agent: Text,
        expires_at: Timestamp,
        now: Timestamp,
        counted_after: Timestamp,
        max: i64,
        counted_detail: Option<Text>,
    }) -> (NoticeId,) =
        "INSERT INTO security_notices (id, user_id, kind, address, address_key, language, detail, ip_address, user_agent,
                                       expires_at, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
          WHERE (SELECT COUNT(*) FROM security_notices s
                  WHERE s.user_id = $2 AND s.kind = $3 AND s.address_key = $5 AND s.created_at > $12
                    AND s.detail = COALESCE($14, s.detail)) < $13
      RETURNING id";

    FIND(NoticeId) -> Notice =
        "SELECT id, user_id, kind, address, address_key, language, detail, ip_address, user_agent, expires_at, created_at
           FROM security_notices WHERE id = $1";

    /// Succeeds once per notice.
    USE(NoticeId, Timestamp) -> Notice =
        "UPDATE security_notices SET used_at = $2
          WHERE id = $1 AND used_at IS NULL AND expires_at > $2
      RETURNING id, user_id, kind, address, address_key, language, detail, ip_address, user_agent, expires_at, created_at";

    /// Returns no row if no reset of second factors is waiting.
    CANCEL_RESET(UserId) -> (UserId,) = "DELETE FROM second_factor_resets WHERE user_id = $1 RETURNING user_id";
}
