//! Statements on notifications.

use vestibule_db::{record, sql};

use crate::id::{MembershipId, OrganizationId, RoleId, UserId};
use crate::notification_kind::NotificationKind;
use crate::outbox::MailKind;
use crate::time::Timestamp;

record! {
    /// A member who can be notified.
    pub(crate) struct Holder {
        pub(crate) membership_id: MembershipId,
        pub(crate) user_id: UserId,
    }
}

sql! {
    /// The newest members with a role whose account is enabled, whose primary address is verified, and who want this kind
    /// of notification.
    ROLE_HOLDERS(OrganizationId, RoleId, NotificationKind, i64) -> Holder =
        "SELECT m.id AS membership_id, m.user_id AS user_id
           FROM organization_membership_roles mr
           JOIN organization_memberships m ON m.organization_id = mr.organization_id AND m.id = mr.membership_id
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
           JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE mr.role_scope IN (0, $1) AND mr.role_id = $2 AND mr.organization_id = $1
            AND NOT EXISTS (SELECT 1 FROM notice_opt_outs n WHERE n.user_id = u.id AND n.kind = $3)
          ORDER BY m.id DESC LIMIT $4";

    /// The user of a membership who can be notified, like [`ROLE_HOLDERS`], and for whom no mail of the kind is due at `$5`
    /// or later.
    UNSCHEDULED_INVITER(OrganizationId, MembershipId, NotificationKind, MailKind, Timestamp) -> (UserId,) =
        "SELECT m.user_id
           FROM organization_memberships m
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
           JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE m.organization_id = $1 AND m.id = $2
            AND NOT EXISTS (SELECT 1 FROM notice_opt_outs n WHERE n.user_id = u.id AND n.kind = $3)
            AND NOT EXISTS (SELECT 1 FROM notice_schedules s
                             WHERE s.organization_id = $1 AND s.user_id = m.user_id AND s.kind = $4 AND s.due_at >= $5)";

    /// Returns when the next mail is due: at `first_due_at`, or at the end of the interval after the last one. Returns no
    /// row if a mail is due at `min_due_at` or later.
    SCHEDULE(Schedule {
        organization: OrganizationId,
        user: UserId,
        kind: MailKind,
        first_due_at: Timestamp,
        min_due_at: Timestamp,
        interval: i64,
    }) -> (Timestamp,) =
        "INSERT INTO notice_schedules (organization_id, user_id, kind, due_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization_id, user_id, kind) DO UPDATE
            SET due_at = CASE WHEN notice_schedules.due_at + $6 > $4 THEN notice_schedules.due_at + $6 ELSE $4 END
          WHERE notice_schedules.due_at < $5
      RETURNING due_at";

    OPT_OUTS(UserId) -> (NotificationKind,) = "SELECT kind FROM notice_opt_outs WHERE user_id = $1";

    OPT_OUT(UserId, NotificationKind, Timestamp) =
        "INSERT INTO notice_opt_outs (user_id, kind, created_at) SELECT u.id, $2, $3 FROM users u WHERE u.id = $1
             ON CONFLICT (user_id, kind) DO NOTHING";

    OPT_IN(UserId, NotificationKind) = "DELETE FROM notice_opt_outs WHERE user_id = $1 AND kind = $2";

    /// The verified primary address of an enabled user.
    ADDRESS(UserId) -> (String,) =
        "SELECT e.address_key FROM users u
           JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE u.id = $1 AND u.disabled = 0";
}
