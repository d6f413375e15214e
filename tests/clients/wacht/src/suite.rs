//! The calls that were made, and how each ended.

use std::process::ExitCode;

use wacht::{Error, WachtClient, WachtConfig};

pub struct Suite {
    pub client: WachtClient,
    not_yet: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    result: Outcome,
    name: &'static str,
    route: &'static str,
    note: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ok,
    Refused,
    NotYet,
    Failed,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::NotYet => "not yet",
            Self::Failed => "FAILED",
        }
    }
}

/// Returns a client with an API key.
fn client(url: &str, frontend: &str, key: &str) -> WachtClient {
    let config = WachtConfig { base_url: url.to_owned(), ..WachtConfig::new(key, frontend) };
    WachtClient::new(config).expect("the key is a header value")
}

/// The status of an error response, and its code.
fn status_and_code(error: &Error) -> (u16, String) {
    let Error::Api { status, details, .. } = error else { return (0, String::new()) };
    let code = details.as_ref().and_then(|body| body["errors"][0]["code"].as_str());
    (status.as_u16(), code.unwrap_or_default().to_owned())
}

impl Suite {
    pub fn new(url: &str, frontend: &str, key: &str, not_yet: Vec<String>) -> Self {
        Self { client: client(url, frontend, key), not_yet, rows: Vec::new() }
    }

    fn add(&mut self, result: Outcome, name: &'static str, route: &'static str, note: String) {
        self.rows.push(Row { result, name, route, note });
    }

    /// Whether the server does not have the route, or is listed so. Adds the row.
    fn is_missing<T>(&mut self, name: &'static str, route: &'static str, result: &wacht::Result<T>) -> bool {
        let is_listed = self.not_yet.iter().any(|listed| listed == route);
        let is_unknown = matches!(result, Err(error) if status_and_code(error).1 == "NOT_FOUND");
        if is_unknown {
            let outcome = if is_listed { Outcome::NotYet } else { Outcome::Failed };
            self.add(outcome, name, route, "the server has no such route".to_owned());
        } else if is_listed {
            self.add(Outcome::Failed, name, route, "the server has this route: remove it from NOT_YET".to_owned());
        }
        is_unknown || is_listed
    }

    /// A call that succeeds.
    pub fn ok<T>(&mut self, name: &'static str, route: &'static str, result: wacht::Result<T>) -> Option<T> {
        if self.is_missing(name, route, &result) {
            return None;
        }
        match result {
            Ok(value) => {
                self.add(Outcome::Ok, name, route, String::new());
                Some(value)
            }
            Err(error) => {
                self.add(Outcome::Failed, name, route, error.to_string());
                None
            }
        }
    }

    /// A call that is refused with this status; with any status of the client's errors if it is 0.
    pub fn refused<T>(&mut self, name: &'static str, route: &'static str, expected: u16, result: wacht::Result<T>) {
        if self.is_missing(name, route, &result) {
            return;
        }
        let (status, code) = result.err().map(|error| status_and_code(&error)).unwrap_or_default();
        let is_expected = if expected == 0 { (400..500).contains(&status) } else { status == expected };
        let outcome = if is_expected && !code.is_empty() { Outcome::Refused } else { Outcome::Failed };
        self.add(outcome, name, route, format!("{status} {code}"));
    }

    /// Prints every call and its result.
    pub fn report(&self) -> ExitCode {
        for Row { result, name, route, note } in &self.rows {
            println!("{:<8} {name:<45} {route:<50} {note}", result.as_str());
        }
        let count = |result: Outcome| self.rows.iter().filter(|row| row.result == result).count();
        let failed = count(Outcome::Failed);
        let (ok, refused, not_yet) = (count(Outcome::Ok), count(Outcome::Refused), count(Outcome::NotYet));
        println!("{ok} ok, {refused} refused, {not_yet} not yet, {failed} failed");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
