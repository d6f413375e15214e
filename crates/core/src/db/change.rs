//! What a statement changes of what may have been kept of earlier reads, told from its text and its arguments: so that no
//! command can forget to say so.

use super::column::Subject;
use super::{Declaration, Value};

/// What may look different afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// One organization's invitations.
    Invitations(i64),
    /// What surrounds them: who is in one organization, and what there is to be in it.
    Surroundings(i64),
    /// One session, as its caller sees it.
    Session(i64),
    /// The sessions of one user, as they see them.
    User(i64),
    /// Anybody's surroundings and sessions: people show in every organization they belong to.
    Everybody,
}

/// The table of invitations.
const OF_INVITATIONS: &str = "invitations";
/// Tables whose other rows belong to an organization and show in its lists.
const OF_ORGANIZATIONS: &[&str] = &[
    "organizations",
    "organization_roles",
    "organization_memberships",
    "organization_membership_roles",
    "workspaces",
    "workspace_roles",
    "workspace_memberships",
    "workspace_membership_roles",
];
/// Tables whose rows are people's and show in lists.
const OF_PEOPLE: &[&str] = &["users", "email_addresses"];
/// Tables whose rows only whoever carries the session sees.
const OF_SESSIONS: &[&str] = &["sessions", "sign_ins"];
/// Statements on people that change nothing of what others see, by the end of their names.
const SEEN_BY_THEMSELVES: &[&str] = &[
    // Passwords, and what somebody acts in.
    "user::sql::SET_PASSWORD",
    "user::sql::FORGET_PASSWORD",
    "session::sql::SET_DEFAULT_ORGANIZATION",
    "session::sql::SET_DEFAULT_WORKSPACE",
    // Lists of invitations show an inviter's address, and not whether it was proved.
    "user::sql::VERIFY",
    // Nor any but the first, which whoever has invited somebody has already.
    "user::sql::ADD_ADDRESS",
    "user::sql::INSERT_ADDRESS",
];
/// Statements that change nothing that could have been kept.
const SEEN_BY_NOBODY: &[&str] = &[
    // What is new was never shown.
    "user::sql::INSERT",
    "session::sql::INSERT",
    // What is over is told from the time.
    "session::sql::DELETE_ENDED",
    "housekeeping::sql::EXPIRED_SESSIONS",
    "housekeeping::sql::IDLE_SESSIONS",
    // The statement before each has moved on the sessions it is about.
    "session::sql::END_OTHER_SIGN_INS",
    "session::sql::END_SIGN_IN",
    // It is what moves on, by itself or beside that.
    "session::sql::TOUCH",
    "session::sql::TOUCH_SIGN_IN",
    "revision::sql::REVISE_SESSION",
    "revision::sql::REVISE_SESSIONS_OF_USER",
];

impl Change {
    /// What this statement changes when it changes anything.
    pub(super) fn of(declaration: &Declaration, values: &[Value<'_>]) -> Option<Self> {
        let is_among = |names: &[&str]| names.iter().any(|name| declaration.name.ends_with(name));
        let named = |subject: Subject| declaration.names(subject, values);
        let table = written(declaration.text)?;
        if is_among(SEEN_BY_NOBODY) {
            return None;
        }
        let change = if OF_PEOPLE.contains(&table) {
            named(Subject::User).filter(|_| is_among(SEEN_BY_THEMSELVES)).map(Self::User)
        } else if OF_SESSIONS.contains(&table) {
            let of_session = named(Subject::Session).map(Self::Session);
            let of_user = || named(Subject::User).map(Self::User);
            of_session.or_else(of_user).or_else(|| named(Subject::Organization).map(Self::Surroundings))
        } else if OF_ORGANIZATIONS.contains(&table) {
            named(Subject::Organization).map(Self::Surroundings)
        } else if table == OF_INVITATIONS {
            // Where it is nobody's by name, it may be several organizations'.
            named(Subject::Organization).map(Self::Invitations)
        } else {
            return None;
        };
        Some(change.unwrap_or(Self::Everybody))
    }
}

/// The table that a statement writes to; none for one that only reads.
fn written(text: &str) -> Option<&str> {
    let mut words = text.split_ascii_whitespace();
    match words.next()? {
        "UPDATE" => words.next(),
        "INSERT" | "DELETE" => words.nth(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::statements;

    #[test]
    fn what_is_said_to_be_unseen_is_there() {
        for unseen in SEEN_BY_THEMSELVES.iter().chain(SEEN_BY_NOBODY) {
            let found = statements().filter(|declaration| declaration.name.ends_with(unseen)).count();
            assert_eq!(found, 1, "{unseen}");
        }
    }

    #[test]
    fn what_people_see_of_themselves_says_who_they_are() {
        for seen in SEEN_BY_THEMSELVES {
            let declaration = statements().find(|declaration| declaration.name.ends_with(seen)).unwrap();
            assert!(declaration.subjects.contains(&Some(Subject::User)), "{seen}");
        }
    }

    #[test]
    fn a_write_names_its_table_first() {
        for declaration in statements() {
            let reads = declaration.text.trim_start().starts_with("SELECT");
            assert_eq!(written(declaration.text).is_none(), reads, "{}", declaration.name);
        }
    }
}
