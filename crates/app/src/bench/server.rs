//! This program once more, as a process of its own, so that what it costs can be told apart from the load.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use super::{free_listener, system};
use crate::start_error::StartError;

/// How long a server may take to its first answer.
const STARTING: Duration = Duration::from_secs(30);

/// What Linux counts processor time in where programs can see it.
const TICK: Duration = Duration::from_millis(10);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) address: String,
    /// From its start to when it could be connected to.
    pub(super) started_in: Duration,
}

impl Server {
    /// Starts this program with these arguments and settings, on a processor of its own where that can be had.
    pub(super) async fn start(arguments: &[&str], surroundings: &[(&'static str, String)]) -> Result<Self, StartError> {
        let starting = system("starting a server");
        let program = std::env::current_exe().map_err(&starting)?;
        let address = free_listener().await.and_then(|listener| listener.local_addr()).map_err(&starting)?.to_string();
        let mut command = if processors() > 1 && has_taskset() {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).args(["--listen", &address]).stdin(Stdio::null()).stdout(Stdio::null());
        // Nothing that is set where this runs may reach it.
        let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VESTIBULE_"));
        ours.for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.envs(surroundings.iter().map(|(name, value)| (name, value)));
        let begun = Instant::now();
        let child = command.spawn().map_err(&starting)?;
        let mut server = Self { child, address, started_in: Duration::ZERO };
        server.wait_for(begun).await.map_err(&starting)?;
        server.started_in = begun.elapsed();
        Ok(server)
    }

    #[expect(clippy::disallowed_methods, reason = "a process does not tell when it listens")]
    async fn wait_for(&mut self, begun: Instant) -> std::io::Result<()> {
        while let Err(error) = TcpStream::connect(&self.address).await {
            if begun.elapsed() > STARTING || self.child.try_wait()?.is_some() {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Processor time so far, with that of threads that have ended; `None` where the system does not tell.
    pub(super) fn processor_time(&self) -> Option<Duration> {
        let account = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name, in parentheses, may hold anything. What follows begins with the third field; time spent in the program
        // and in the kernel are the 14th and the 15th (proc_pid_stat(5)).
        let (_, fields) = account.rsplit_once(')')?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().ok());
        ticks.sum::<Option<u32>>().map(|ticks| TICK * ticks)
    }

    /// Memory in MiB; `None` where the system does not tell.
    pub(super) fn memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024.0)
    }

    /// Ends it.
    pub(super) async fn stop(mut self) {
        let _ = self.child.kill();
        let _ = tokio::task::spawn_blocking(move || self.child.wait()).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Moves this process, which is the load, out of the server's way.
pub(super) fn keep_to_the_last_processor() {
    let (last, us) = (processors() - 1, std::process::id());
    if last > 0 && has_taskset() {
        let mut command = Command::new("taskset");
        command.args(["-a", "-c", "-p", &last.to_string(), &us.to_string()]).stdout(Stdio::null());
        let _ = command.status();
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn has_taskset() -> bool {
    Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
