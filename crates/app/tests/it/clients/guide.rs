//! The examples of `docs/platform-api.md`, run against a live server in the order of the page: those for the shell as one
//! script, then those in JavaScript as one module, for readers who follow one of the two.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use vestibule_testbed::{repository, requirement};

use super::platform::Platform;
use super::{folder, run};

/// The code of the page's blocks in a language.
fn code(page: &str, language: &str) -> String {
    let blocks = page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.filter(|(found, _)| *found == language).map(|(_, code)| code).collect()
}

#[test]
fn examples_of_the_guide_run() {
    let page = std::fs::read_to_string(repository().join("docs/platform-api.md")).unwrap();
    let languages = page.split("```").skip(1).step_by(2).map(|block| block.split('\n').next().unwrap());
    for language in languages {
        assert!(["sh", "js", "json", "toml"].contains(&language), "no test runs a block of {language:?}");
    }
    let server = Platform::start("guide-server");
    let folder = folder("guide", &[]);
    symlink(requirement("node/node_modules"), folder.join("node_modules")).unwrap();
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

    let module = folder.join("guide.mjs");
    std::fs::write(&module, code(&page, "js")).unwrap();
    let mut node = Command::new("node");
    node.arg(&module)
        .env("VESTIBULE_API", &server.url)
        .env("VESTIBULE_API_KEY", server.create_key("*,users:impersonate"));
    let printed = run(node.current_dir(&folder));
    assert!(printed.contains("400 "), "the example of errors prints the status: {printed}");
}
