//! Everything a test has seen, and what may not stand in it.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use axum::http::{HeaderMap, header};
use vestibule_core::mail::Message;

use crate::harness::PASSWORD;

/// Every log line of the process. Secrets are random, so one test's can be told from another's.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static LOGGING: Once = Once::new();

/// What one test has seen.
#[derive(Default)]
pub(crate) struct Seen {
    answers: Mutex<Vec<String>>,
    secrets: Mutex<Vec<String>>,
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seen {
    /// Starts to look, at the most talkative level there is.
    pub(crate) fn begin() -> Self {
        LOGGING.call_once(|| {
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(|| Log).init();
        });
        Self::default()
    }

    /// Remembers an answer: its body, and every header but the one that carries the session.
    pub(crate) fn answer(&self, headers: &HeaderMap, body: &str) {
        let mut answers = self.answers.lock().unwrap();
        answers.push(body.to_owned());
        for (_, value) in
            headers.iter().filter(|(name, _)| *name != header::SET_COOKIE && *name != "x-development-session")
        {
            answers.push(String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }

    /// Remembers what may stand nowhere.
    pub(crate) fn secret(&self, secret: &str) {
        if secret.len() > 10 {
            self.secrets.lock().unwrap().push(secret.to_owned());
        }
    }

    /// Looks.
    pub(crate) fn check(&self, mails: &[Message]) {
        let log = String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
        let (answers, mut secrets) = (self.answers.lock().unwrap(), self.secrets.lock().unwrap());
        let proofs = mails
            .iter()
            .filter_map(|mail| mail.text.split_once("#token="))
            .map(|(_, token)| token.split_whitespace().next().unwrap());
        for token in proofs {
            let (bare, proof) = token.split_once('.').unwrap();
            assert!(!log.contains(bare), "an invitation's token stands in the log");
            secrets.push(proof.to_owned());
        }
        secrets.push(PASSWORD.to_owned());
        for secret in secrets.iter() {
            assert!(!answers.iter().any(|answer| answer.contains(secret)), "an answer holds a secret: {secret}");
            assert!(!log.contains(secret), "the log holds a secret: {secret}");
        }
        assert!(!answers.iter().any(|answer| answer.contains("$argon2")), "an answer holds a password's digest");
        assert!(!log.contains("$argon2"), "the log holds a password's digest");
        for mail in mails {
            assert!(!log.contains(mail.to.key()) && !log.contains(mail.to.as_str()), "the log holds an address");
            assert!(!mail.text.contains(PASSWORD) && !mail.html.contains(PASSWORD), "a mail holds a password");
        }
    }

    /// Writes down which statements have run, for the check that comes after the suite.
    pub(crate) fn note_statements() {
        if let Some(folder) = std::env::var_os("VESTIBULE_STATEMENTS_RUN") {
            let ran: Vec<_> = vestibule_core::db::statements_run().into_iter().collect();
            let file = std::path::Path::new(&folder).join(format!("{}.txt", std::process::id()));
            std::fs::write(file, ran.join("\n")).unwrap();
        }
    }
}
