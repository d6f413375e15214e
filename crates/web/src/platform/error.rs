//! The errors of the API for backends: `{message, errors: [{message, code}]}`.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::{Code, Problem};

use crate::envelope;

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErrorBody)]
pub(crate) struct ErrorBody {
    /// The message of the first error, which some clients show.
    message: String,
    /// At least one.
    errors: Vec<ErrorItem>,
}

/// An error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErrorItem)]
struct ErrorItem {
    /// Meant for people; the wording may change.
    message: String,
    /// Stable and meant for programs.
    code: &'static str,
}

/// The status in this API, where it differs from that of the Frontend API: clients tell errors apart by it.
pub(crate) const fn status(code: Code) -> u16 {
    match code {
        Code::SignInNotFound | Code::RoleNotFound | Code::WorkspaceNotFound | Code::InvitationNotPending => 404,
        Code::EmailExists
        | Code::UsernameExists
        | Code::AlreadyMember
        | Code::InvitationExists
        | Code::DomainExists
        | Code::RoleInUse
        | Code::LastAdmin
        | Code::OrganizationFull
        | Code::RoleLimit
        | Code::RolesPerMember
        | Code::WorkspaceFull
        | Code::WorkspaceLimit
        | Code::WorkspaceIsAssigned
        | Code::InvitationLimit
        | Code::ApiKeyLimit
        | Code::TooManyAddresses
        | Code::EmailIsPrimary
        | Code::NoAlternativeAuthMethod
        | Code::UserDisabled
        | Code::IdempotencyKeyReused
        | Code::IdempotentAnswerLost => 409,
        _ => code.status(),
    }
}

/// The message of an error, in this API: the default messages of some codes address the user who is concerned, or an
/// operator.
pub(crate) fn message(code: Code, text: &str) -> &str {
    if text != code.message() {
        return text;
    }
    match code {
        Code::EmailExists => {
            "A user has this email address already. It is theirs, because it was proved or vouched for."
        }
        Code::EmailAddressNotFound => "This user has no such email address.",
        Code::EmailIsPrimary => "This is the primary address of the user. Make another one primary first.",
        Code::EmailNotVerified => "This address is not verified. Send verified as true if you vouch for it.",
        Code::NoAlternativeAuthMethod => "Without a password this user could not sign in any more.",
        Code::TooManyAddresses => "A user can have at most ten email addresses. Delete one first.",
        Code::SignInNotFound => "This user has no such sign-in. It may have ended.",
        Code::UserNotFound => "There is no such user.",
        Code::OrganizationNotFound => "There is no such organization, or not for this API key.",
        Code::ApiKeyNotFound => "There is no such API key, or not for this one.",
        _ => text,
    }
}

/// Returns the response of a problem. Its cause is logged and not part of the response.
pub(super) fn response(problem: &Problem) -> Response {
    let code = problem.code();
    if let Some(cause) = problem.cause() {
        tracing::error!(code = code.as_str(), cause, "request failed");
    }
    let errors: Vec<_> = problem
        .errors()
        .map(|(code, text)| ErrorItem { message: message(code, text).to_owned(), code: code.as_str() })
        .collect();
    let message = errors.first().map_or_else(String::new, |error| error.message.clone());
    let status = StatusCode::from_u16(status(code)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(ErrorBody { message, errors })).into_response();
    if let Some(value) = envelope::retry_after(problem) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3.
        let challenge = header::HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
