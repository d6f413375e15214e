//! The table of metrics in `docs/operations.md`.

use std::fmt::Write;
use std::path::Path;

use vestibule_web::{Engine, FAMILIES, Kind};

const HEAD: &str = "| Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n";

fn table() -> String {
    let mut table = HEAD.to_owned();
    for family in FAMILIES {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge | Kind::Info => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let engine = match family.engine {
            Engine::Any => "",
            Engine::Sqlite => "SQLite: ",
            Engine::Postgres => "PostgreSQL: ",
        };
        writeln!(table, "| `{}` | {kind} | {} | {engine}{} |", family.name(), labels.join(", "), family.help).unwrap();
    }
    table
}

#[test]
fn operations_md_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let start = document.find(HEAD).expect("the table of metrics is there");
    let end = document[start..].find("\n\n").map_or(document.len(), |length| start + length + 1);
    let table = table();
    if std::env::var_os("VESTIBULE_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{}{table}{}", &document[..start], &document[end..])).unwrap();
    } else {
        assert_eq!(
            document[start..end],
            table,
            "docs/operations.md is out of date: VESTIBULE_WRITE_DOCS=1 cargo test -p vestibule-web --test it up_to_date"
        );
    }
}
