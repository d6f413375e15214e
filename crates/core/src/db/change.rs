//! What a statement changes of what lists show, told from its text and its arguments: so that no command can forget to
//! say so.

use super::{Declaration, Value};

/// Whose lists may look different afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// One organization's.
    Organization(i64),
    /// Anybody's: people show in the lists of every organization they belong to.
    Everybody,
}

/// Tables whose rows belong to an organization and show in its lists.
const OF_ORGANIZATIONS: &[&str] = &[
    "invitations",
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
/// Statements on people that change nothing of what others see, by the end of their names.
const UNSEEN: &[&str] = &[
    // Who is new has invited nobody yet.
    "user::sql::INSERT",
    // Passwords, and what somebody acts in.
    "user::sql::SET_PASSWORD",
    "user::sql::FORGET_PASSWORD",
    "session::sql::SET_DEFAULT_ORGANIZATION",
    "session::sql::SET_DEFAULT_WORKSPACE",
    // Lists of invitations show an inviter's address, and not whether it was proved.
    "user::sql::VERIFY",
];

impl Change {
    /// What this statement changes when it changes anything.
    pub(super) fn of(declaration: &Declaration, values: &[Value<'_>]) -> Option<Self> {
        let table = written(declaration.text)?;
        if OF_PEOPLE.contains(&table) {
            return (!UNSEEN.iter().any(|unseen| declaration.name.ends_with(unseen))).then_some(Self::Everybody);
        }
        if !OF_ORGANIZATIONS.contains(&table) {
            return None;
        }
        match declaration.organization.and_then(|place| values.get(place)) {
            Some(Value::Integer(organization)) => Some(Self::Organization(*organization)),
            _ => Some(Self::Everybody),
        }
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
        for unseen in UNSEEN {
            let found = statements().filter(|declaration| declaration.name.ends_with(unseen)).count();
            assert_eq!(found, 1, "{unseen}");
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
