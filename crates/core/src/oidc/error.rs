//! Why an identity provider cannot be used, or what it has sent is refused.

use std::error::Error;
use std::fmt;

use crate::error::{Code, Problem};
use crate::http_client::HttpError;

/// The kind of a failure. It is all that the admins of a connection are shown besides the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OidcErrorKind {
    /// The issuer is no https URL that requests can be sent to.
    IssuerInvalid,
    DiscoveryUnreachable,
    DiscoveryInvalid,
    /// The discovery document is of another issuer.
    IssuerMismatch,
    KeysUnreachable,
    KeysInvalid,
    TokenUnreachable,
    CodeRefused,
    ClientRefused,
    TokenResponseInvalid,
    IdTokenMissing,
    IdTokenInvalid,
    AlgorithmNotAllowed,
    UnknownKey,
    BadSignature,
    WrongIssuer,
    WrongAudience,
    Expired,
    IssuedInFuture,
    WrongNonce,
    WrongAtHash,
    UserinfoUnreachable,
    UserinfoInvalid,
    /// The profile is of another subject than the ID token.
    UserinfoMismatch,
    SubjectMissing,
    TenantNotAllowed,
    AddressMissing,
}

vestibule_db::text_enum!(
    OidcErrorKind: IssuerInvalid = "issuer_invalid",
    DiscoveryUnreachable = "discovery_unreachable",
    DiscoveryInvalid = "discovery_invalid",
    IssuerMismatch = "issuer_mismatch",
    KeysUnreachable = "keys_unreachable",
    KeysInvalid = "keys_invalid",
    TokenUnreachable = "token_unreachable",
    CodeRefused = "code_refused",
    ClientRefused = "client_refused",
    TokenResponseInvalid = "token_response_invalid",
    IdTokenMissing = "id_token_missing",
    IdTokenInvalid = "id_token_invalid",
    AlgorithmNotAllowed = "algorithm_not_allowed",
    UnknownKey = "unknown_key",
    BadSignature = "bad_signature",
    WrongIssuer = "wrong_issuer",
    WrongAudience = "wrong_audience",
    Expired = "expired",
    IssuedInFuture = "issued_in_future",
    WrongNonce = "wrong_nonce",
    WrongAtHash = "wrong_at_hash",
    UserinfoUnreachable = "userinfo_unreachable",
    UserinfoInvalid = "userinfo_invalid",
    UserinfoMismatch = "userinfo_mismatch",
    SubjectMissing = "subject_missing",
    TenantNotAllowed = "tenant_not_allowed",
    AddressMissing = "address_missing",
);

impl OidcErrorKind {
    /// The code for the person who signs in.
    pub const fn code(self) -> Code {
        match self {
            Self::IssuerInvalid
            | Self::DiscoveryUnreachable
            | Self::DiscoveryInvalid
            | Self::IssuerMismatch
            | Self::KeysUnreachable
            | Self::KeysInvalid
            | Self::TokenUnreachable
            | Self::ClientRefused
            | Self::TokenResponseInvalid
            | Self::UserinfoUnreachable
            | Self::UserinfoInvalid => Code::ProviderUnavailable,
            Self::CodeRefused => Code::InvalidCode,
            Self::IdTokenMissing
            | Self::IdTokenInvalid
            | Self::AlgorithmNotAllowed
            | Self::UnknownKey
            | Self::BadSignature
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::Expired
            | Self::IssuedInFuture
            | Self::WrongNonce
            | Self::WrongAtHash
            | Self::UserinfoMismatch
            | Self::SubjectMissing
            | Self::TenantNotAllowed
            | Self::AddressMissing => Code::InvalidIdentity,
        }
    }

    /// An error of this kind with the rule that was broken.
    pub(super) const fn because(self, rule: &'static str) -> OidcError {
        OidcError { kind: self, rule: Some(rule), source: None }
    }

    /// An error of this kind with the failed request.
    pub(super) const fn caused_by(self, source: HttpError) -> OidcError {
        OidcError { kind: self, rule: None, source: Some(source) }
    }
}

/// A failure. Its text has nothing that a host has sent; its source may name addresses and is for the log only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcError {
    kind: OidcErrorKind,
    rule: Option<&'static str>,
    source: Option<HttpError>,
}

impl OidcError {
    pub const fn kind(&self) -> OidcErrorKind {
        self.kind
    }

    /// The code for the person who signs in.
    pub const fn code(&self) -> Code {
        self.kind.code()
    }

    /// The rule that was broken, for admins.
    pub const fn rule(&self) -> Option<&'static str> {
        self.rule
    }
}

impl From<OidcErrorKind> for OidcError {
    fn from(kind: OidcErrorKind) -> Self {
        Self { kind, rule: None, source: None }
    }
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        Self::with_source(error.code(), error)
    }
}

impl fmt::Display for OidcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "{}: {rule}", self.kind),
            None => f.write_str(self.kind.as_str()),
        }
    }
}

impl Error for OidcError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}
