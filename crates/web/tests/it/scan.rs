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
pub(crate) struct Seen {
    /// Where the log was when it began.
    from: usize,
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
        let from = LOG.lock().unwrap_or_else(PoisonError::into_inner).len();
        Self { from, answers: Mutex::default(), secrets: Mutex::default() }
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
        let proofs = mails
            .iter()
            .filter_map(|mail| mail.text.split_once("/invite#token="))
            .map(|(_, token)| token.split_whitespace().next().unwrap());
        let (bare, proofs): (Vec<_>, Vec<_>) = proofs.map(|token| token.split_once('.').unwrap()).unzip();
        let mut nowhere = self.secrets.lock().unwrap().clone();
        nowhere.extend([PASSWORD, "$argon2"].into_iter().chain(proofs).map(str::to_owned));
        // Admins may be shown the bare token, and everybody their own address; a log may show neither.
        let addresses = mails.iter().flat_map(|mail| [mail.to.key(), mail.to.as_str()]);
        let not_logged = nowhere.iter().map(String::as_str).chain(addresses).chain(bare);
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner)[self.from..].to_vec();
        assert_eq!(found(not_logged, &log), None, "the log holds it");
        let answers = self.answers.lock().unwrap().join("\n");
        assert_eq!(found(nowhere.iter().map(String::as_str), answers.as_bytes()), None, "an answer holds it");
        for mail in mails {
            assert!(!mail.text.contains(PASSWORD) && !mail.html.contains(PASSWORD), "a mail holds a password");
        }
    }

    /// Writes down which statements have run, for the check that comes after the suite.
    pub(crate) fn note_statements() {
        if let Some(folder) = std::env::var_os("VESTIBULE_STATEMENTS_RUN") {
            let ran: Vec<_> = vestibule_core::db::hooks::statements_run().into_iter().collect();
            let file = std::path::Path::new(&folder).join(format!("{}.txt", std::process::id()));
            std::fs::write(file, ran.join("\n")).unwrap();
        }
    }
}

/// The first of these that stands in a text, in one pass however many there are.
fn found<'a>(sought: impl Iterator<Item = &'a str>, text: &[u8]) -> Option<&'a str> {
    let sought: Vec<_> = sought.collect();
    let finder = aho_corasick::AhoCorasick::new(&sought).unwrap();
    finder.find(text).map(|found| sought[found.pattern().as_usize()])
}

#[test]
fn a_secret_is_found_wherever_it_stands() {
    assert_eq!(found(["one", "secret"].into_iter(), b"a line\nwith a secret in it"), Some("secret"));
    assert_eq!(found(["one", "secret"].into_iter(), b"a line without"), None);
}
