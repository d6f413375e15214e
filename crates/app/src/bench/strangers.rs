//! `vestibule bench --strangers`: what one request of an anonymous client costs the server, for every route.
//!
//! Each route is called without a session, with an unknown one, and with a body of nearly the maximum size. The CPU
//! time is that of the server's process. Requests that hash a password are left out: they are counted and queued.

use std::io;
use std::time::Duration;

use vestibule_web::{Route, route_list};

use super::load::Connection;
use super::server::Server;
use super::{load_settings, scenario, server_variables, system_error};
use crate::cli::BenchArgs;
use crate::error::AppError;
use crate::{output, telemetry};

/// More than this is reported as too expensive.
const MAX_CPU: Duration = Duration::from_millis(1);
/// Requests of each kind for one route. `/proc` counts CPU time in steps of 10 ms, so this resolves 20 µs.
const REQUESTS: u32 = 500;
const WARM_UP_REQUESTS: u32 = 20;
/// Routes with the highest cost that are printed.
const PRINTED: usize = 10;
/// A body of nearly 64 KiB, with as many fields as a form may have.
const LARGE_FIELDS: usize = 190;
const LARGE_VALUE: usize = 330;

struct Cost {
    cpu: Duration,
    status: u16,
    /// The route and the kind of request.
    name: String,
}

/// Measures every route and prints the most expensive requests.
///
/// # Errors
/// A request costs more than [`MAX_CPU`]; the server cannot be started or measured.
pub(super) async fn measure(args: &BenchArgs, dir: &std::path::Path) -> Result<(), AppError> {
    let loaded = load_settings(args, dir)?;
    telemetry::start(&loaded);
    output::print_line("Creating organizations with 1, 50 and 500 invitations …");
    scenario::create(&loaded).await?;
    super::server::pin_load_generator();
    let server = Server::start(&["serve"], &server_variables(&loaded)).await?;
    let memory_before = server.memory_mib();
    let mut costs = Vec::new();
    for route in route_list() {
        for (kind, request) in requests(&route) {
            let measured = measure_request(&server, &request).await.map_err(system_error("send requests"))?;
            let Some((cpu, status)) = measured else {
                return Err(AppError::CommandFailed("this system has no /proc, so CPU time is unknown".to_owned()));
            };
            costs.push(Cost { cpu, status, name: format!("{} {}{kind}", route.method, route.path) });
        }
    }
    let memory_after = server.memory_mib();
    server.stop().await;
    print(costs, memory_before.zip(memory_after))
}

/// The kinds of requests for a route.
fn requests(route: &Route) -> Vec<(&'static str, Vec<u8>)> {
    let segments = route.path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment });
    let path = segments.collect::<Vec<_>>().join("/");
    let head = format!("{} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n", route.method);
    let unknown_session = format!("Cookie: session_id={}\r\n", "A".repeat(43));
    let mut requests = vec![
        ("", format!("{head}Content-Length: 0\r\n\r\n").into_bytes()),
        (", unknown session", format!("{head}{unknown_session}Content-Length: 0\r\n\r\n").into_bytes()),
    ];
    if route.method != "GET" {
        let fields = (0..LARGE_FIELDS).map(|number| format!("field{number}={}", "a".repeat(LARGE_VALUE)));
        let body = fields.collect::<Vec<_>>().join("&");
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let large = format!("{head}{kind}Content-Length: {}\r\n\r\n{body}", body.len());
        requests.push((", large body", large.into_bytes()));
    }
    requests
}

/// Returns the CPU time per request and the last status; `None` without `/proc`.
async fn measure_request(server: &Server, request: &[u8]) -> io::Result<Option<(Duration, u16)>> {
    let mut connection = None;
    for _ in 0..WARM_UP_REQUESTS {
        send(server, &mut connection, request).await?;
    }
    let before = server.cpu_time();
    let mut status = 0;
    for _ in 0..REQUESTS {
        status = send(server, &mut connection, request).await?;
    }
    Ok(server.cpu_time().zip(before).map(|(after, before)| (after.saturating_sub(before) / REQUESTS, status)))
}

/// Sends a request. The server closes a connection whose body it did not read, perhaps before all of it was sent; then
/// the status is 0.
async fn send(server: &Server, connection: &mut Option<Connection>, request: &[u8]) -> io::Result<u16> {
    let open = match connection {
        Some(open) => open,
        None => connection.insert(Connection::open(&server.address).await?),
    };
    match open.send(request).await {
        Ok(status) => Ok(status),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error),
        Err(_) => {
            *connection = None;
            Ok(0)
        }
    }
}

fn print(mut costs: Vec<Cost>, memory: Option<(f64, f64)>) -> Result<(), AppError> {
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.cpu));
    output::print_line(format_args!("\n{:>8} {:>7}  request of a stranger", "CPU µs", "status"));
    for cost in costs.iter().take(PRINTED) {
        output::print_line(format_args!("{:>8} {:>7}  {}", cost.cpu.as_micros(), cost.status, cost.name));
    }
    output::print_line(format_args!("{} kinds of requests, {REQUESTS} of each", costs.len()));
    if let Some((before, after)) = memory {
        output::print_line(format_args!("Memory of the server: {before:.0} MiB before, {after:.0} MiB after"));
    }
    let expensive = costs.iter().filter(|cost| cost.cpu > MAX_CPU).count();
    if expensive > 0 {
        return Err(AppError::CommandFailed(format!("{expensive} kinds of requests cost more than 1 ms of CPU time")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_every_route_with_a_body_below_the_limit() {
        let routes = route_list();
        assert!(routes.len() > 150, "{}", routes.len());
        for route in &routes {
            let requests = requests(route);
            assert_eq!(requests.len(), if route.method == "GET" { 2 } else { 3 });
            for (_, request) in requests {
                let request = String::from_utf8(request).unwrap();
                let (head, body) = request.split_once("\r\n\r\n").unwrap();
                assert!(!head.contains('{') && head.contains(&format!("Content-Length: {}", body.len())), "{head}");
                assert!(body.is_empty() || (60_000..65_536).contains(&body.len()), "{}", body.len());
            }
        }
    }
}
