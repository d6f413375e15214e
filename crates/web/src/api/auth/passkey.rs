//! `POST /auth/passkey/login/begin` and `POST /auth/passkey/login/finish`

use axum::extract::State;
use vestibule_core::sign_in::{begin_passkey_sign_in, with_passkey};

use crate::api::credential::{Assertion, AssertionFields};
use crate::api::response::{PasskeyOptions, SessionResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::Body;
use crate::openapi::Enveloped;

/// Starts a sign-in with a passkey.
///
/// Give `options` to `PublicKeyCredential.parseRequestOptionsFromJSON()`, and that to `navigator.credentials.get()`, also
/// with `mediation: "conditional"` for the list of saved accounts of the browser. The browser offers the passkeys that
/// the person has, so the call takes no address, and ignores `identifier`: the response reveals nothing of any account.
/// The challenge works once, within five minutes, in the same session. The page must be at the domain `options.rpId` or
/// below it, and its origin must be that of this server or one in `allowed_origins`.
#[utoipa::path(post, path = "/auth/passkey/login/begin", operation_id = "begin_passkey_sign_in", tag = "Auth",
    responses((status = 200, description = "What to ask the browser for", body = Enveloped<PasskeyOptions>)))]
pub(crate) async fn begin(State(app): State<App>, CurrentCaller(caller): CurrentCaller) -> ApiResponse<PasskeyOptions> {
    let reply = begin_passkey_sign_in(app.service(), &caller).await;
    let token = reply.result.as_ref().ok().and_then(|begun| begun.token.clone());
    ApiResponse::from(reply.map(|begun| PasskeyOptions::new(&begun.options))).with_session_token(&app, token)
}

/// Signs in with a passkey.
///
/// A passkey with user verification counts as two factors, so the sign-in needs no other factor. It also completes a sign-in
/// that waits for the second factor. Send the credential in `credential`, as the body, or as flat form fields. After
/// `PASSKEY_NOT_FOUND`, `PublicKeyCredential.signalUnknownCredential()` makes the browser offer the passkey no longer.
#[utoipa::path(post, path = "/auth/passkey/login/finish",
    operation_id = "finish_passkey_sign_in", tag = "Auth", request_body = AssertionFields,
    responses((status = 200, description = "Signed in", body = Enveloped<SessionResponse>)))]
pub(crate) async fn finish(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Assertion(credential)): Body<Assertion>,
) -> ApiResponse<SessionResponse> {
    ApiResponse::from_sign_in(&app, with_passkey(app.service(), &caller, credential).await)
}
