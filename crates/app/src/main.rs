//! The binary `vestibule`: settings, start and end. What it serves is in the two libraries.

mod bench;
mod cli;
mod demo;
mod doctor;
mod key;
mod lifecycle;
mod mail;
mod migrate;
mod moving;
mod open;
mod outbox;
mod say;
mod serve;
mod settings;
mod start_error;
mod telemetry;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use cli::{Cli, SettingsTask, Task};
use settings::Surroundings;
use start_error::StartError;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 0 after an orderly end, 1 when the start or the end failed; a wrong command line is 2, by clap.
fn main() -> ExitCode {
    // A backtrace helps nobody who did not write the program. Once there is a log, panics go there.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        say::failure(format_args!("a bug at {place} stopped the start; please report it"));
    }));
    let done = match Cli::parse().task() {
        Task::Serve(flags) => in_runtime(serve::run(&flags)),
        Task::Demo(demo) => in_runtime(demo::run(&demo)),
        Task::Migrate(task) => in_runtime(migrate::run(&task)),
        Task::Move(task) => in_runtime(moving::run(&task)),
        Task::Bench(task) => in_runtime(bench::run(&task)),
        Task::Doctor(task) => in_runtime(doctor::run(&task)),
        Task::Outbox(task) => in_runtime(outbox::run(&task)),
        Task::Mail(task) => mail::run(&task),
        Task::Settings(task) => show_settings(&task),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.sentences().iter().for_each(say::failure);
            ExitCode::FAILURE
        }
    }
}

fn in_runtime(task: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| StartError::System { what: "starting threads", error })?;
    let done = runtime.block_on(task);
    // Only work that was cut short is still there to wait for, and it has had its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

fn show_settings(task: &SettingsTask) -> Result<(), StartError> {
    if task.is_effective() {
        let loaded = settings::load(&task.flags, &Surroundings::of_this_process()).map_err(StartError::Settings)?;
        for warning in &loaded.warnings {
            say::failure(format_args!("warning: {warning}"));
        }
        say::text(&settings::effective(&loaded));
    } else {
        say::text(&settings::reference());
    }
    Ok(())
}
