//! An example as a child process, started as its README says.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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

pub(super) fn examples_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// Returns a port that is free now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running example. It and its child processes are killed on drop.
pub(super) struct Example(Child);

impl Example {
    /// Builds and starts an example. Blocks until it listens.
    pub(super) fn start(recipe: &Recipe, vestibule: &str, port: u16) -> Self {
        let dir = examples_dir().join(recipe.name);
        let command = |words: &[&str]| {
            let port = port.to_string();
            let program = if words[0].starts_with('.') { dir.join(words[0]) } else { words[0].into() };
            let mut command = Command::new(program);
            command.args(words[1..].iter().map(|word| if *word == "PORT" { &port } else { *word }));
            command.current_dir(&dir).stdin(Stdio::null()).process_group(0);
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
        let started = command(recipe.start).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let started = started.unwrap_or_else(|error| panic!("{}: {error}: run scripts/requirements", recipe.name));
        let mut example = Self(started);
        let (output, errors) = (example.0.stdout.take().unwrap(), example.0.stderr.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        // Reads both to their end, so that the example never blocks on a full pipe.
        for stream in [Box::new(output) as Box<dyn Read + Send>, Box::new(errors)] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
            });
        }
        drop(sender);
        let mut printed = Vec::new();
        while !printed.last().is_some_and(|line: &String| line.contains(recipe.ready)) {
            let line = lines.recv().unwrap_or_else(|_| panic!("{} ended: {printed:#?}", recipe.name));
            printed.push(line);
        }
        example
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // The group, because `next` starts workers.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).status();
        let _ = self.0.wait();
    }
}
