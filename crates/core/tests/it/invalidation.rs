//! Every write to a table that cached reads depend on declares what it invalidates.

use std::collections::BTreeSet;

use vestibule_core::statements;
use vestibule_db::{Declaration, Invalidates, Kind};

/// The reads whose results are cached: lists of invitations with what they refer to, sessions, and access to an
/// organization.
const CACHED_READS: &[&str] = &[
    "vestibule_core::cache::sql::",
    "vestibule_core::caller::sql::CURRENT",
    "vestibule_core::invitation::sql::references::",
    "vestibule_core::invitation::sql::PAGE",
    "vestibule_core::session::sql::",
];

/// Tables that cached reads name but whose rows are not cached.
const UNCACHED: &[(&str, &str)] = &[
    ("revisions", "cached values are compared with them"),
    ("api_keys", "cached values are compared with the end of a key, and nothing else of it changes"),
    ("api_key_secrets", "cached values are compared with the end of a secret"),
];

/// The views that statements read, each with the tables that they read.
const VIEWS: &[(&str, &[&str])] = &[(
    "members_requiring_sso",
    &["connection_domains", "enterprise_connections", "domains", "email_addresses", "identities"],
)];

#[test]
fn writes_to_cached_tables_declare_what_they_invalidate() {
    let cached = cached_tables();
    for declaration in statements() {
        let Some(table) = written_table(declaration.text) else { continue };
        if cached.contains(table) {
            assert_ne!(declaration.invalidates, Invalidates::Undeclared, "{} writes to {table}", declaration.name);
        }
    }
}

#[test]
fn declarations_have_an_id_or_a_reason() {
    for declaration in statements() {
        match declaration.invalidates {
            Invalidates::Undeclared | Invalidates::All(_) => {}
            Invalidates::Nothing(reason) => assert!(!reason.is_empty(), "{}", declaration.name),
            Invalidates::Argument(_, index) => {
                assert_eq!(declaration.arguments.get(index), Some(&Kind::Integer), "{}", declaration.name);
            }
        }
    }
}

#[test]
fn reads_invalidate_nothing() {
    for declaration in statements().filter(|declaration| written_table(declaration.text).is_none()) {
        assert_eq!(declaration.invalidates, Invalidates::Undeclared, "{}", declaration.name);
    }
}

fn cached_tables() -> BTreeSet<&'static str> {
    let is_cached = |declaration: &&Declaration| CACHED_READS.iter().any(|name| declaration.name.starts_with(name));
    let reads = statements().filter(is_cached).filter(|declaration| written_table(declaration.text).is_none());
    let mut tables: BTreeSet<_> = reads.flat_map(|declaration| read_tables(declaration.text)).collect();
    for (view, read) in VIEWS {
        assert!(tables.remove(view), "{view} is read by a cached read");
        tables.extend(read.iter().copied());
    }
    for expected in
        ["invitations", "organizations", "organization_roles", "sessions", "sign_ins", "users", "workspaces"]
    {
        assert!(tables.contains(expected), "{expected} is read by a cached read");
    }
    tables.into_iter().filter(|table| UNCACHED.iter().all(|(uncached, _)| uncached != table)).collect()
}

/// The table after each FROM and JOIN.
fn read_tables(text: &'static str) -> impl Iterator<Item = &'static str> {
    let words: Vec<_> = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '(')).collect();
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let pairs: Vec<_> = words.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let tables = pairs.into_iter().filter(|(word, next)| matches!(*word, "FROM" | "JOIN") && !next.starts_with('('));
    tables.map(|(_, table)| table)
}

/// The table that a statement writes to; `None` for a read.
fn written_table(text: &'static str) -> Option<&'static str> {
    let mut words = text.split_ascii_whitespace();
    match words.next()? {
        "UPDATE" => words.next(),
        "INSERT" | "DELETE" => words.nth(1),
        _ => None,
    }
}
