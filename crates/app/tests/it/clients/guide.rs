//! The examples of `docs/platform-api.md`, run against a live server in the order of the page: those in JavaScript as one
//! module, then those for the shell as one script.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use vestibule_testbed::{repository, requirement};

use super::platform::{NOT_YET, Platform};
use super::{folder, run};

/// Sections whose examples need a route that the server may not have yet.
const NEEDS: &[(&str, &str)] = &[
    ("Create a customer and its first admin", "POST /organizations/{id}/members"),
    ("Check a permission", "GET /users/{id}/organization-memberships"),
    ("Sync members from billing", "GET /organizations/{id}/members"),
    ("Impersonate for support", "POST /session/tickets"),
    ("Clients", "GET /organizations/{id}/members"),
];

/// The page's sections that can be run: heading and text.
fn sections(page: &str) -> Vec<(&str, &str)> {
    let sections = page.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap());
    let is_ready = |heading: &str| {
        let needed = NEEDS.iter().find(|(section, _)| *section == heading);
        needed.is_none_or(|(_, route)| !NOT_YET.contains(route))
    };
    sections.filter(|(heading, _)| is_ready(heading)).collect()
}

/// The code of the sections' blocks in a language.
fn code(page: &str, language: &str) -> String {
    let blocks = sections(page).into_iter().flat_map(|(_, text)| text.split("```").skip(1).step_by(2));
    let blocks = blocks.filter_map(|block| block.split_once('\n'));
    blocks.filter(|(found, _)| *found == language).map(|(_, code)| code).collect()
}

#[test]
fn examples_of_the_guide_run() {
    let page = std::fs::read_to_string(repository().join("docs/platform-api.md")).unwrap();
    for (section, _) in NEEDS {
        assert!(page.contains(&format!("\n## {section}\n")), "{section}");
    }
    let languages = page.split("```").skip(1).step_by(2).map(|block| block.split('\n').next().unwrap());
    for language in languages {
        assert!(["sh", "js", "json", "toml"].contains(&language), "no test runs a block of {language:?}");
    }
    let server = Platform::start("guide-server");
    let folder = folder("guide", &[]);
    symlink(requirement("node/node_modules"), folder.join("node_modules")).unwrap();
    let module = folder.join("guide.mjs");
    std::fs::write(&module, code(&page, "js")).unwrap();
    let mut node = Command::new("node");
    node.arg(&module)
        .env("VESTIBULE_API", &server.url)
        .env("VESTIBULE_API_KEY", server.create_key("*,users:impersonate"));
    let printed = run(node.current_dir(&folder));
    assert!(printed.contains("400 "), "the example of errors prints the status: {printed}");

    // `vestibule` with the settings of the server, as on its machine.
    let program = folder.join("vestibule");
    let text = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_vestibule"));
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    // The address of the page is that of a server with the settings of the page.
    let script = code(&page, "sh").replace("http://127.0.0.1:8081", &server.url);
    let path = std::env::var("PATH").unwrap_or_default();
    let mut bash = Command::new("bash");
    // The variables of a test run would be wrong settings.
    bash.env_clear();
    bash.args(["-euo", "pipefail", "-c", &script]).env("PATH", format!("{}:{path}", folder.display()));
    bash.env("VESTIBULE_DATABASE", server.database()).current_dir(&folder).stdin(Stdio::null());
    let printed = run(&mut bash);
    let ids: Vec<_> = printed.lines().filter(|line| line.starts_with('"') && line.len() > 10).collect();
    assert!(ids.windows(2).any(|pair| pair[0] == pair[1]), "the repeated call prints the same id: {printed}");
}
