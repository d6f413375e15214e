//! For tests only: fails a command that changed an audited table and emitted no event.

use super::Context;
use super::erased::{Operation, Output};
use crate::error::Result;

/// The tables whose changes an admin or an auditor asks about. `pending_sign_ins` and `passkey_challenges` are not among
/// them: their rows open nothing, and what completes one creates a sign-in or a passkey, which is.
const AUDITED: &[&str] = &[
    "api_key_secrets",
    "api_keys",
    "authenticators",
    "backup_codes",
    "connection_domains",
    "deployment_invitations",
    "domains",
    "email_addresses",
    "enterprise_connections",
    "handovers",
    "invitations",
    "join_requests",
    "organization_membership_roles",
    "organization_memberships",
    "organization_roles",
    "organizations",
    "passkeys",
    "second_factor_resets",
    "session_tickets",
    "setup_links",
    "sign_ins",
    "users",
    "waitlist",
    "webhook_endpoints",
    "workspace_membership_roles",
    "workspace_memberships",
    "workspace_roles",
    "workspaces",
];

/// Statements on these tables that change nothing of who may do what, and commands that need no event, each with the
/// reason.
const EXEMPT: &[(&str, &str)] = &[
    ("api_key::sql::DELETE_ENDED_SECRETS", "an ended secret has no effect any more"),
    ("api_key::sql::MARK_USED", "when the key was last used"),
    ("bootstrap::", "creates the installation, before there is anything to log"),
    ("caller::sql::TOUCH_SIGN_IN", "when a session was last used"),
    ("cleanup::", "expired rows have no effect any more"),
    ("deployment_invitation::sql::DELETE_EXPIRED", "expired rows have no effect any more"),
    ("domain::sql::RECORD_ATTEMPT", "when the domain was last looked up"),
    ("enterprise_connection::sql::CLAIM_SECRET_NOTICE", "which notice was sent last"),
    ("enterprise_connection::sql::MARK_ADMIN_SIGN_IN", "when an admin has signed in through the connection"),
    ("enterprise_connection::sql::MARK_USED", "when the connection was last used"),
    ("invitation::sql::QUEUE_AGAIN", "whether a mail is sent, with the same link"),
    ("organization::sql::ERASE_", "the event follows with the last batch of rows"),
    ("organization::sql::START_ERASURE", "the event follows with the last batch of rows"),
    ("outbox::sql::MARK_BOUNCED", "whether a mail arrived"),
    ("outbox::sql::UPDATE_DELIVERY", "whether a mail arrived"),
    ("passkey::sql::RECORD_USE", "when a passkey was last used"),
    ("search_index::", "what searches find, derived from the rows"),
    ("session::sql::ACTIVATE_IF_NONE", "which organization a person works in"),
    ("session::sql::DELETE_EXPIRED_SIGN_IN", "an expired sign-in has no effect any more"),
    ("session::sql::factors::ADD_PROOF", "how and when a signed-in person last proved who they are"),
    ("session::sql::sso::ADD_CONNECTION", "how and when a signed-in person last proved who they are"),
    ("session::sql::SET_ACTIVE_ORGANIZATION", "which organization a person works in"),
    ("session::sql::SET_ACTIVE_WORKSPACE", "which workspace a person works in"),
    ("session::sql::SET_DEFAULT_", "which organization a person works in after the next sign-in"),
    ("totp::sql::USE_STEP", "that a code was used, which the sign-in or the proof follows from"),
    ("totp::sql::DELETE", "an authenticator that is not in use; the commands emit the event of one in use"),
    ("totp::sql::START", "an authenticator that is not in use yet"),
    ("webhook::sql::cleanup::DELETE_PREVIOUS_SECRETS", "an ended secret has no effect any more"),
    ("user::sql::LOCK", "changes nothing"),
    ("user::sql::REPLACE_PASSWORD_DIGEST", "another form of the same password"),
    ("user::sql::SET_LANGUAGE", "the language of mails and pages"),
    ("user::sql::SET_SORT_", "where lists show the person"),
];

/// Panics if a successful command wrote to an audited table and emitted nothing, which fails the test.
pub(super) fn assert_emitted(command: &dyn Operation, cx: &Context<'_>, result: &Result<Output>) {
    if result.is_err() || cx.has_emitted {
        return;
    }
    let (name, _) = command.declaration();
    for write in cx.tx.writes() {
        let short = write.name.strip_prefix("vestibule_core::").unwrap_or(write.name);
        let is_exempt = EXEMPT.iter().any(|(exempt, _)| short.starts_with(exempt));
        assert!(
            is_exempt || written_tables(write.text).all(|table| !AUDITED.contains(&table)),
            "{name} ran {short} and emitted no event; emit one, or say in EXEMPT why none is needed",
        );
    }
}

fn written_tables(text: &str) -> impl Iterator<Item = &str> {
    let words: Vec<&str> =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
    let written: Vec<&str> = words
        .windows(3)
        .filter_map(|words| match words {
            ["INSERT", "INTO", table] | ["DELETE", "FROM", table] | ["UPDATE", table, "SET"] => Some(*table),
            _ => None,
        })
        .collect();
    written.into_iter()
}
