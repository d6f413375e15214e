//! The OpenAPI documents in other people's tools: linters, generated clients that run the invitation story on a server,
//! and schemathesis. `scripts/requirements` installs the tools into `target/requirements`.

mod guide;
mod platform;

use std::path::{Path, PathBuf};
use std::process::Command;

use vestibule_testbed::{repository, requirement};

use crate::server::{self, Response, Server, fresh_dir, send_request, vestibule};

fn document() -> PathBuf {
    repository().join("docs/openapi.json")
}

/// Returns a command for a program that npm or pip installed.
fn tool(path: &str) -> Command {
    let mut command = Command::new(requirement(path));
    // No tool asks its maker for updates or tells it about this run.
    command.env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true").env("REDOCLY_TELEMETRY", "off");
    command
}

fn node(program: &str) -> Command {
    tool(&format!("node/node_modules/.bin/{program}"))
}

fn python(program: &str) -> Command {
    let mut command = tool(&format!("python/bin/{program}"));
    let path = std::env::var("PATH").unwrap_or_default();
    let programs = requirement("python/bin");
    // openapi-python-client formats its result with a program from there.
    command.env("PATH", format!("{}:{path}", programs.display())).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs a command that has to succeed. Returns what it prints.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}", output.status);
    text
}

/// Returns an empty folder with these files of `tests/clients`.
fn folder(name: &str, files: &[&str]) -> PathBuf {
    let folder = fresh_dir(name);
    std::fs::create_dir_all(&folder).unwrap();
    for file in files {
        let source = repository().join("tests/clients").join(file);
        std::fs::copy(&source, folder.join(source.file_name().unwrap())).unwrap();
    }
    folder
}

/// A server without rate limits, which writes mail to files.
struct LiveServer {
    process: Server,
    url: String,
    mail: PathBuf,
}

/// Returns the environment variables that switch off every rate limit.
fn without_rate_limits() -> impl Iterator<Item = (String, &'static str)> {
    let (code, reference, _) = server::run(&["settings"]);
    assert_eq!(code, Some(0));
    let section = reference.split_once("\n[rate_limits]\n").unwrap().1.split("\n[").next().unwrap().to_owned();
    let names = section.split("# Set with ").skip(1).map(|rest| rest.split(['.', ' ']).next().unwrap().to_owned());
    names.collect::<Vec<_>>().into_iter().map(|name| (name, "0"))
}

impl LiveServer {
    fn start(name: &str) -> Self {
        let folder = fresh_dir(name);
        let (database, mail) = (folder.join("v.db"), folder.join("mail"));
        std::fs::create_dir_all(&mail).unwrap();
        let mut command = vestibule(&["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()]);
        command.env("VESTIBULE_MAIL_TRANSPORT", "file").env("VESTIBULE_MAIL_FILE_DIR", &mail);
        command.envs(without_rate_limits());
        let (process, _) = Server::spawn(&mut command, "Database: ");
        Self { url: format!("http://{}", process.host()), process, mail }
    }

    fn post(&self, path: &str, cookie: Option<&str>, form: &str) -> Response {
        let response = send_request(self.process.host(), &format!("POST {path}"), cookie, form).unwrap();
        assert_eq!(response.status, 200, "{path}");
        response
    }
}

#[test]
fn linters_accept_the_document() {
    lint(&document(), "redocly");
}

/// Runs the linters on an OpenAPI document, in a folder of this name.
fn lint(document: &Path, name: &str) {
    let linted = run(node("redocly").arg("lint").arg(document).current_dir(folder(name, &[])));
    assert!(linted.contains("Your API description is valid") && !linted.contains("warning "), "{linted}");
    let validated = run(python("openapi-spec-validator").arg(document));
    assert!(validated.trim_end().ends_with("OK"), "{validated}");
}

#[test]
fn typescript_client_compiles_and_runs_the_invitation_story() {
    let folder = folder("typescript", &["node/story.ts", "node/tsconfig.json", "node/package.json"]);
    let packages = requirement("node/node_modules");
    std::os::unix::fs::symlink(packages, folder.join("node_modules")).unwrap();
    run(node("openapi-typescript").arg(document()).args(["-o", "schema.d.ts"]).current_dir(&folder));
    run(node("tsc").args(["-p", "."]).current_dir(&folder));
    let server = LiveServer::start("typescript-server");
    let story = run(Command::new("node").arg(folder.join("out/story.js")).arg(&server.url).arg(&server.mail));
    assert!(story.contains("the story ends well"), "{story}");
}

#[test]
fn python_client_type_checks_and_runs_the_invitation_story() {
    let folder = folder("python", &["python/story.py", "python/mypy.ini"]);
    let mut generate = python("openapi-python-client");
    generate.args(["generate", "--meta", "none", "--fail-on-warning", "--output-path", "vestibule_client", "--path"]);
    run(generate.arg(document()).current_dir(&folder));
    // Every module imports: mypy reads them all, and Python compiles them.
    run(python("mypy").args(["vestibule_client", "story.py"]).current_dir(&folder));
    run(python("python").args(["-m", "compileall", "-q", "vestibule_client"]).current_dir(&folder));
    let server = LiveServer::start("python-server");
    let story = run(python("python").arg("story.py").arg(&server.url).arg(&server.mail).current_dir(&folder));
    assert!(story.contains("the story ends well"), "{story}");
}

/// Calls that would end the session, the organization or the workspace that the other calls need.
const FINAL_CALLS: [&str; 4] = ["sign_out", "delete_account", "delete_organization", "delete_workspace"];

/// Checks that do not fit this API. A known path answers 404 to another method, and `Allow` names the methods of earlier
/// versions too. Rules that JSON Schema cannot state, such as "no member has this address", answer 400. The server
/// accepts more than the document says: as in a form, an empty text counts as missing, and one text as a list of one.
const UNFIT_CHECKS: &str =
    "unsupported_method,allow_header_conformance,positive_data_acceptance,negative_data_rejection";

#[test]
fn schemathesis_finds_nothing() {
    let server = LiveServer::start("schemathesis-server");
    let owner = server.post("/auth/signup", None, "email=ada%40example.com&password=open-sesame-42");
    let cookie = owner.session().unwrap();
    let created = server.post("/organizations", Some(cookie), "name=Acme");
    let organization = created.text("id");
    let workspace = format!("organization_id={organization}&name=Laboratory");
    let created = server.post("/workspaces", Some(cookie), &workspace);
    let folder = folder("schemathesis", &["python/error_codes.py"]);
    let ids = [("organizations", organization), ("workspaces", created.text("id"))];
    let configuration = ids.map(|(path, id)| {
        format!("[[operations]]\ninclude-path-regex = '^/{path}/\\{{id\\}}'\nparameters = {{ 'path.id' = '{id}' }}\n")
    });
    std::fs::write(folder.join("schemathesis.toml"), configuration.concat()).unwrap();

    let mut command = python("schemathesis");
    command.arg("run").arg(document()).args(["--url", &server.url, "--no-color", "--continue-on-failure"]);
    command.args(["--header", &format!("Cookie: session_id={cookie}"), "--exclude-checks", UNFIT_CHECKS]);
    // Also checks the error code of each response.
    command.env("SCHEMATHESIS_HOOKS", "error_codes.py").env("OPENAPI_DOCUMENT", document());
    // Always the same requests. `VESTIBULE_SCHEMATHESIS_EXAMPLES` asks for a longer run.
    let examples = std::env::var("VESTIBULE_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "2".to_owned());
    command.args(["--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--max-examples", &examples]);
    command.args(FINAL_CALLS.map(|call| format!("--exclude-operation-id={call}")));
    let report = run(command.current_dir(&folder));
    assert!(report.contains("Fuzzing") && !report.contains("❌"), "{report}");
}
