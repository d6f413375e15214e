//! `vestibule bench`: what this binary costs on this machine, beside the least that could be.
//!
//! It makes a small company in a folder of its own, starts this very program as a server on it and plays requests against
//! it over the loopback; then the same requests against a bare handler that gives out the same bytes from memory. The two
//! take turns, round by round, and a figure is the median of its rounds. `benches/run` measures more, beside other
//! products.

mod company;
mod limit;
mod load;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::cli::Bench;
use crate::settings::{self, Flags, Loaded, Surroundings};
use crate::start_error::StartError;
use crate::{say, telemetry};

use company::Work;
use load::Played;
use server::Server;

/// Measures, and says what was measured.
pub(crate) async fn run(bench: &Bench) -> Result<(), StartError> {
    if let Some(folder) = &bench.limit {
        return limit::serve(folder, &bench.listen).await.map_err(system("serving the bare handler"));
    }
    let folder = std::env::temp_dir().join(format!("vestibule-bench-{}", std::process::id()));
    let measured = measure(bench, &folder).await;
    let _ = std::fs::remove_dir_all(&folder);
    measured
}

async fn measure(bench: &Bench, folder: &Path) -> Result<(), StartError> {
    let loaded = load(bench, folder)?;
    telemetry::start(&loaded);
    say::line("Making a company with 1, 50 and 500 invitations …");
    let works = company::make(&loaded).await?;
    server::keep_to_the_last_processor();
    let surroundings = vec![
        ("VESTIBULE_DATABASE", loaded.database.to_string()),
        ("VESTIBULE_KEY_FILE", loaded.key_file.display().to_string()),
        ("VESTIBULE_MAIL_TRANSPORT", "none".to_owned()),
        ("VESTIBULE_LOG", "warn".to_owned()),
        ("VESTIBULE_PASSWORDS_ATTEMPTS_PER_ACCOUNT", "10000".to_owned()),
        ("VESTIBULE_PASSWORDS_ATTEMPTS_PER_ADDRESS", "1000000".to_owned()),
    ];
    let mut figures = Figures::default();
    for round in 0..bench.rounds {
        say::line(format_args!("Round {} of {}", round + 1, bench.rounds));
        let server = Server::start(&["serve"], &surroundings).await?;
        figures.starts.push((server.started_in, server.memory()));
        for work in &works {
            let played = play(bench, &server, work).await?;
            figures.ours.entry(work.name).or_default().push(played);
        }
        record(&server, &works, folder).await?;
        server.stop().await;
        let folder = folder.join("answers").display().to_string();
        let server = Server::start(&["bench", "--limit", &folder], &[]).await?;
        for work in works.iter().filter(|work| work.is_read()) {
            let played = play(bench, &server, work).await?;
            figures.limits.entry(work.name).or_default().push(played);
        }
        server.stop().await;
    }
    figures.say(&works);
    Ok(())
}

/// What the company and the server are made with. The environment does not count: a benchmark must not come near a
/// database it did not make.
fn load(bench: &Bench, folder: &Path) -> Result<Loaded, StartError> {
    let file = || folder.join("vestibule.db").display().to_string();
    let database = Some(bench.database.clone().unwrap_or_else(file));
    let flags = Flags { database, ..Flags::default() };
    let surroundings = Surroundings { environment: BTreeMap::new(), ..Surroundings::of_this_process() };
    let mut loaded = settings::load(&flags, &surroundings).map_err(StartError::Settings)?;
    "warn".clone_into(&mut loaded.log);
    loaded.key_file = PathBuf::from(folder).join("master.key");
    loaded.settings.mail.transport = vestibule_core::settings::Transport::None;
    Ok(loaded)
}

async fn play(bench: &Bench, server: &Server, work: &Work) -> Result<Played, StartError> {
    let connections = work.connections.unwrap_or(bench.connections.into());
    let seconds = Duration::from_secs(bench.seconds);
    load::play(server, work, connections, Duration::from_millis(500)).await.map_err(system("playing requests"))?;
    load::play(server, work, connections, seconds).await.map_err(system("playing requests"))
}

/// Writes down what the server answers to what is only read, for the bare handler to give out.
async fn record(server: &Server, works: &[Work], folder: &Path) -> Result<(), StartError> {
    let answers = folder.join("answers");
    let recorded = async {
        std::fs::create_dir_all(&answers)?;
        for work in works.iter().filter(|work| work.is_read()) {
            let body = load::ask(server, work).await?;
            std::fs::write(answers.join(work.name), [work.path.as_bytes(), b"\n", &body].concat())?;
        }
        Ok(())
    };
    recorded.await.map_err(system("recording answers"))
}

fn system(what: &'static str) -> impl Fn(std::io::Error) -> StartError {
    move |error| StartError::System { what, error }
}

/// A listener on a port that is free.
async fn free_listener() -> std::io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).await
}

/// What was measured, by work.
#[derive(Debug, Default)]
struct Figures {
    ours: BTreeMap<&'static str, Vec<Played>>,
    limits: BTreeMap<&'static str, Vec<Played>>,
    /// How long each start took until the first answer, and the memory at rest after it, in MiB.
    starts: Vec<(Duration, Option<f64>)>,
}

impl Figures {
    fn say(&self, works: &[Work]) {
        say::line("\nwork                             a second    p50 ms    p99 ms   CPU µs   × limit");
        for work in works {
            let ours = self.ours.get(work.name).map_or(&[][..], Vec::as_slice);
            let limits = self.limits.get(work.name).map_or(&[][..], Vec::as_slice);
            let figure = |of: fn(&Played) -> f64| median(ours.iter().map(of));
            let cpu = |played: &[Played]| median(played.iter().filter_map(Played::cpu_us));
            // Each round beside its own.
            let pairs = ours.iter().zip(limits).filter_map(|(ours, limit)| Some(ours.cpu_us()? / limit.cpu_us()?));
            let refused: usize = ours.iter().map(|played| played.refused).sum();
            let note = if refused > 0 { format!("   {refused} refused") } else { String::new() };
            say::line(format_args!(
                "{:<30} {:>10} {:>9} {:>9} {:>8} {:>9}{note}",
                work.title,
                shown(figure(Played::rate), 0),
                shown(figure(|played| played.percentile_ms(50)), 2),
                shown(figure(|played| played.percentile_ms(99)), 2),
                shown(cpu(ours), 1),
                shown(median(pairs), 1),
            ));
        }
        let started = median(self.starts.iter().map(|(start, _)| start.as_secs_f64() * 1000.0));
        let memory = median(self.starts.iter().filter_map(|(_, memory)| *memory));
        say::line(format_args!(
            "\nStart to first answer: {} ms. Memory at rest: {} MiB.",
            shown(started, 0),
            shown(memory, 1)
        ));
        say::line(
            "CPU is this server's processor time a request; × limit is its ratio to a bare handler's that gives out",
        );
        say::line("the same bytes. Machines are noisy: compare ratios, and on a machine that does nothing else.");
    }
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn shown(figure: Option<f64>, places: usize) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.places$}"))
}
