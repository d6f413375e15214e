//! `vestibule bench`: measures this binary on this machine, relative to a baseline.
//!
//! It creates sample data in a temporary directory, starts this program as a server on it, and sends requests over the
//! loopback interface; then it sends the same requests to a server that returns the same bytes from memory. The two
//! alternate in every round, and a result is the median of its rounds. `benches/run` measures more, including other
//! products. With `--strangers` it measures what anonymous clients cost instead.

mod baseline;
mod by_key;
mod load;
mod scenario;
mod server;
mod strangers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::BenchArgs;
use crate::error::AppError;
use crate::settings::{self, Environment, Flags, LoadedSettings};
use crate::{output, telemetry};

use load::Measurement;
use scenario::Scenario;
use server::Server;

/// Requests sent before a measurement are not counted.
const WARM_UP: Duration = Duration::from_millis(500);

pub(crate) async fn run(args: &BenchArgs) -> Result<(), AppError> {
    if let Some(dir) = &args.baseline {
        return baseline::serve(dir, &args.listen).await.map_err(system_error("run the baseline server"));
    }
    let dir = std::env::temp_dir().join(format!("vestibule-bench-{}", std::process::id()));
    let result = if args.strangers { strangers::measure(args, &dir).await } else { measure(args, &dir).await };
    let _ = std::fs::remove_dir_all(&dir);
    result
}

async fn measure(args: &BenchArgs, dir: &Path) -> Result<(), AppError> {
    let loaded = load_settings(args, dir)?;
    telemetry::start(&loaded);
    output::print_line("Creating organizations with 1, 50 and 500 invitations …");
    let scenarios = scenario::create(&loaded).await?;
    server::pin_load_generator();
    let limits = [
        ("VESTIBULE_PASSWORDS_ATTEMPTS_PER_ACCOUNT", "10000"),
        ("VESTIBULE_PASSWORDS_ATTEMPTS_PER_ADDRESS", "1000000"),
        ("VESTIBULE_PLATFORM_REQUESTS_PER_KEY", "0"),
    ];
    let mut variables = server_variables(&loaded);
    variables.extend(limits.map(|(name, value)| (name.to_owned(), value.to_owned())));
    variables.extend(settings::unlimited_variables());
    let mut results = Results::default();
    for round in 0..args.rounds {
        output::print_line(format_args!("Round {} of {}", round + 1, args.rounds));
        let server = Server::serve(&variables).await?;
        results.starts.push((server.start_duration, server.memory_mib()));
        for scenario in &scenarios {
            let measurement = run_scenario(args, &server, scenario).await?;
            results.server.entry(scenario.name).or_default().push(measurement);
        }
        record_responses(&server, &scenarios, dir).await?;
        server.stop().await;
        let responses = responses_dir(dir).display().to_string();
        let server = Server::start(&["bench", "--baseline", &responses], &[]).await?;
        for scenario in scenarios.iter().filter(|scenario| scenario.is_read()) {
            let measurement = run_scenario(args, &server, scenario).await?;
            results.baseline.entry(scenario.name).or_default().push(measurement);
        }
        server.stop().await;
    }
    results.print(&scenarios);
    Ok(())
}

/// Returns the settings of the benchmark. Ignores environment variables, so that it never opens a database it did not
/// create.
fn load_settings(args: &BenchArgs, dir: &Path) -> Result<LoadedSettings, AppError> {
    let file = || dir.join("vestibule.db").display().to_string();
    let database = Some(args.database.clone().unwrap_or_else(file));
    let flags = Flags { database, ..Flags::default() };
    let environment = Environment { variables: BTreeMap::new(), ..Environment::from_process() };
    let mut loaded = settings::load(&flags, &environment).map_err(AppError::Settings)?;
    "warn".clone_into(&mut loaded.log);
    loaded.key_file = PathBuf::from(dir).join("master.key");
    loaded.settings.mail.transport = vestibule_core::settings::Transport::None;
    // One user in one organization sends as many invitations as the server accepts.
    loaded.settings.rate_limits = vestibule_core::settings::RateLimits::all(0);
    loaded.settings.invitations.max_pending = 0;
    Ok(loaded)
}

/// Returns the settings of the measured server, as environment variables.
fn server_variables(loaded: &LoadedSettings) -> Vec<(String, String)> {
    let variables = [
        ("VESTIBULE_DATABASE", loaded.database.to_string()),
        ("VESTIBULE_KEY_FILE", loaded.key_file.display().to_string()),
        ("VESTIBULE_MAIL_TRANSPORT", "none".to_owned()),
        ("VESTIBULE_LOG", "warn".to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).into()
}

async fn run_scenario(args: &BenchArgs, server: &Server, scenario: &Scenario) -> Result<Measurement, AppError> {
    let connections = scenario.connections.unwrap_or(args.connections.into());
    let duration = Duration::from_secs(args.seconds);
    load::run(server, scenario, connections, WARM_UP).await.map_err(system_error("send requests"))?;
    load::run(server, scenario, connections, duration).await.map_err(system_error("send requests"))
}

/// Records the responses of the read scenarios for the baseline server.
async fn record_responses(server: &Server, scenarios: &[Scenario], dir: &Path) -> Result<(), AppError> {
    let responses = responses_dir(dir);
    let recorded = async {
        std::fs::create_dir_all(&responses)?;
        for scenario in scenarios.iter().filter(|scenario| scenario.is_read()) {
            let body = load::fetch(server, scenario).await?;
            std::fs::write(responses.join(scenario.name), [scenario.path.as_bytes(), b"\n", &body].concat())?;
        }
        Ok(())
    };
    recorded.await.map_err(system_error("record responses"))
}

fn responses_dir(dir: &Path) -> PathBuf {
    dir.join("responses")
}

fn system_error(action: &'static str) -> impl Fn(std::io::Error) -> AppError {
    move |error| AppError::System { action, error }
}

/// The measurements of all rounds, by name of the scenario.
#[derive(Debug, Default)]
struct Results {
    server: BTreeMap<&'static str, Vec<Measurement>>,
    baseline: BTreeMap<&'static str, Vec<Measurement>>,
    /// For each start, the time until the server accepted a connection, and its memory after that in MiB.
    starts: Vec<(Duration, Option<f64>)>,
}

impl Results {
    fn print(&self, scenarios: &[Scenario]) {
        output::print_line(format_args!(
            "\n{:<30} {:>10} {:>9} {:>9} {:>8} {:>11}",
            "scenario", "requests/s", "p50 ms", "p99 ms", "CPU µs", "× baseline"
        ));
        for scenario in scenarios {
            let server = self.server.get(scenario.name).map_or(&[][..], Vec::as_slice);
            let baseline = self.baseline.get(scenario.name).map_or(&[][..], Vec::as_slice);
            let figure = |of: fn(&Measurement) -> f64| median(server.iter().map(of));
            let cpu = median(server.iter().filter_map(Measurement::cpu_us));
            // The ratio within each round, so that slow changes of the machine's speed cancel out.
            let ratios = server.iter().zip(baseline).filter_map(|(one, other)| Some(one.cpu_us()? / other.cpu_us()?));
            let failed: usize = server.iter().map(|measurement| measurement.failed).sum();
            let note = if failed > 0 { format!("   {failed} failed") } else { String::new() };
            output::print_line(format_args!(
                "{:<30} {:>10} {:>9} {:>9} {:>8} {:>11}{note}",
                scenario.title,
                format_figure(figure(Measurement::requests_per_second), 0),
                format_figure(figure(|measurement| measurement.percentile_ms(50)), 2),
                format_figure(figure(|measurement| measurement.percentile_ms(99)), 2),
                format_figure(cpu, 1),
                format_figure(median(ratios), 1),
            ));
        }
        let start = median(self.starts.iter().map(|(start, _)| start.as_secs_f64() * 1000.0));
        let memory = median(self.starts.iter().filter_map(|(_, memory)| *memory));
        output::print_line(format_args!(
            "\nStart until the first connection: {} ms. Memory when idle: {} MiB.",
            format_figure(start, 0),
            format_figure(memory, 1)
        ));
        output::print_line(
            "CPU is the CPU time of the server per request. × baseline is its ratio to the CPU time of a server that",
        );
        output::print_line(
            "returns the same bytes from memory. Compare ratios rather than absolute values, on an idle machine.",
        );
    }
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn format_figure(figure: Option<f64>, decimals: usize) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.decimals$}"))
}
