//! The layers of the core: dependencies between its top-level modules point one way.
//!
//! Every `crate::` path outside of tests counts, in code, in comments and in documentation links.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first. A module may refer to its own layer and to lower ones.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "types",
        &[
            "assurance",
            "deployment",
            "email_address",
            "error",
            "grouping",
            "id",
            "identity_provider",
            "language",
            "listing",
            "metadata",
            "names",
            "notification_kind",
            "password_refusal",
            "permission",
            "proof",
            "query_params",
            "random",
            "scope",
            "search",
            "secret",
            "settings",
            "setup_purpose",
            "time",
        ],
    ),
    (
        "infrastructure",
        &[
            "access",
            "background_pool",
            "cache",
            "caller",
            "challenge",
            "dns",
            "event",
            "execution",
            "http_client",
            "image_store",
            "images",
            "index_requests",
            "mail",
            "metrics",
            "node",
            "oidc",
            "outbox",
            "password",
            "person_list",
            "rate_limit",
            "request_rate",
            "search_index",
            "security_log",
            "webauthn",
            "webhook_requests",
        ],
    ),
    (
        "domain",
        &[
            "account",
            "api_key",
            "audit",
            "backup_code",
            "bootstrap",
            "cleanup",
            "deployment_invitation",
            "domain",
            "enterprise_connection",
            "identity",
            "impersonation",
            "invitation",
            "join_request",
            "mailer",
            "membership",
            "notification",
            "offboarding",
            "operator",
            "organization",
            "ownership_transfer",
            "passkey",
            "password_reset",
            "reauthentication",
            "second_factor",
            "security_notice",
            "session",
            "session_token",
            "setup_link",
            "sign_in",
            "sign_up",
            "single_sign_on",
            "totp",
            "user",
            "user_management",
            "verification",
            "waitlist",
            "webhook",
            "workspace",
        ],
    ),
    ("service", &["fuzzing", "service"]),
];

/// The allowed cycles, each with its reason. None has more than three modules.
const CYCLES: &[(&[&str], &str)] = &[
    (
        &["domain", "invitation", "join_request"],
        "accepting an invitation verifies an address, which can join by domain; a domain can require a join request; \
         approving a join request resends an invitation",
    ),
    (
        &["membership", "organization", "workspace"],
        "an organization is created with its first membership and may assign a workspace; both belong to the organization",
    ),
    (&["session", "verification"], "a verification belongs to a session, and a session shows its open verifications"),
];

/// Names that `lib.rs` re-exports: they are not modules.
const REEXPORTS: &[&str] =
    &["Caller", "Code", "Command", "Dependencies", "Executor", "Problem", "Query", "Reply", "Result"];

type Graph = BTreeMap<String, BTreeSet<String>>;

#[test]
fn modules_depend_only_on_their_own_layer_and_lower_ones() {
    let layer_of = |module: &str| LAYERS.iter().position(|(_, modules)| modules.contains(&module));
    for (module, dependencies) in graph() {
        let layer = layer_of(&module).unwrap_or_else(|| panic!("add {module} to a layer in this test"));
        for dependency in dependencies {
            let other = layer_of(&dependency).unwrap_or_else(|| panic!("{module} refers to an unknown {dependency}"));
            assert!(other <= layer, "{module} ({}) refers to {dependency} ({})", LAYERS[layer].0, LAYERS[other].0);
        }
    }
}

#[test]
fn modules_have_only_the_allowed_cycles() {
    let graph = graph();
    let reachable: Graph = graph.keys().map(|module| (module.clone(), reachable_from(module, &graph))).collect();
    let mut cycles = BTreeSet::new();
    for module in graph.keys() {
        let cycle: BTreeSet<_> = reachable[module]
            .iter()
            .filter(|other| reachable.get(*other).is_some_and(|back| back.contains(module)))
            .cloned()
            .collect();
        if cycle.len() > 1 {
            cycles.insert(cycle);
        }
    }
    let listed: BTreeSet<BTreeSet<String>> =
        CYCLES.iter().map(|(modules, _)| modules.iter().map(|module| (*module).to_owned()).collect()).collect();
    assert_eq!(cycles, listed);
    assert!(CYCLES.iter().all(|(modules, reason)| modules.len() <= 3 && !reason.is_empty()));
}

fn reachable_from(module: &str, graph: &Graph) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![module.to_owned()];
    while let Some(module) = next.pop() {
        for dependency in graph.get(&module).into_iter().flatten() {
            if reached.insert(dependency.clone()) {
                next.push(dependency.clone());
            }
        }
    }
    reached
}

/// The top-level modules, each with the modules that it refers to.
fn graph() -> Graph {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut graph = Graph::new();
    for file in rust_files(&root) {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        if module == "lib" || relative.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let dependencies = graph.entry(module.to_owned()).or_default();
        dependencies
            .extend(paths(code).into_iter().filter(|name| name != module && !REEXPORTS.contains(&name.as_str())));
    }
    assert!(graph.len() > 20, "the source is read");
    graph
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The first segment after each `crate::`, or of each member of a group.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        let is_path = !code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        let rest = &code[start + "crate::".len()..];
        if !is_path {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_members(group)),
            None => found.extend(identifier(rest)),
        }
    }
    found
}

/// The first segment of each member of a group, whose opening brace was read.
fn group_members(group: &str) -> Vec<String> {
    let (mut depth, mut members, mut starts) = (0, Vec::new(), true);
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts = true,
            c if starts && !c.is_whitespace() => {
                members.extend(identifier(&group[index..]));
                starts = false;
            }
            _ => {}
        }
    }
    members
}

fn identifier(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

#[test]
fn finds_paths_in_uses_groups_and_links() {
    let code = "use crate::a::B;\nuse crate::{c, d::{e, f}, g as h};\n/// See [`crate::i::J`].\nfn k() { crate::l() } $crate::m";
    let expected = ["a", "c", "d", "g", "i", "l"].map(str::to_owned);
    assert_eq!(paths(code), BTreeSet::from(expected));
}
