//! [`ClientProgram`]: a program of `tests/clients` that answers each line of JSON with another one.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running program. It has crates of its own, which the binary does without.
pub(crate) struct ClientProgram {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl ClientProgram {
    /// Builds and starts the program in a folder of `tests/clients`.
    pub(crate) async fn start(folder: &'static str, arguments: &'static [&'static str]) -> Self {
        tokio::task::spawn_blocking(move || Self::build_and_start(folder, arguments)).await.unwrap()
    }

    fn build_and_start(folder: &str, arguments: &[&str]) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = repository.join("target/examples");
        let mut build = Command::new("cargo");
        build.args(["build", "--locked", "--quiet", "--target-dir"]).arg(&target);
        build.current_dir(repository.join("tests/clients").join(folder));
        // Set by cargo for this test. The build of the program has its own.
        let status = build.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_TARGET_DIR").status().unwrap();
        assert!(status.success(), "tests/clients/{folder} was not built");
        let mut program = Command::new(target.join(format!("debug/vestibule-{folder}-tests")));
        program.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = program.spawn().unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    /// Sends a line, and returns the answer.
    pub(crate) fn run(&mut self, request: &Value) -> Value {
        writeln!(self.input, "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for ClientProgram {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
