//! The alert rules and the dashboard in `deploy/` use only metrics and labels that are exported.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vestibule_web::{FAMILIES, Kind};

/// Labels that Prometheus adds to every series.
const ADDED_LABELS: [&str; 2] = ["job", "instance"];

pub(super) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

/// The names of all series, each with its labels.
fn exported() -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut exported = BTreeMap::from([("up".to_owned(), BTreeSet::from(ADDED_LABELS))]);
    for family in FAMILIES {
        let name = family.name();
        let labels: BTreeSet<_> = family.labels.iter().copied().chain(ADDED_LABELS).collect();
        if family.kind == Kind::Histogram {
            exported.insert(format!("{name}_sum"), labels.clone());
            exported.insert(format!("{name}_count"), labels.clone());
            exported.insert(format!("{name}_bucket"), labels.into_iter().chain(["le"]).collect());
        } else {
            exported.insert(name, labels);
        }
    }
    exported
}

fn is_name_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// The metrics of an expression, each with the labels of its selector.
fn metrics(expression: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for prefix in ["vestibule_", "process_", "up{"] {
        for (start, _) in expression.match_indices(prefix) {
            if expression[..start].ends_with(is_name_char) {
                continue;
            }
            let rest = &expression[start..];
            let end = rest.find(|char| !is_name_char(char)).unwrap_or(rest.len());
            let selector = rest[end..].strip_prefix('{').map_or("", |selector| selector.split('}').next().unwrap());
            let labels = selector.split(", ").filter(|matcher| !matcher.is_empty());
            let labels = labels.map(|matcher| matcher.split(['=', '!']).next().unwrap().trim().to_owned());
            found.push((rest[..end].to_owned(), labels.collect()));
        }
    }
    found
}

/// The labels by which an expression groups.
fn groupings(expression: &str) -> Vec<String> {
    let lists = expression.split("by (").skip(1).map(|rest| rest.split(')').next().unwrap());
    lists.flat_map(|list| list.split(", ").map(str::to_owned)).collect()
}

fn check(expression: &str, used: &mut BTreeSet<String>) {
    let (exported, found) = (exported(), metrics(expression));
    assert!(!found.is_empty(), "no metric in {expression}");
    for (name, labels) in &found {
        let known = exported.get(name).unwrap_or_else(|| panic!("{name} is not exported: {expression}"));
        for label in labels {
            assert!(known.contains(label.as_str()), "{name} has no label {label}: {expression}");
        }
        used.insert(name.clone());
    }
    for label in groupings(expression) {
        let has_label = found.iter().any(|(name, _)| exported[name].contains(label.as_str()));
        assert!(has_label, "no metric has the label {label}: {expression}");
    }
}

#[test]
fn alerts_use_exported_metrics() {
    let rules = fs::read_to_string(path("prometheus/alerts.yml")).unwrap();
    // An expression is on its line, or on the more indented ones below.
    let (mut expressions, mut lines) = (Vec::new(), rules.lines().peekable());
    while let Some(line) = lines.next() {
        let Some((_, expression)) = line.split_once("expr: ") else { continue };
        let mut expression = expression.to_owned();
        while expression.starts_with('|')
            && let Some(line) = lines.next_if(|line| line.starts_with("          "))
        {
            expression.push_str(line);
        }
        expressions.push(expression);
    }
    assert_eq!(expressions.len(), rules.matches("- alert: ").count());
    let mut used = BTreeSet::new();
    expressions.iter().for_each(|expression| check(expression, &mut used));
    assert!(used.len() > 10, "{used:?}");
}

#[test]
fn dashboard_uses_exported_metrics_and_shows_each() {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(path("grafana/vestibule.json")).unwrap()).unwrap();
    let mut used = BTreeSet::new();
    let panels = dashboard["panels"].as_array().unwrap();
    for target in panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten() {
        check(target["expr"].as_str().unwrap(), &mut used);
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        if let Some(query) = variable["query"]["query"].as_str() {
            check(query, &mut used);
        }
    }
    for family in FAMILIES {
        let name = family.name();
        assert!(used.iter().any(|used| used.starts_with(&name)), "the dashboard does not show {name}");
    }
}

#[test]
fn reads_metrics_and_labels_of_expressions() {
    let expression =
        "sum by (job, le) (rate(vestibule_a_bucket{job=\"x\", le!=\"1\"}[5m])) > up{job=~\"y\"} + process_b";
    let found = metrics(expression);
    let labels = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
    let expected = [
        ("vestibule_a_bucket".to_owned(), labels(&["job", "le"])),
        ("process_b".to_owned(), labels(&[])),
        ("up".to_owned(), labels(&["job"])),
    ];
    assert_eq!(found, expected);
    assert_eq!(groupings(expression), ["job", "le"]);
}
