//! Every statement of the registry is held to the rules of `docs/database.md`.

use std::path::Path;

use rusqlite::Connection;
use tokio_postgres::types::Type;
use vestibule_core::db::{Declaration, Kind, statements};
use vestibule_testbed::Engine;

use crate::{fresh, migrated, names};

/// Statements that only a server is asked: there it pays to ask for several callers at once.
const ON_POSTGRESQL_ALONE: &[&str] = &["revision::sql::STILL_TOGETHER"];

/// Statements on a tenant's tables that start from something else than the tenant, and why they may.
const START_ELSEWHERE: &[(&str, &str)] = &[
    ("access::sql::WORKSPACE", "a path names the workspace alone; what is asked next is asked of its organization"),
    ("deployment::sql::INSERT_ROLE", "the deployment's roles belong to no organization"),
    ("deployment::sql::INSERT_WORKSPACE_ROLE", "the deployment's roles belong to no organization"),
    ("domain::sql::OPEN_TO", "what a domain opens to a person, who is in none of these organizations yet"),
    ("handover::sql::OFFERED", "what is offered to a person"),
    ("housekeeping::sql::ANSWERS", "housekeeping serves all organizations"),
    ("invitation::sql::BY_TOKEN", "a token is all its holder has; its secrets are compared before anything else"),
    ("invitation::sql::RECEIVED", "what a person is invited to, by addresses they have proved"),
    ("membership::sql::ALL_OF_USER", "a person's own memberships"),
    ("membership::sql::ROLES_OF_USER", "a person's own roles"),
    ("organization::sql::COUNT_FOUNDED", "a person's own organizations"),
    ("organization::sql::DELETED_OF_USER", "a person's own organizations"),
    ("organization::sql::INSERT", "makes the organization"),
    ("organization::sql::NEXT_TO_ERASE", "housekeeping serves all organizations"),
    ("organization::sql::OF_USER", "a person's own organizations"),
    ("outbox::sql::ALL_DEAD", "an operator serves all organizations"),
    ("outbox::sql::BOUNCED", "a report names the mail alone, and by a number that only the mail has"),
    ("outbox::sql::CLAIM", "the worker serves all organizations"),
    ("outbox::sql::DEAD", "the worker's own job"),
    ("outbox::sql::DONE", "the worker's own job"),
    ("outbox::sql::DROP", "an operator serves all organizations"),
    ("outbox::sql::FIND_BY_GENERATION", "a report names the mail alone, and by a number that only the mail has"),
    ("outbox::sql::LATER", "the worker's own job"),
    ("outbox::sql::LIST", "an operator serves all organizations"),
    ("outbox::sql::NEXT_DUE", "the worker serves all organizations"),
    ("outbox::sql::REFUSE", "a token is all its holder has; its secret is compared before anything else"),
    ("outbox::sql::RETRY", "an operator serves all organizations"),
    ("session::sql::ROLES", "a person's own roles"),
    ("session::sql::SIGN_INS", "a person's own sign-ins"),
    ("session::sql::SIGN_INS_OF_USER", "a person's own sign-ins"),
    ("session::sql::WORKSPACE_ROLES", "a person's own roles"),
    ("user::sql::LEFT_WITHOUT_ADMIN", "a person's own organizations"),
    ("workspace::sql::ALL_OF_USER", "a person's own memberships"),
    ("workspace::sql::OF_USER", "a person's own workspaces"),
    ("workspace::sql::ROLES_OF_USER", "a person's own roles"),
];

/// Statements that read a whole table, and why they may.
const READ_ALL: &[(&str, &str)] = &[
    ("deployment::sql::FIND", "the table has one row"),
    ("outbox::sql::LIST", "an operator asks, and what is left of the outbox is short"),
    ("node::sql::TAKEN", "the table has a row for each process, 1,023 at the most, and is read when one starts"),
];

fn short(declaration: &Declaration) -> &'static str {
    declaration.name.strip_prefix("vestibule_core::").unwrap_or(declaration.name)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
}

#[test]
fn every_statement_prepares_with_what_it_declares() {
    let fresh = fresh();
    for declaration in statements() {
        let statement = fresh
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
async fn every_statement_prepares_on_postgresql_with_the_types_it_declares() {
    let database = migrated(Engine::Postgres).await;
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
fn every_statement_has_a_name_of_its_own_and_every_room_is_registered() {
    let mut registered: Vec<_> = statements().map(|declaration| declaration.name).collect();
    let count = registered.len();
    registered.sort_unstable();
    registered.dedup();
    assert_eq!(registered.len(), count);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in std::fs::read_dir(source)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("sql.rs").exists())
    {
        let room = room.file_name().unwrap().to_str().unwrap();
        let prefix = format!("vestibule_core::{room}::sql::");
        assert!(registered.iter().any(|name| name.starts_with(&prefix)), "{room} is not in STATEMENTS");
    }
}

#[test]
fn every_statement_on_a_tenants_table_filters_by_that_tenant() {
    let fresh = fresh();
    let tenants = names(
        &fresh.connection,
        "SELECT DISTINCT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
          WHERE t.type = 'table' AND (c.name = 'organization_id' OR t.name = 'organizations')",
    );
    assert!(tenants.len() >= 9, "{tenants:?}");
    for declaration in statements() {
        let on_tenants = words(declaration.text).any(|word| tenants.iter().any(|table| table == word));
        let starts_elsewhere = START_ELSEWHERE.iter().any(|(name, _)| *name == short(declaration));
        let filters = filters_by_tenant(declaration);
        assert_eq!(on_tenants && !filters, starts_elsewhere, "{}", declaration.name);
    }
}

/// The organization is an argument, and it is compared with, or written into, the organization's column.
fn filters_by_tenant(declaration: &Declaration) -> bool {
    let text = declaration.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let compares = ["organization_id = $1", "organization_id = $2", "organization_id = $4"]
        .iter()
        .any(|filter| text.contains(filter));
    let is_one = text.contains("organizations WHERE id = $1")
        || text.contains("organizations SET") && text.contains("WHERE id = $1");
    let writes = text.starts_with("INSERT INTO") && {
        let columns = text.split(['(', ')']).nth(1).unwrap_or_default();
        let place = columns.split(',').position(|column| column.trim() == "organization_id");
        let values =
            text.split_once("VALUES (").or_else(|| text.split_once("SELECT ")).map_or("", |(_, values)| values);
        place.is_some_and(|place| values.split(',').nth(place).is_some_and(|value| value.trim().starts_with('$')))
    };
    compares || is_one || writes
}

#[test]
fn no_statement_uses_what_only_one_engine_understands() {
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
fn no_statement_reads_a_whole_table() {
    let fresh = fresh();
    for declaration in statements() {
        let plan = plan(&fresh.connection, declaration);
        // What a statement has found by itself first is no table.
        let own: Vec<_> = plan.iter().filter_map(|step| step.strip_prefix("CO-ROUTINE ")).collect();
        let is_scan = |step: &&String| {
            let scanned = step.strip_prefix("SCAN ").filter(|scanned| !scanned.contains("CONSTANT ROW"));
            scanned.is_some_and(|scanned| !own.contains(&scanned))
        };
        let scans: Vec<_> = plan.iter().filter(is_scan).collect();
        let may = READ_ALL.iter().any(|(name, _)| *name == short(declaration));
        assert_eq!(!scans.is_empty(), may, "{}: {plan:#?}", declaration.name);
    }
}

/// What callers run most: whether somebody is let in, and what changes invitations. A table of its own, which SQLite makes
/// for what a write returns, for a list that it looks up by and for a check of more than two words, costs more than reading
/// a row does.
const RUN_OFTEN: &[&str] = &[
    "access::sql::MEMBERSHIP",
    "invitation::sql::ACCEPT",
    "invitation::sql::BY_TOKEN",
    "invitation::sql::DECLINE",
    "invitation::sql::DISCARD",
    "invitation::sql::ENTRANCE",
    "invitation::sql::INSERT",
    "invitation::sql::PAGE",
    "membership::sql::INSERT",
    "organization::sql::GIVE_ROLE",
    "organization::sql::SEAT_ONE_MORE",
    "outbox::sql::INSERT",
    "revision::sql::REVISE",
    "revision::sql::REVISE_WHOLE",
    "revision::sql::STANDING",
    "revision::sql::STILL",
    "session::sql::CURRENT",
];

#[test]
fn what_is_run_often_makes_no_tables_of_its_own() {
    let fresh = fresh();
    for name in RUN_OFTEN {
        let declaration = statements().find(|declaration| short(declaration) == *name).expect(name);
        let mut statement = fresh.connection.prepare(&format!("EXPLAIN {}", declaration.sqlite)).unwrap();
        let nothing = vec![rusqlite::types::Value::Null; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(1)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(steps.len() > 5, "{name}: {steps:?}");
        let tables = steps.iter().filter(|step| ["OpenEphemeral", "OpenAutoindex"].contains(&step.as_str())).count();
        assert_eq!(tables, 0, "{name}");
    }
}

/// With whole tables forbidden, one is read only where no index could serve: the same question, put to the other planner
/// under the settings that the service's connections have.
#[tokio::test]
async fn no_statement_reads_a_whole_table_on_postgresql() {
    let database = migrated(Engine::Postgres).await;
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off").await.unwrap();
    for (number, declaration) in statements().enumerate() {
        let kinds: Vec<_> = declaration.arguments.iter().map(|kind| postgres_type(*kind).name().to_owned()).collect();
        let (types, nothing) = (kinds.join(", "), vec!["NULL"; kinds.len()].join(", "));
        let (types, nothing) = if kinds.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("({types})"), format!("({nothing})"))
        };
        let explain = format!("PREPARE s{number}{types} AS {}; EXPLAIN EXECUTE s{number}{nothing}", declaration.text);
        let plan: Vec<String> = client.simple_query(&explain).await.unwrap().iter().filter_map(line).collect();
        let scans: Vec<_> = plan.iter().filter(|line| line.contains("Seq Scan")).collect();
        let may = READ_ALL.iter().any(|(name, _)| *name == short(declaration));
        assert!(scans.is_empty() || may, "{}: {plan:#?}", declaration.name);
    }
}

fn line(message: &tokio_postgres::SimpleQueryMessage) -> Option<String> {
    match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }
}

fn plan(connection: &Connection, declaration: &Declaration) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", declaration.sqlite)).unwrap();
    let nothing = vec![rusqlite::types::Value::Null; statement.parameter_count()];
    statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).unwrap().map(Result::unwrap).collect()
}

#[test]
#[ignore = "comes after the suite, from scripts/test"]
fn every_statement_was_run_by_the_suite() {
    let folder = std::env::var_os("VESTIBULE_STATEMENTS_RUN").expect("scripts/test sets VESTIBULE_STATEMENTS_RUN");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let ran: Vec<String> = files.flat_map(|names| names.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let is_elsewhere = |name: &str| {
        Engine::of_this_run() == Engine::Sqlite && ON_POSTGRESQL_ALONE.iter().any(|alone| name.ends_with(alone))
    };
    let idle: Vec<_> = statements()
        .map(|declaration| declaration.name)
        .filter(|name| !is_elsewhere(name) && !ran.iter().any(|ran| ran == name))
        .collect();
    assert!(idle.is_empty(), "nothing in the suite runs these: {idle:#?}");
}
