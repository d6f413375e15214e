//! Scans every response, log line and mail of a test for secrets.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use axum::http::{HeaderMap, header};
use serde_json::Value;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use vestibule_core::mail::Message;
use vestibule_core::security_log::TARGET;

use crate::harness::PASSWORD;

/// The log of the whole process. Tests run concurrently, but their secrets differ.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// The security log of the whole process, as JSON lines.
static SECURITY_LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static INIT_LOGGING: Once = Once::new();

/// The secrets and responses of one test.
pub(crate) struct SecretScan {
    /// Length of the log when the test started.
    log_start: usize,
    responses: Mutex<Vec<String>>,
    secrets: Mutex<Vec<String>>,
    /// Secrets that a response may contain.
    unlogged: Mutex<Vec<String>>,
}

struct LogWriter(&'static Mutex<Vec<u8>>);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns the lines of the security log with this client address, in order.
pub(crate) fn security_events(client_address: &str) -> Vec<Value> {
    let log = SECURITY_LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let events = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    events.filter(|event| event["client_address"] == client_address).collect()
}

/// Returns the lines of the log of the whole process that contain this text.
pub(crate) fn log_lines(text: &str) -> Vec<String> {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let log = String::from_utf8(log).unwrap();
    log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}

impl SecretScan {
    /// Starts a scan. The first one sets up logging at level TRACE.
    pub(crate) fn start() -> Self {
        INIT_LOGGING.call_once(|| {
            let text = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| LogWriter(&LOG));
            let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
            let security = json
                .with_writer(|| LogWriter(&SECURITY_LOG))
                .with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO));
            tracing_subscriber::registry().with(text).with(security).init();
        });
        let log_start = LOG.lock().unwrap_or_else(PoisonError::into_inner).len();
        Self { log_start, responses: Mutex::default(), secrets: Mutex::default(), unlogged: Mutex::default() }
    }

    /// Records a response: its body, and every header but those that carry the session token. In staging mode,
    /// redirects to an application do.
    pub(crate) fn add_response(&self, headers: &HeaderMap, body: &str) {
        let mut responses = self.responses.lock().unwrap();
        responses.push(body.to_owned());
        for (_, value) in
            headers.iter().filter(|(name, _)| *name != header::SET_COOKIE && *name != "x-development-session")
        {
            let value = String::from_utf8_lossy(value.as_bytes());
            responses.push(value.split("__dev_session__=").next().unwrap_or_default().to_owned());
        }
    }

    /// Records a secret that no response and no log line may contain.
    pub(crate) fn add_secret(&self, secret: &str) {
        if secret.len() > 10 {
            self.secrets.lock().unwrap().push(secret.to_owned());
        }
    }

    /// Records a secret that no log line may contain.
    pub(crate) fn add_unlogged(&self, secret: &str) {
        self.unlogged.lock().unwrap().push(secret.to_owned());
    }

    /// Asserts that no secret has leaked.
    pub(crate) fn assert_no_leaks(&self, mails: &[Message]) {
        let token_secrets = mails
            .iter()
            .filter_map(|mail| mail.text.split_once("/invite#token="))
            .map(|(_, token)| token.split_whitespace().next().unwrap());
        let notice_tokens = mails
            .iter()
            .filter_map(|mail| mail.text.split_once("/security-notice#token="))
            .map(|(_, token)| token.split_whitespace().next().unwrap());
        let (bare_tokens, token_secrets): (Vec<_>, Vec<_>) =
            token_secrets.map(|token| token.split_once('.').unwrap()).unzip();
        let unlogged = self.unlogged.lock().unwrap().clone();
        let mut secrets = self.secrets.lock().unwrap().clone();
        secrets.extend([PASSWORD, "$argon2"].into_iter().chain(token_secrets).chain(notice_tokens).map(str::to_owned));
        // Responses may show an admin the bare token, and users their own address. The log may contain neither.
        let addresses = mails.iter().flat_map(|mail| [mail.to.key(), mail.to.as_str()]);
        let not_logged = secrets.iter().chain(&unlogged).map(String::as_str).chain(addresses).chain(bare_tokens);
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner)[self.log_start..].to_vec();
        assert_eq!(find_any(not_logged, &log), None, "the log contains a secret");
        let responses = self.responses.lock().unwrap();
        if let Some(secret) = find_any(secrets.iter().map(String::as_str), responses.join("\n").as_bytes()) {
            let response = responses.iter().find(|response| response.contains(secret));
            panic!("a response contains the secret {secret}: {response:?}");
        }
        for mail in mails {
            assert!(!mail.text.contains(PASSWORD) && !mail.html.contains(PASSWORD), "a mail contains a password");
        }
    }

    /// Records which statements have run, for the core test `every_statement_was_run_by_the_suite`.
    pub(crate) fn record_statements() {
        if let Some(folder) = std::env::var_os("VESTIBULE_STATEMENTS_RUN") {
            let names: Vec<_> = vestibule_db::test_hooks::statements_run().into_iter().collect();
            let file = std::path::Path::new(&folder).join(format!("{}.txt", std::process::id()));
            std::fs::write(file, names.join("\n")).unwrap();
        }
    }
}

/// Returns the first of these strings that the text contains. One pass over the text finds any number of strings.
fn find_any<'a>(strings: impl Iterator<Item = &'a str>, text: &[u8]) -> Option<&'a str> {
    let strings: Vec<_> = strings.collect();
    let finder = aho_corasick::AhoCorasick::new(&strings).unwrap();
    finder.find(text).map(|found| strings[found.pattern().as_usize()])
}

#[test]
fn finds_secret_anywhere_in_text() {
    assert_eq!(find_any(["one", "secret"].into_iter(), b"a line\nwith a secret in it"), Some("secret"));
    assert_eq!(find_any(["one", "secret"].into_iter(), b"a line without"), None);
}
