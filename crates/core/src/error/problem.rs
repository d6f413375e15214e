//! The error of commands and queries.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use vestibule_db::ErrorKind;

use super::Code;
use crate::assurance::{Assurance, RequiredAssurance};
use crate::id::ConnectionId;
use crate::password_refusal::PasswordRefusal;
use crate::proof::RequiredProof;

/// The message of an `MFA_REQUIRED` error where no other second factor is enough.
pub(crate) const PASSKEY_REQUIRED: &str = "A passkey is required here. Confirm with yours, or add one in your account.";

impl Code {
    /// This code with a message other than the default one.
    pub fn with_message(self, message: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(vec![(self, message.into())])
    }
}

/// Why a command failed: at least one code with a message for the caller, and optionally a cause for the log.
#[derive(Clone, Debug)]
pub struct Problem {
    errors: Vec<(Code, Cow<'static, str>)>,
    retry_after: Option<Duration>,
    required_proof: Option<RequiredProof>,
    required_assurance: Option<RequiredAssurance>,
    required_connection: Option<ConnectionId>,
    password_refusal: Option<PasswordRefusal>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Problem {
    fn new(errors: Vec<(Code, Cow<'static, str>)>) -> Self {
        Self {
            errors,
            retry_after: None,
            required_proof: None,
            required_assurance: None,
            required_connection: None,
            password_refusal: None,
            source: None,
        }
    }

    /// A defect of the server. The client gets the code `INTERNAL` alone; the log gets `source` and its chain.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::with_source(Code::Internal, source)
    }

    /// A code with its cause for the log.
    pub(crate) fn with_source(code: Code, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..code.into() }
    }

    /// An `INVALID_FIELD` error.
    pub fn field(field: &str, reason: impl fmt::Display) -> Self {
        Code::InvalidField.with_message(format!("{field}: {reason}"))
    }

    /// A `REQUIRED_FIELD` error.
    pub fn required(field: &str) -> Self {
        Code::RequiredField.with_message(format!("{field} is required."))
    }

    /// A `TOO_MANY_REQUESTS` error.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Code::TooManyRequests.into() }
    }

    /// A `REAUTHENTICATION_REQUIRED` error.
    pub(crate) fn reauthentication_required(required_proof: RequiredProof) -> Self {
        let code = Code::ReauthenticationRequired;
        let problem = match required_proof.methods.as_slice() {
            [] => code.with_message("Sign out and sign in again first, to confirm that it is you."),
            _ => code.into(),
        };
        Self { required_proof: Some(required_proof), ..problem }
    }

    /// An `MFA_REQUIRED` error.
    pub(crate) fn mfa_required(required: RequiredAssurance) -> Self {
        let code = Code::MfaRequired;
        let problem = match required.minimum {
            Assurance::PhishingResistant => code.with_message(PASSKEY_REQUIRED),
            Assurance::OneFactor | Assurance::TwoFactors => code.into(),
        };
        Self { required_assurance: Some(required), ..problem }
    }

    /// An `SSO_REQUIRED` error. `connection` is the one to sign in through.
    pub(crate) fn sso_required(connection: ConnectionId) -> Self {
        Self { required_connection: Some(connection), ..Code::SsoRequired.into() }
    }

    /// Several errors in one response. `None` without any code.
    pub fn all(codes: impl IntoIterator<Item = Code>) -> Option<Self> {
        let errors: Vec<_> = codes.into_iter().map(|code| (code, Cow::Borrowed(code.message()))).collect();
        (!errors.is_empty()).then(|| Self::new(errors))
    }

    /// The first code, which determines the status.
    pub fn code(&self) -> Code {
        self.errors.first().map_or(Code::Internal, |(code, _)| *code)
    }

    /// Every code with its message.
    pub fn errors(&self) -> impl ExactSizeIterator<Item = (Code, &str)> {
        self.errors.iter().map(|(code, message)| (*code, message.as_ref()))
    }

    /// How long to wait before the next attempt, for the `Retry-After` header.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What a `REAUTHENTICATION_REQUIRED` error asks for.
    pub fn required_proof(&self) -> Option<&RequiredProof> {
        self.required_proof.as_ref()
    }

    /// What an `MFA_REQUIRED` error asks for.
    pub fn required_assurance(&self) -> Option<&RequiredAssurance> {
        self.required_assurance.as_ref()
    }

    /// The connection that an `SSO_REQUIRED` error asks to sign in through.
    pub fn required_connection(&self) -> Option<ConnectionId> {
        self.required_connection
    }

    /// Why a new password was refused, for the reason in the response and for translations.
    pub fn password_refusal(&self) -> Option<PasswordRefusal> {
        self.password_refusal
    }

    /// The cause and its chain of sources, for the log.
    pub fn cause(&self) -> Option<String> {
        self.source.as_ref().map(|source| chain(source.as_ref()))
    }
}

/// An error and its sources, separated by colons.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

impl From<vestibule_db::Error> for Problem {
    fn from(error: vestibule_db::Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Busy => Code::Busy,
            ErrorKind::Unavailable => Code::Unavailable,
            ErrorKind::DiskFull => Code::StorageFull,
            ErrorKind::OutcomeUnknown => Code::OutcomeUnknown,
            ErrorKind::Internal => Code::Internal,
        };
        Self::with_source(code, error)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        code.with_message(code.message())
    }
}

impl From<PasswordRefusal> for Problem {
    fn from(refusal: PasswordRefusal) -> Self {
        Self { password_refusal: Some(refusal), ..Code::InvalidPassword.with_message(refusal.message()) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (code, message)) in self.errors.iter().enumerate() {
            write!(f, "{}{}: {message}", if index == 0 { "" } else { "; " }, code.as_str())?;
        }
        match self.cause() {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
