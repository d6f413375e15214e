//! What the service counts for its metrics. Each executor has its own counters.
//!
//! The labels are enums: their values are known when the service is compiled, so no request can make a new series.

use vestibule_db::label;

use crate::error::Code;
use crate::security_log::{Authentication, Outcome};

pub use vestibule_db::metrics::{Counter, Counters, Histogram, HistogramSnapshot, Label, PoolStatus};

/// The counters of a service.
#[derive(Debug, Default)]
pub struct Metrics {
    /// The statements of operations that have ended.
    pub statements: Counter,
    /// Transactions that were run again.
    pub retries: Counter,
    /// Attempts of transactions on PostgreSQL that failed, also if a later one succeeded.
    pub transaction_failures: Counters<TransactionFailure>,
    pub authentications: Authentications,
    pub rate_limit_refusals: Counters<RateLimit>,
    pub api_key_refusals: Counters<ApiKeyRefusal>,
    pub mail_attempts: Counters<MailAttempt>,
    pub webhook_attempts: Counters<WebhookAttempt>,
}

label! {
    /// Why an attempt of a transaction failed.
    pub enum TransactionFailure {
        /// Also a deadlock.
        Serialization = "serialization_failure",
        Constraint = "constraint_violation",
        ConnectionLost = "connection_lost",
        /// The server refused temporarily.
        Transient = "transient",
        Unreachable = "unreachable",
        PoolExhausted = "pool_exhausted",
        DiskFull = "disk_full",
        OutcomeUnknown = "outcome_unknown",
        Internal = "internal",
    }
}

label! {
    /// What a rate limit limits.
    pub enum RateLimit {
        /// Sign-ins by password.
        SignIn = "sign_in",
        SignUp = "sign_up",
        /// The caller's own password, again.
        Password = "password",
        /// Mailed codes.
        Code = "code",
        /// Codes of authenticators, and backup codes.
        SecondFactor = "second_factor",
        /// Mails with a code or link.
        CodeMail = "code_mail",
        Challenge = "challenge",
        /// Invitations of one organization, inviter or network.
        Invitation = "invitation",
        /// Invitations to one address.
        Recipient = "recipient",
        BulkRows = "bulk_rows",
        Organization = "organization",
        Workspace = "workspace",
        Role = "role",
        Domain = "domain",
        DomainLookup = "domain_lookup",
        /// Tests of connections to identity providers.
        ConnectionTest = "connection_test",
        /// Openings of one setup link.
        SetupLink = "setup_link",
        EmailAddress = "email_address",
        JoinRequest = "join_request",
        Upload = "upload",
        /// Tests of webhooks, and webhooks that are sent again.
        WebhookReplay = "webhook_replay",
        /// Requests of one API key.
        ApiKey = "api_key",
    }
}

label! {
    /// Why a request with an API key was refused.
    pub enum ApiKeyRefusal {
        Invalid = "invalid",
        ScopeMissing = "scope_missing",
        /// It would have given another key more than it has.
        ExceedsOwn = "exceeds_own",
        RateLimited = "rate_limited",
        /// It was sent to the public address.
        WrongListener = "wrong_listener",
    }
}

impl ApiKeyRefusal {
    /// `None` for codes that are not about the key. Refusals for the rate are counted where they are made.
    pub fn from_code(code: Code) -> Option<Self> {
        match code {
            Code::ApiKeyInvalid => Some(Self::Invalid),
            Code::ScopeMissing => Some(Self::ScopeMissing),
            Code::KeyExceedsYours => Some(Self::ExceedsOwn),
            Code::ApiKeyNotAccepted => Some(Self::WrongListener),
            _ => None,
        }
    }
}

label! {
    /// What became of one attempt to send a mail.
    pub enum MailAttempt {
        Sent = "sent",
        /// The mail was obsolete.
        Skipped = "skipped",
        /// It failed, and there is another attempt.
        Deferred = "deferred",
        /// It failed, and was the last.
        Failed = "failed",
    }
}

label! {
    /// What became of one attempt to deliver a webhook.
    pub enum WebhookAttempt {
        Delivered = "delivered",
        Failed = "failed",
    }
}

label! {
    /// A pool of background threads.
    pub enum Pool {
        PasswordHashing = "password_hashing",
        ImageDecoding = "image_decoding",
    }
}

/// Proofs of identity, by their kind and outcome.
#[derive(Debug)]
pub struct Authentications(Vec<(Authentication, Counters<Outcome>)>);

impl Default for Authentications {
    fn default() -> Self {
        Self(Authentication::ALL.iter().map(|kind| (*kind, Counters::default())).collect())
    }
}

impl Authentications {
    pub(crate) fn increment(&self, kind: Authentication, outcome: Outcome) {
        if let Some((_, outcomes)) = self.0.get(kind as usize) {
            outcomes.increment(outcome);
        }
    }

    /// Every kind and outcome with its count.
    pub fn values(&self) -> impl Iterator<Item = (Authentication, Outcome, u64)> {
        self.0.iter().flat_map(|(kind, outcomes)| outcomes.values().map(|(outcome, count)| (*kind, outcome, count)))
    }
}

/// Look-ups in a cache.
#[derive(Debug, Default)]
pub struct CacheMetrics {
    /// Look-ups that found a current entry.
    pub hits: Counter,
    /// All others, also those that found an outdated entry.
    pub misses: Counter,
    /// Entries that were found to be outdated.
    pub invalidations: Counter,
}

impl CacheMetrics {
    /// Counts a look-up that found an outdated entry.
    pub fn outdated(&self) {
        self.invalidations.increment();
        self.misses.increment();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authentications_count_the_kind_and_the_outcome() {
        let authentications = Authentications::default();
        for kind in Authentication::ALL {
            authentications.increment(*kind, Outcome::Refused);
        }
        for (kind, outcome, count) in authentications.values() {
            assert_eq!(count, u64::from(outcome == Outcome::Refused), "{kind:?} {outcome:?}");
        }
        assert_eq!(authentications.values().count(), Authentication::ALL.len() * Outcome::ALL.len());
    }
}
