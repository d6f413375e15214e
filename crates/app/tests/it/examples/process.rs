//! An example as a child process, started as its README says.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vestibule_testbed::{ProcessGroup, repository};

/// How an example is built and started. Programs are relative to its folder.
pub(super) struct Recipe {
    pub(super) name: &'static str,
    /// Runs to its end before the start.
    build: &'static [&'static str],
    start: &'static [&'static str],
    /// The example prints this when it listens.
    ready: &'static str,
}

pub(super) const EXPRESS: Recipe =
    Recipe { name: "express", build: &[], start: &["node", "server.js"], ready: "Listening on" };
pub(super) const FASTAPI: Recipe = Recipe {
    name: "fastapi",
    build: &[],
    start: &["./.venv/bin/uvicorn", "main:app", "--port", "PORT"],
    ready: "Uvicorn running",
};
pub(super) const NEXT: Recipe = Recipe {
    name: "next",
    build: &["npm", "run", "build"],
    start: &["./node_modules/.bin/next", "start", "--hostname", "127.0.0.1"],
    ready: "Ready in",
};
pub(super) const REACT_VITE: Recipe = Recipe {
    name: "react-vite",
    build: &["npm", "run", "build"],
    start: &["./node_modules/.bin/vite", "preview"],
    ready: "http://127.0.0.1:",
};
pub(super) const AXUM: Recipe = Recipe {
    name: "axum",
    build: &["cargo", "build", "--locked", "--quiet", "--target-dir", "../../target/examples"],
    start: &["../../target/examples/debug/vestibule-example-axum"],
    ready: "Listening on",
};

/// A running example. Dropping it kills the group, because `next` and npm start other processes.
pub(super) struct Example(#[expect(dead_code, reason = "kills the example on drop")] ProcessGroup);

impl Example {
    /// Builds and starts an example. Blocks until it listens.
    pub(super) fn start(recipe: &Recipe, vestibule: &str, port: u16) -> Self {
        let dir = repository().join("examples").join(recipe.name);
        let command = |words: &[&str]| {
            let port = port.to_string();
            let program = if words[0].starts_with('.') { dir.join(words[0]) } else { words[0].into() };
            let mut command = Command::new(program);
            command.args(words[1..].iter().map(|word| if *word == "PORT" { &port } else { *word }));
            command.current_dir(&dir).stdin(Stdio::null());
            command.env("VESTIBULE_URL", vestibule).env("APP_URL", format!("http://127.0.0.1:{port}"));
            command.env("PORT", port).env("NEXT_TELEMETRY_DISABLED", "1").env("NO_COLOR", "1");
            // Set by cargo for this test. The build of the example has its own.
            command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_TARGET_DIR");
            command
        };
        if !recipe.build.is_empty() {
            let built = command(recipe.build).output().unwrap();
            assert!(built.status.success(), "{}: {built:?}: run scripts/requirements first", recipe.name);
        }
        let mut start = command(recipe.start);
        let started = ProcessGroup::spawn(start.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut process = started.unwrap_or_else(|error| panic!("{}: {error}: run scripts/requirements", recipe.name));
        let (output, errors) = (process.0.stdout.take().unwrap(), process.0.stderr.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        // Reads both to their end, so that the example never blocks on a full pipe.
        for stream in [Box::new(output) as Box<dyn Read + Send>, Box::new(errors)] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
            });
        }
        drop(sender);
        let (mut printed, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(60));
        while !printed.last().is_some_and(|line: &String| line.contains(recipe.ready)) {
            let line = lines.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            printed.push(line.unwrap_or_else(|error| panic!("{} does not listen: {error}: {printed:#?}", recipe.name)));
        }
        Self(process)
    }
}
