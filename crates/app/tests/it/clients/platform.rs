//! The API for backends as backends use it: its OpenAPI document in other people's tools, and the clients that
//! exist for it, `@wacht/backend` and the crate `wacht`. Each has a suite in `tests/clients` that makes its calls one by
//! one and prints a table of the results.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use vestibule_testbed::{repository, requirement};

use super::{folder, lint, node, python, run};
use crate::server::{Server, fresh_dir, vestibule};

/// Routes of the clients that the server does not have yet. Each must answer `NOT_FOUND`.
const NOT_YET: &[&str] = &["GET /webhooks/apps"];

/// A server with both listeners.
pub(super) struct Platform {
    process: Server,
    /// Of the API for backends.
    pub(super) url: String,
    database: PathBuf,
    mail: PathBuf,
}

impl Platform {
    /// Starts a server whose sign-up is closed and has a waitlist.
    pub(super) fn start(name: &str) -> Self {
        let dir = fresh_dir(name);
        let (database, mail) = (dir.join("v.db"), dir.join("mail"));
        std::fs::create_dir_all(&mail).unwrap();
        let mut command = vestibule(&["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()]);
        command.env("VESTIBULE_PLATFORM_LISTEN", "127.0.0.1:0").env("VESTIBULE_SIGN_UP", "waitlist");
        command.env("VESTIBULE_MAIL_TRANSPORT", "file").env("VESTIBULE_MAIL_FILE_DIR", &mail);
        let (process, lines) = Server::spawn(&mut command, "Database: ");
        let url = lines.iter().find_map(|line| line.strip_prefix("API for backends: ")).unwrap().to_owned();
        Self { process, url, database, mail }
    }

    /// The URL of the public listener.
    pub(super) fn frontend(&self) -> String {
        format!("http://{}", self.process.host())
    }

    /// Creates an API key, as an operator does.
    pub(super) fn create_key(&self, scopes: &str) -> String {
        let database = self.database.to_str().unwrap();
        let mut command = vestibule(&["keys", "create", "--name", "tests", "--scopes", scopes, "--database", database]);
        let output = command.env("VESTIBULE_MAIL_FILE_DIR", &self.mail).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// The database, for commands beside the server.
    pub(super) fn database(&self) -> &Path {
        &self.database
    }

    /// Adds what the suites need to a command.
    fn prepare<'a>(&self, suite: &'a mut Command) -> &'a mut Command {
        suite.arg(&self.url).arg(self.frontend()).args(NOT_YET);
        suite.env("VESTIBULE_API_KEY", self.create_key("*,users:impersonate"));
        suite.env("VESTIBULE_READER_KEY", self.create_key("organizations:read"))
    }
}

/// Runs a suite, returns its table, and asserts that every call had the result that was expected.
#[track_caller]
fn run_suite(suite: &mut Command) -> String {
    let output = suite.output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{table}\n{}", String::from_utf8_lossy(&output.stderr));
    table
}

#[test]
fn wacht_backend_makes_every_call() {
    let folder = folder("wacht-node", &["node/wacht/suite.mjs", "node/wacht/story.mjs", "node/wacht/types.mjs"]);
    symlink(requirement("node/node_modules"), folder.join("node_modules")).unwrap();
    let server = Platform::start("wacht-node-server");
    let table = run_suite(server.prepare(Command::new("node").arg(folder.join("suite.mjs"))));
    assert!(table.contains(" 0 failed"), "{table}");
}

#[test]
fn the_crate_wacht_makes_every_call() {
    let package = repository().join("tests/clients/wacht");
    let target = repository().join("target/examples");
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "--quiet", "--target-dir"]).arg(&target).current_dir(&package);
    // Set by cargo for this test. The build of the suite has its own.
    run(build.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_TARGET_DIR"));
    let server = Platform::start("wacht-crate-server");
    let table = run_suite(server.prepare(&mut Command::new(target.join("debug/vestibule-wacht-tests"))));
    assert!(table.contains(" 0 failed"), "{table}");
}

fn document() -> PathBuf {
    repository().join("docs/platform-openapi.json")
}

#[test]
fn linters_accept_the_document_of_the_platform() {
    lint(&document(), "redocly-platform");
}

#[test]
fn typescript_client_of_the_platform_compiles_and_manages_keys() {
    let folder = folder("typescript-platform", &["node/platform.ts", "node/tsconfig.json", "node/package.json"]);
    symlink(requirement("node/node_modules"), folder.join("node_modules")).unwrap();
    run(node("openapi-typescript").arg(document()).args(["-o", "schema.d.ts"]).current_dir(&folder));
    run(node("tsc").args(["-p", "."]).current_dir(&folder));
    let server = Platform::start("typescript-platform-server");
    let mut story = Command::new("node");
    story.arg(folder.join("out/platform.js")).arg(&server.url);
    let story = run(story.env("VESTIBULE_API_KEY", server.create_key("*")));
    assert!(story.contains("the story ends well"), "{story}");
}

#[test]
fn python_client_of_the_platform_type_checks() {
    let folder = folder("python-platform", &["python/mypy.ini"]);
    let mut generate = python("openapi-python-client");
    generate.args(["generate", "--meta", "none", "--fail-on-warning", "--output-path", "vestibule_client", "--path"]);
    run(generate.arg(document()).current_dir(&folder));
    run(python("mypy").arg("vestibule_client").current_dir(&folder));
}
