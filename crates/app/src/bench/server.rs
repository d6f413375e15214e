//! A server in its own process, so that its CPU time and memory exclude those of the load generator.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};

use super::scenario::Scenario;
use super::system_error;
use crate::error::AppError;

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The unit of CPU times in `/proc` (`USER_HZ` is 100 on Linux).
const CLOCK_TICK: Duration = Duration::from_millis(10);

/// A running server, killed on drop.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pub(super) address: String,
    /// The address of the API for backends.
    platform_address: Option<String>,
    /// The time until it accepted a connection.
    pub(super) start_duration: Duration,
}

impl Server {
    /// Starts Vestibule with these settings, with the API for backends at an address of its own.
    pub(super) async fn serve(variables: &[(String, String)]) -> Result<Self, AppError> {
        let address = free_address().await.map_err(system_error("start a server"))?;
        let listen = ("VESTIBULE_PLATFORM_LISTEN".to_owned(), address.clone());
        let mut server = Self::start(&["serve"], &[variables, &[listen]].concat()).await?;
        server.platform_address = Some(address);
        Ok(server)
    }

    /// Starts this program with these arguments and environment variables, pinned to the first CPU if possible.
    pub(super) async fn start(arguments: &[&str], variables: &[(String, String)]) -> Result<Self, AppError> {
        let failed = system_error("start a server");
        let program = std::env::current_exe().map_err(&failed)?;
        let address = free_address().await.map_err(&failed)?;
        let mut command = if cpus() > 1 && has_taskset() {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).args(["--listen", &address]).stdin(Stdio::null()).stdout(Stdio::null());
        // Settings in the environment of the benchmark must not affect the server.
        let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VESTIBULE_"));
        inherited.for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let started = Instant::now();
        let child = command.spawn().map_err(&failed)?;
        let mut server = Self { child, address, platform_address: None, start_duration: Duration::ZERO };
        server.wait_until_listening(started).await.map_err(&failed)?;
        server.start_duration = started.elapsed();
        Ok(server)
    }

    #[expect(clippy::disallowed_methods, reason = "another process gives no signal when it listens")]
    async fn wait_until_listening(&mut self, started: Instant) -> std::io::Result<()> {
        while let Err(error) = TcpStream::connect(&self.address).await {
            if started.elapsed() > START_TIMEOUT || self.child.try_wait()?.is_some() {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Returns the address that the requests of a scenario go to.
    pub(super) fn address_of(&self, scenario: &Scenario) -> &str {
        self.platform_address.as_ref().filter(|_| scenario.is_by_key()).unwrap_or(&self.address)
    }

    /// Returns the CPU time used so far, including that of terminated threads; `None` without `/proc`.
    pub(super) fn cpu_time(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The second field is the program name in parentheses and can contain any character. The fields after it start
        // with the third; utime and stime are the 14th and 15th (proc_pid_stat(5)).
        let (_, fields) = stat.rsplit_once(')')?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().ok());
        ticks.sum::<Option<u32>>().map(|ticks| CLOCK_TICK * ticks)
    }

    /// Returns the resident memory in MiB; `None` without `/proc`.
    pub(super) fn memory_mib(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024.0)
    }

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

/// Returns an address with a free port on the loopback interface.
async fn free_address() -> std::io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    Ok(listener.local_addr()?.to_string())
}

/// Pins this process, the load generator, to the last CPU, so that it does not compete with the server.
pub(super) fn pin_load_generator() {
    let (last, pid) = (cpus() - 1, std::process::id());
    if last > 0 && has_taskset() {
        let mut command = Command::new("taskset");
        command.args(["-a", "-c", "-p", &last.to_string(), &pid.to_string()]).stdout(Stdio::null());
        let _ = command.status();
    }
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn has_taskset() -> bool {
    Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
