//! Checks every registered statement against the rules of `docs/database.md`.

use std::path::Path;

use rusqlite::Connection;
use tokio_postgres::types::Type;
use vestibule_core::statements;
use vestibule_db::{Declaration, Kind};
use vestibule_testbed::Engine;

use crate::{create_migrated, migrated_sqlite, select_strings};

/// Statements that run only on PostgreSQL, where one statement revalidates several callers.
const POSTGRES_ONLY: &[&str] = &["cache::sql::REVALIDATE_BATCH", "cache::sql::REVALIDATE_API_KEY_BATCH"];

/// Statements on tenant tables that do not filter by the tenant, each with the reason.
const WITHOUT_TENANT_FILTER: &[(&str, &str)] = &[
    ("access::sql::REQUIRED_FOR_ADDRESS", "the user's own organizations"),
    ("access::sql::REQUIRING_SSO", "the user's own organizations"),
    ("access::sql::WORKSPACE", "the path names only the workspace; the next statement filters by its organization"),
    ("bootstrap::sql::INSERT_ROLE", "the deployment's roles belong to no organization"),
    ("api_key::sql::AFTER", "the keys of the installation"),
    ("cache::sql::LOAD_API_KEY_ACCESS", "the organization of a key that has one is compared with the argument"),
    ("cache::sql::REVALIDATE_API_KEY", "a key may be for all organizations"),
    ("cache::sql::REVALIDATE_API_KEY_BATCH", "a key may be for all organizations"),
    ("impersonation::sql::FIND", "a ticket is for a user of the installation"),
    ("impersonation::sql::SPEND", "a ticket is for a user of the installation"),
    ("api_key::sql::COUNT_CREATED", "a key may be for all organizations"),
    ("api_key::sql::COUNT_INVITATIONS_OF_CREATED", "the invitations of keys that may be for all organizations"),
    ("api_key::sql::SUSPENDABLE_OF_CREATED", "the invitations of keys that may be for all organizations"),
    ("api_key::sql::SUSPEND_INVITATIONS_OF_CREATED", "the invitations of keys that may be for all organizations"),
    ("api_key::sql::FIND", "a key may be for all organizations"),
    ("api_key::sql::IS_VALID", "a key may be for all organizations"),
    ("api_key::sql::MARK_USED", "a key may be for all organizations"),
    ("api_key::sql::REVOKE", "a key may be for all organizations"),
    ("api_key::sql::REVOKE_CREATED", "a key may be for all organizations"),
    ("audit::sql::CHAINS_AFTER", "checkpoints and verification cover all organizations"),
    ("audit::sql::CHECKPOINTS_AFTER", "the file of checkpoints covers all organizations"),
    ("audit::sql::COUNT_UNSEALED", "the sealer covers all organizations"),
    ("audit::sql::EXPIRED_CHAINS", "cleanup covers all organizations"),
    ("audit::sql::MISSING_CHAINS", "verification covers all organizations"),
    ("audit::sql::HEADS", "the sealer covers all organizations"),
    ("audit::sql::DEQUEUE", "the sealer covers all organizations"),
    ("audit::sql::OF_ACTOR", "erases a deleted account from all organizations"),
    ("audit::sql::OF_TARGET", "erases a deleted account from all organizations"),
    ("audit::sql::FIRST_UNSEALED", "the sealer covers all organizations"),
    ("bootstrap::sql::INSERT_WORKSPACE_ROLE", "the deployment's roles belong to no organization"),
    ("caller::sql::API_KEY", "the caller's own key"),
    ("caller::sql::SETUP_LINK", "the caller's own link"),
    ("cleanup::sql::API_KEYS", "cleanup covers all organizations"),
    ("cleanup::sql::SETUP_LINKS", "cleanup covers all organizations"),
    ("event::sql::ENABLED_ENDPOINT", "asks only whether there is one; the row is not shown"),
    ("event::sql::SUBSCRIBER", "checkpoints cover all organizations; the row is not shown"),
    (
        "enterprise_connection::sql::BY_DOMAIN",
        "people who are not signed in are sent to the connection of their domain",
    ),
    ("enterprise_connection::sql::EXPIRING_SECRETS", "the worker covers all organizations"),
    ("enterprise_connection::sql::FIND_BY_ID", "people who are not signed in name only the connection"),
    ("single_sign_on::sql::FIND", "people who are not signed in name only the request"),
    ("identity::sql::WAYS_IN", "the connections that know a user, of whatever organization"),
    ("domain::sql::JOINABLE_BY_DOMAIN", "the organizations that a user who is no member may join"),
    ("ownership_transfer::sql::LIST_OWN", "the offers to a user"),
    ("cleanup::sql::IDEMPOTENT_RESPONSES", "cleanup covers all organizations"),
    ("invitation::sql::BY_TOKEN", "finds an invitation by its token, whose secret is compared before anything else"),
    ("invitation::sql::COUNT_BY_API_KEY", "the invitations of a key that may be for all organizations"),
    ("invitation::sql::SUSPENDABLE_BY_API_KEY", "the invitations of a key that may be for all organizations"),
    ("invitation::sql::SUSPEND_BY_API_KEY", "the invitations of a key that may be for all organizations"),
    ("invitation::sql::views::LIST_OWN", "the invitations to a user's verified addresses"),
    ("invitation::sql::views::INVITING_ORGANIZATION_NAMES", "the invitations to a user's verified addresses"),
    ("membership::sql::ALL_OF_USER", "the user's own memberships"),
    ("membership::sql::ORGANIZATION_NAMES_OF_USER", "the user's own organizations"),
    ("user::sql::SET_SORT_NAME_OF_MEMBERSHIPS", "the user's own memberships"),
    ("membership::sql::ROLES_OF_USER", "the user's own roles"),
    ("operator::sql::END_OWNERSHIP_TRANSFERS", "operator command across all organizations"),
    ("operator::sql::MEMBERSHIPS", "operator query across all organizations"),
    ("operator::sql::ORGANIZATION", "operator query across all organizations"),
    ("operator::sql::ORGANIZATIONS_AFTER", "operator query across all organizations"),
    ("operator::sql::SOLE_ENABLED_ADMIN_OF", "operator query across all organizations"),
    ("organization::sql::COUNT_CREATED", "the user's own organizations"),
    ("organization::sql::RESTORABLE_BY_USER", "the user's own organizations"),
    ("organization::sql::INSERT", "creates the organization"),
    ("organization::sql::management::BY_NAME", "an API key for all organizations lists them"),
    ("organization::sql::management::BY_NAME_DESCENDING", "an API key for all organizations lists them"),
    ("organization::sql::management::COUNT", "an API key for all organizations lists them"),
    ("organization::sql::management::NEWEST", "an API key for all organizations lists them"),
    ("organization::sql::management::OLDEST", "an API key for all organizations lists them"),
    ("organization::sql::management::ORGANIZATIONS", "an API key for all organizations lists them"),
    ("organization::sql::NEXT_TO_ERASE", "cleanup covers all organizations"),
    ("organization::sql::OF_USER", "the user's own organizations"),
    ("outbox::sql::BACKLOG", "metrics cover all organizations"),
    ("outbox::sql::COUNT_DEAD", "metrics cover all organizations"),
    ("outbox::sql::DEAD_JOBS", "operator command across all organizations"),
    ("outbox::sql::MARK_BOUNCED", "a bounce report names only the mail, by an unguessable number"),
    ("outbox::sql::CLAIM", "the outbox worker covers all organizations"),
    ("outbox::sql::MARK_DEAD", "a job that the worker has claimed"),
    ("outbox::sql::COMPLETE", "a job that the worker has claimed"),
    ("outbox::sql::DROP", "operator command across all organizations"),
    ("outbox::sql::FIND_BY_GENERATION", "a bounce report names only the mail, by an unguessable number"),
    ("outbox::sql::RESCHEDULE", "a job that the worker has claimed"),
    ("outbox::sql::LIST", "operator command across all organizations"),
    ("outbox::sql::NEXT_DUE", "the outbox worker covers all organizations"),
    ("outbox::sql::UNSUBSCRIBE", "finds a recipient by a token, whose secret is compared before anything else"),
    ("outbox::sql::RETRY", "operator command across all organizations"),
    ("session::sql::LAST_USED_AFTER", "the user's own sign-ins"),
    ("session::sql::LAST_USED_BEFORE", "the user's own sign-ins"),
    ("session::sql::PAGE_OF_USER", "the user's own sign-ins"),
    ("session::sql::ROLES", "the user's own roles"),
    ("session::sql::SIGN_INS", "the user's own sign-ins"),
    ("session::sql::SIGN_INS_OF_USER", "the user's own sign-ins"),
    ("session::sql::WORKSPACE_ROLES", "the user's own roles"),
    ("session::sql::sso::BYPASSED", "the user's own organizations"),
    ("user::sql::SOLE_ADMIN_OF", "the user's own organizations"),
    ("webhook::sql::ANY", "whether there is any endpoint; the row is not shown"),
    ("webhook::sql::CLEAR_FAILING", "the worker covers all organizations"),
    ("webhook::sql::COUNT_WAITING", "metrics cover all organizations"),
    ("webhook::sql::DISABLE", "the worker covers all organizations"),
    ("webhook::sql::DUE", "the worker covers all organizations"),
    ("webhook::sql::NEXT_DUE", "the worker covers all organizations"),
    ("webhook::sql::PAUSE", "the worker covers all organizations"),
    ("webhook::sql::SET_FAILING", "the worker covers all organizations"),
    ("webhook::sql::cleanup::DELETED_ENDPOINT", "cleanup covers all organizations"),
    ("webhook::sql::cleanup::DELETE_PREVIOUS_SECRETS", "cleanup covers all organizations"),
    ("workspace::sql::ANY", "whether any organization has a workspace; the row is not shown"),
    ("workspace::sql::own::ALL_OF_USER", "the user's own memberships"),
    ("workspace::sql::own::OF_USER", "the user's own workspaces"),
    ("workspace::sql::own::ROLES_OF_USER", "the user's own roles"),
    ("workspace::sql::management::NEWEST", "the list of all workspaces, for API keys that are for all organizations"),
    ("workspace::sql::management::OLDEST", "the list of all workspaces, for API keys that are for all organizations"),
    ("workspace::sql::management::BY_NAME", "the list of all workspaces, for API keys that are for all organizations"),
    ("workspace::sql::management::BY_NAME_DESCENDING", "the list of all workspaces, as above"),
    ("workspace::sql::management::COUNT", "the list of all workspaces, as above"),
    ("workspace::sql::management::OVERVIEWS", "workspaces that a list has found"),
];

/// Statements that read `email_addresses` without requiring a verified address, each with the reason.
const UNVERIFIED_ADDRESSES: &[(&str, &str)] = &[
    ("invitation::sql::ACCEPT_CONTEXT", "an unverified address counts for its own user with the mailed token only"),
    ("invitation::sql::references::INVITERS", "members see the address and whether it is verified"),
    ("invitation::sql::references::INVITERS_BY_IDS", "members see the address and whether it is verified"),
    ("invitation::sql::references::SINGLE_INVITER", "members see the address and whether it is verified"),
    ("membership::sql::management::MEMBER", "API keys see the address and whether it is verified"),
    ("membership::sql::MEMBER", "members see the address and whether it is verified"),
    ("membership::sql::lists::MEMBERS", "members see the address and whether it is verified"),
    ("membership::sql::lists::SEARCHED", "members see the address and whether it is verified"),
    ("membership::sql::lists::UNINDEXED", "members see the address and whether it is verified"),
    ("membership::sql::PAGE", "members see the address and whether it is verified"),
    ("operator::sql::ADDRESS_HOLDERS", "operators see who has an address and who has verified it"),
    ("operator::sql::ADMINS", "operators see the address and whether it is verified"),
    ("operator::sql::END_VERIFICATIONS", "ends the codes of a disabled user"),
    ("operator::sql::USER", "operators see the address and whether it is verified"),
    ("operator::sql::USERS_AFTER", "operators see the address and whether it is verified"),
    ("search_index::sql::UNINDEXED_MEMBERS", "members find each other by the address"),
    ("session::sql::SIGN_INS", "the user's own address"),
    ("user::sql::ADDRESS_OWNER", "a sign-up cannot take a login name, and the owner of the mailbox gets a hint"),
    ("user::sql::DELETE_ADDRESS", "the user's own address"),
    ("user::sql::DELETE_UNVERIFIED_ADDRESS", "the owner of the mailbox takes it"),
    ("user::sql::DELETE_UNVERIFIED_PRIMARY", "the user's own address"),
    ("user::sql::INSERT_ADDRESS", "creates the address"),
    ("user::sql::INSERT_ADDRESS_EACH", "creates the address"),
    ("user::sql::OWNER_IN_SESSION", "an unverified address counts for its own user with the mailed token only"),
    ("user::sql::OWN_ADDRESSES", "the user's own addresses"),
    ("rate_limit::sql::USER_BY_ADDRESS", "a login name"),
    ("user::sql::PASSWORD_BY_EMAIL", "a login name"),
    ("user::sql::PUBLIC_PROFILE", "the user's own address"),
    ("user::sql::UNSET_PRIMARY_ADDRESS", "the user's own address"),
    ("user::sql::claims::INSERT_PRIMARY", "the user's own address"),
    ("user_management::sql::FIND", "backends see the address and whether it is verified"),
    ("user_management::sql::DETAILS", "backends see the address and whether it is verified"),
    ("user_management::sql::AFTER", "backends see the address and whether it is verified"),
    ("user_management::sql::BEFORE", "backends see the address and whether it is verified"),
    ("user_management::sql::AFTER_NAME", "backends see the address and whether it is verified"),
    ("user_management::sql::BEFORE_NAME", "backends see the address and whether it is verified"),
    ("user_management::sql::AFTER_EMAIL", "backends see the address and whether it is verified"),
    ("user_management::sql::BEFORE_EMAIL", "backends see the address and whether it is verified"),
    ("user_management::sql::AFTER_USERNAME", "backends see the address and whether it is verified"),
    ("user_management::sql::BEFORE_USERNAME", "backends see the address and whether it is verified"),
    ("user_management::sql::TAKEN_ADDRESSES", "an import takes unverified addresses and no others"),
    ("workspace::sql::USERS_BETWEEN", "members see the address and whether it is verified"),
    ("workspace::sql::members::USERS", "members see the address, and backends as well"),
];

/// Statements that may scan a whole table, each with the reason.
const FULL_SCANS: &[(&str, &str)] = &[
    ("audit::sql::COUNT_UNSEALED", "the entries of the last second"),
    ("audit::sql::MISSING_CHAINS", "verification reads all entries"),
    ("audit::sql::DEQUEUE", "takes the first ones in the order of the primary key"),
    ("audit::sql::FIRST_UNSEALED", "takes the first ones in the order of the primary key"),
    ("bootstrap::sql::FIND", "the table has one row"),
    ("event::sql::ENABLED_ENDPOINT", "reads the endpoints up to the first that is enabled"),
    ("event::sql::SUBSCRIBER", "reads the endpoints, once for a batch of checkpoints"),
    ("deployment_invitation::sql::BY_ADDRESS", "reads a page of an index in its order"),
    ("deployment_invitation::sql::BY_ADDRESS_DESCENDING", "reads a page of an index in its order"),
    ("deployment_invitation::sql::COUNT", "counts entries of an index up to a limit"),
    ("waitlist::sql::BY_ADDRESS", "reads a page of an index in its order"),
    ("waitlist::sql::BY_ADDRESS_DESCENDING", "reads a page of an index in its order"),
    ("waitlist::sql::COUNT", "counts entries of an index up to a limit"),
    ("outbox::sql::LIST", "operator command on the failed jobs, which are few"),
    ("webhook::sql::ANY", "takes the first row"),
    ("webhook::sql::COUNT_WAITING", "counts entries of an index up to a limit; the table of endpoints is small"),
    ("webhook::sql::cleanup::DELETED_ENDPOINT", "the table has one row per endpoint, and is read by the cleanup"),
    ("webhook::sql::NEXT_DUE", "reads endpoints up to a limit, of which it looks up one delivery each"),
    ("node::sql::LEASED", "the table has one row per process, at most 1,023, and is read when a process starts"),
];

fn short_name(declaration: &Declaration) -> &'static str {
    declaration.name.strip_prefix("vestibule_core::").unwrap_or(declaration.name)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
}

#[test]
fn statements_prepare_on_sqlite_as_declared() {
    let database = migrated_sqlite();
    for declaration in statements() {
        let statement = database
            .connection
            .prepare(declaration.sqlite)
            .unwrap_or_else(|error| panic!("{}: {error}", declaration.name));
        assert_eq!(statement.parameter_count(), declaration.arguments.len(), "arguments of {}", declaration.name);
        if let Some(columns) = declaration.columns {
            assert_eq!(statement.column_names().collect::<Vec<_>>(), columns, "columns of {}", declaration.name);
        }
    }
}

#[tokio::test]
async fn statements_prepare_on_postgres_with_declared_types() {
    let database = create_migrated(Engine::Postgres).await;
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    for declaration in statements() {
        let kinds: Vec<_> = declaration.arguments.iter().map(|kind| postgres_type(*kind)).collect();
        let statement = client
            .prepare_typed(declaration.text, &kinds)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", declaration.name));
        assert_eq!(statement.params(), kinds, "arguments of {}", declaration.name);
        if let Some(columns) = declaration.columns {
            let names: Vec<_> = statement.columns().iter().map(tokio_postgres::Column::name).collect();
            assert_eq!(names, columns, "columns of {}", declaration.name);
        }
        for column in statement.columns() {
            let is_known = [Type::INT8, Type::INT4, Type::TEXT, Type::BYTEA].contains(column.type_());
            assert!(is_known, "{} gives {:?}", declaration.name, column);
        }
    }
}

fn postgres_type(kind: Kind) -> Type {
    match kind {
        Kind::Integer => Type::INT8,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    }
}

#[test]
fn statement_names_are_unique_and_every_module_is_registered() {
    let mut registered: Vec<_> = statements().map(|declaration| declaration.name).collect();
    let count = registered.len();
    registered.sort_unstable();
    registered.dedup();
    assert_eq!(registered.len(), count);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for module in std::fs::read_dir(source)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("sql.rs").exists())
    {
        let module = module.file_name().unwrap().to_str().unwrap();
        let prefix = format!("vestibule_core::{module}::sql::");
        assert!(registered.iter().any(|name| name.starts_with(&prefix)), "{module} is not in STATEMENTS");
    }
}

#[test]
fn statements_on_tenant_tables_filter_by_tenant() {
    let database = migrated_sqlite();
    let tenants = select_strings(
        &database.connection,
        "SELECT DISTINCT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
          WHERE t.type = 'table' AND (c.name = 'organization_id' OR t.name = 'organizations')",
    );
    assert!(tenants.len() >= 9, "{tenants:?}");
    for declaration in statements() {
        let on_tenants = words(declaration.text).any(|word| tenants.iter().any(|table| table == word));
        let is_exempt = WITHOUT_TENANT_FILTER.iter().any(|(name, _)| *name == short_name(declaration));
        let filters = filters_by_tenant(declaration);
        assert_eq!(on_tenants && !filters, is_exempt, "{}", declaration.name);
    }
}

/// Returns whether the organization is an argument that is compared with, or written to, the organization's column.
fn filters_by_tenant(declaration: &Declaration) -> bool {
    let text = declaration.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let compares = ["organization_id = $1", "organization_id = $2", "organization_id = $4"]
        .iter()
        .any(|filter| text.contains(filter));
    let is_one = text.contains("organizations WHERE id = $1")
        || text.contains("organizations SET") && text.contains("WHERE id = $1");
    let writes = text.starts_with("INSERT INTO") && {
        let columns = text.split(['(', ')']).nth(1).unwrap_or_default();
        let position = columns.split(',').position(|column| column.trim() == "organization_id");
        let values =
            text.split_once("VALUES (").or_else(|| text.split_once("SELECT ")).map_or("", |(_, values)| values);
        position
            .is_some_and(|position| values.split(',').nth(position).is_some_and(|value| value.trim().starts_with('$')))
    };
    compares || is_one || writes
}

/// An unverified address identifies nobody: anyone can sign up with any address.
#[test]
fn statements_find_nobody_by_unverified_address() {
    for declaration in statements() {
        let reads_addresses = words(declaration.text).any(|word| word == "email_addresses");
        let requires_verified = declaration.text.contains("verified_at IS NOT NULL");
        let is_exempt = UNVERIFIED_ADDRESSES.iter().any(|(name, _)| *name == short_name(declaration));
        assert_eq!(reads_addresses && !requires_verified, is_exempt, "{}", declaration.name);
    }
    for (name, reason) in UNVERIFIED_ADDRESSES {
        assert!(!reason.is_empty(), "{name}");
        assert!(statements().any(|declaration| short_name(declaration) == *name), "{name} does not exist");
    }
}

#[test]
fn statements_use_portable_sql() {
    let banned =
        ["now()", "random()", "FOR UPDATE", "IS NULL OR ", " LIKE ", "lower(", "upper(", "::", "json", "?", "ROWID"];
    for declaration in statements() {
        let text = declaration.text.split_whitespace().collect::<Vec<_>>().join(" ");
        for banned in banned {
            assert!(!text.contains(banned), "{} uses {banned}", declaration.name);
        }
        let highest = (1..=30).rev().find(|number| has_argument(&text, *number)).unwrap_or(0);
        assert_eq!(highest, declaration.arguments.len(), "{} counts its arguments wrong", declaration.name);
        assert!((1..=highest).all(|number| has_argument(&text, number)), "{} skips an argument", declaration.name);
    }
}

fn has_argument(text: &str, number: usize) -> bool {
    let argument = format!("${number}");
    text.match_indices(&argument)
        .any(|(at, _)| !text[at + argument.len()..].starts_with(|next: char| next.is_ascii_digit()))
}

#[test]
fn statements_use_an_index_on_sqlite() {
    let (database, mut wrong) = (migrated_sqlite(), Vec::new());
    for declaration in statements() {
        let plan = plan(&database.connection, declaration);
        // A scan of a subquery's result is no table scan.
        let subquery = |step: &'_ String| {
            step.strip_prefix("CO-ROUTINE ").or_else(|| step.strip_prefix("MATERIALIZE ")).map(str::to_owned)
        };
        let subqueries: Vec<_> = plan.iter().filter_map(subquery).collect();
        let is_scan = |step: &&String| {
            let scanned = step.strip_prefix("SCAN ").filter(|scanned| !scanned.contains("CONSTANT ROW"));
            scanned.is_some_and(|scanned| !subqueries.iter().any(|subquery| subquery == scanned))
        };
        let has_scan = plan.iter().any(|step| is_scan(&step));
        let may_scan = FULL_SCANS.iter().any(|(name, _)| *name == short_name(declaration));
        if has_scan != may_scan {
            wrong.push((declaration.name, plan));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A list of ids in one argument is short. A plan that begins elsewhere looks for each row of an organization in it.
#[test]
fn statements_with_packed_ids_start_at_the_ids_on_sqlite() {
    let database = migrated_sqlite();
    let packed = statements().filter(|declaration| declaration.text.contains("WITH RECURSIVE n(i)"));
    let plans = packed.map(|declaration| (declaration.name, plan(&database.connection, declaration)));
    let starts_elsewhere = |(_, plan): &(&str, Vec<String>)| {
        let last = plan.iter().rposition(|step| step == "RECURSIVE STEP").unwrap();
        !plan[last + 2].starts_with("SCAN ")
    };
    let elsewhere: Vec<_> = plans.filter(starts_elsewhere).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

/// The statements that run most often: authorization and changes of invitations. SQLite creates a transient table for
/// `RETURNING`, for `IN` lists and for `CHECK` constraints with more than two values, which costs more than reading a
/// row.
const HOT_STATEMENTS: &[&str] = &[
    "access::sql::MEMBERSHIP",
    "invitation::sql::ACCEPT",
    "invitation::sql::BY_TOKEN",
    "invitation::sql::DECLINE",
    "invitation::sql::DISCARD",
    "invitation::sql::ACCEPT_CONTEXT",
    "invitation::sql::INSERT",
    "invitation::sql::PAGE",
    "membership::sql::INSERT",
    "organization::sql::ASSIGN_ROLE",
    "organization::sql::INCREMENT_MEMBER_COUNT",
    "outbox::sql::INSERT",
    "event::sql::INSERT",
    "cache::sql::BUMP",
    "cache::sql::BUMP_BOTH",
    "cache::sql::LOAD_ACCESS",
    "cache::sql::REVALIDATE",
    "caller::sql::CURRENT",
];

#[test]
fn hot_statements_create_no_transient_tables() {
    let database = migrated_sqlite();
    for name in HOT_STATEMENTS {
        let declaration = statements().find(|declaration| short_name(declaration) == *name).expect(name);
        let mut statement = database.connection.prepare(&format!("EXPLAIN {}", declaration.sqlite)).unwrap();
        let nulls = vec![rusqlite::types::Value::Null; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(1)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(steps.len() > 5, "{name}: {steps:?}");
        let tables = steps.iter().filter(|step| ["OpenEphemeral", "OpenAutoindex"].contains(&step.as_str())).count();
        assert_eq!(tables, 0, "{name}");
    }
}

/// With `enable_seqscan` off, the planner scans a table only where no index fits.
#[tokio::test]
async fn statements_use_an_index_on_postgres() {
    let database = create_migrated(Engine::Postgres).await;
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off").await.unwrap();
    for (number, declaration) in statements().enumerate() {
        let kinds: Vec<_> = declaration.arguments.iter().map(|kind| postgres_type(*kind).name().to_owned()).collect();
        let (types, nulls) = (kinds.join(", "), vec!["NULL"; kinds.len()].join(", "));
        let (types, nulls) = if kinds.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("({types})"), format!("({nulls})"))
        };
        let explain = format!("PREPARE s{number}{types} AS {}; EXPLAIN EXECUTE s{number}{nulls}", declaration.text);
        let plan: Vec<String> = client.simple_query(&explain).await.unwrap().iter().filter_map(plan_line).collect();
        let scans: Vec<_> = plan.iter().filter(|line| line.contains("Seq Scan")).collect();
        let may_scan = FULL_SCANS.iter().any(|(name, _)| *name == short_name(declaration));
        assert!(scans.is_empty() || may_scan, "{}: {plan:#?}", declaration.name);
    }
}

fn plan_line(message: &tokio_postgres::SimpleQueryMessage) -> Option<String> {
    match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }
}

fn plan(connection: &Connection, declaration: &Declaration) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", declaration.sqlite)).unwrap();
    let nulls = vec![rusqlite::types::Value::Null; statement.parameter_count()];
    statement.query_map(rusqlite::params_from_iter(nulls), |row| row.get(3)).unwrap().map(Result::unwrap).collect()
}

#[test]
#[ignore = "runs after the suite, from scripts/test"]
fn every_statement_was_run_by_the_suite() {
    let folder = std::env::var_os("VESTIBULE_STATEMENTS_RUN").expect("scripts/test sets VESTIBULE_STATEMENTS_RUN");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let executed: Vec<String> = files.flat_map(|names| names.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let is_unreachable =
        |name: &str| Engine::under_test() == Engine::Sqlite && POSTGRES_ONLY.iter().any(|only| name.ends_with(only));
    let unused: Vec<_> = statements()
        .map(|declaration| declaration.name)
        .filter(|name| !is_unreachable(name) && !executed.iter().any(|executed| executed == name))
        .collect();
    assert!(unused.is_empty(), "no test runs these: {unused:#?}");
}
