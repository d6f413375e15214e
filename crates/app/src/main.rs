//! The binary `vestibule`: reads the settings, starts and stops the server, and runs the other commands.
//!
//! The service itself is in the libraries `vestibule-core` and `vestibule-web`.

mod audit;
mod bench;
mod cli;
mod copy_database;
mod demo;
mod doctor;
mod error;
mod keys;
mod listener;
mod mail;
mod master_key;
mod migrate;
mod operator;
mod organizations;
mod outbox;
mod output;
mod pages;
mod secret_file;
mod serve;
mod settings;
mod shutdown;
mod startup;
mod telemetry;
mod users;
mod webhooks;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use cli::{Cli, Command, SettingsArgs};
use error::AppError;
use settings::Environment;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exits with 0 on success, 3 if the user, organization or message does not exist, and 1 if the command failed
/// otherwise. Clap exits with 2 for an invalid command line.
fn main() -> ExitCode {
    // Replaces the default message and its backtrace, which do not help an operator. Once logging has started,
    // `telemetry::start` sends panics to the log instead.
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        output::print_error(format_args!("panicked at {location}; please report this bug"));
    }));
    let result = match Cli::parse().into_command() {
        Command::Serve(flags) => block_on(serve::run(&flags)),
        Command::Demo(args) => block_on(demo::run(&args)),
        Command::Migrate(args) => block_on(migrate::run(&args)),
        Command::CopyDatabase(args) => block_on(copy_database::run(&args)),
        Command::Bench(args) => block_on(bench::run(&args)),
        Command::Doctor(args) => block_on(doctor::run(&args)),
        Command::Outbox(args) => block_on(outbox::run(&args)),
        Command::Audit(args) => block_on(audit::run(&args)),
        Command::Webhooks(args) => block_on(webhooks::run(&args)),
        Command::Keys(args) => block_on(keys::run(&args)),
        Command::Users(args) => block_on(users::run(&args)),
        Command::Organizations(args) => block_on(organizations::run(&args)),
        Command::Mail(args) => mail::run(&args),
        Command::Pages(args) => block_on(pages::run(&args)),
        Command::Settings(args) => print_settings(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.messages().iter().for_each(output::print_error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn block_on(command: impl Future<Output = Result<(), AppError>>) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| AppError::System { action: "start the thread pool", error })?;
    let result = runtime.block_on(command);
    // Only tasks that exceeded the shutdown timeout are still running; do not wait for them again.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

fn print_settings(args: &SettingsArgs) -> Result<(), AppError> {
    if args.is_effective() {
        let loaded = settings::load(&args.flags, &Environment::from_process()).map_err(AppError::Settings)?;
        for warning in &loaded.warnings {
            output::print_error(format_args!("warning: {warning}"));
        }
        output::print_text(&settings::effective(&loaded));
    } else {
        output::print_text(&settings::reference());
    }
    Ok(())
}
