//! Looking up the caller's session, and storing that it was used.

use vestibule_db::{Bytes, record, sql};

use crate::id::{SessionId, SignInId, UserId};
use crate::time::Timestamp;

record! {
    /// The session a caller carries, with the user who is signed in and active, if one is.
    pub struct CurrentSession {
        /// Which one.
        pub id: SessionId,
        /// When it began.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// When it was last used, to within a few minutes.
        pub last_seen_at: Timestamp,
        /// Its active sign-in.
        pub sign_in_id: Option<SignInId>,
        /// Whose sign-in that is.
        pub user_id: Option<UserId>,
        /// Until when there may be an attempt to show.
        pub(crate) attempts_until: Timestamp,
        /// When it ends, used or not.
        pub(crate) expires_at: Timestamp,
        /// Moves on with every change that its caller could see.
        pub(crate) revision: i64,
    }
}

sql! {
    /// A session that has neither ended nor lain idle, and its active sign-in as long as that has not ended either.
    CURRENT(Bytes, Timestamp, Timestamp) -> CurrentSession =
        "SELECT s.id AS id, s.created_at AS created_at, s.updated_at AS updated_at, s.last_seen_at AS last_seen_at,
                i.id AS sign_in_id, u.id AS user_id, s.attempts_until AS attempts_until, s.expires_at AS expires_at,
                s.revision AS revision
           FROM sessions s
           LEFT JOIN sign_ins i ON i.id = s.active_sign_in_id AND i.session_id = s.id AND i.expires_at > $2
           LEFT JOIN users u ON u.id = i.user_id AND u.disabled = 0
          WHERE s.token_digest = $1 AND s.expires_at > $2 AND s.last_seen_at > $3";

    /// It moves the session on by itself, and whatever is touched with it.
    TOUCH(SessionId, Timestamp) invalidates nothing("it sets the session's revision itself") =
        "UPDATE sessions SET last_seen_at = $2, revision = CASE WHEN revision < $2 THEN $2 ELSE revision + 1 END
          WHERE id = $1 AND last_seen_at < $2";

    TOUCH_SIGN_IN(SessionId, SignInId, Timestamp) invalidates nothing("TOUCH sets the session's revision") =
        "UPDATE sign_ins SET last_active_at = $3 WHERE id = $2 AND session_id = $1 AND last_active_at < $3";
}
