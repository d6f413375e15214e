//! `POST /me/reauthenticate` and `POST /me/reauthenticate/passkey/begin`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::assurance::SecondFactorMethod;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::password::Password;
use vestibule_core::proof::ProofMethod;
use vestibule_core::reauthentication::{
    begin_passkey_proof, prove_with_code, prove_with_factor, prove_with_passkey, prove_with_password, send_code,
};
use vestibule_core::secret::{SubmittedCode, SubmittedFactorCode};
use vestibule_core::time::Timestamp;
use vestibule_core::webauthn::AssertionCredential;
use vestibule_core::{Code, Problem, Reply};

use crate::api::credential::Assertion;
use crate::api::response::PasskeyOptions;
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// The password, a code, a passkey, or the request for a code.
#[derive(Debug, ToSchema)]
#[schema(as = Reauthentication)]
pub(crate) struct Fields {
    /// For an account with a password.
    #[schema(value_type = Option<String>)]
    password: Option<Password>,
    /// `password`; `email_otp` to have a code mailed to the verified primary address, for an account without a
    /// password; `authenticator` or `backup_code`, together with `code`; `passkey`, together with `credential`.
    #[schema(value_type = Option<String>, example = "authenticator")]
    strategy: Option<ProofMethod>,
    /// The code from the mail, unless `strategy` is `authenticator` or `backup_code`.
    #[schema(value_type = Option<String>, example = "042117")]
    code: Option<(SubmittedCode, SubmittedFactorCode)>,
    /// What `PublicKeyCredential.toJSON()` returns for the options of `POST /me/reauthenticate/passkey/begin`. In a
    /// form, its text.
    #[schema(value_type = Option<Object>)]
    credential: Option<AssertionCredential>,
    /// The `address` of the `REAUTHENTICATION_REQUIRED` error, which the person was told. With a code, it is the one
    /// that the code was requested with.
    #[schema(value_type = Option<String>, format = Email)]
    address: Option<EmailAddress>,
}

impl FromFields for Fields {
    // REQUIRED_FIELD without any of them.
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::RequiredField, Code::UnsupportedStrategy];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let mut text = |name| Ok::<_, Problem>(fields.text(name)?.filter(|text| !text.is_empty()));
        let (password, code, strategy) = (text("password")?, text("code")?, text("strategy")?);
        let address = text("address")?;
        let credential = Assertion::optional(fields)?;
        Ok(Self {
            password: password.map(Password::from_input),
            strategy: strategy.map(|strategy| parse_strategy(&strategy)).transpose()?,
            code: code.map(|code| (SubmittedCode::from_input(&code), SubmittedFactorCode::from_input(&code))),
            credential,
            address: address.map(|address| EmailAddress::parse(&address)).transpose()?,
        })
    }
}

fn parse_strategy(name: &str) -> Result<ProofMethod, Problem> {
    match name.parse::<ProofMethod>() {
        Ok(ProofMethod::MagicLink | ProofMethod::SignUp | ProofMethod::Impersonation) | Err(()) => {
            let message = "strategy is password, email_otp, authenticator, backup_code or passkey.";
            Err(Code::UnsupportedStrategy.with_message(message))
        }
        Ok(strategy) => Ok(strategy),
    }
}

/// A re-authentication.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReauthenticationResult)]
pub(crate) struct ReauthenticationResponse {
    /// Whether the caller has proved that it is them. False if a code was mailed.
    proved: bool,
    /// Until when the proof is recent enough. `null` if a code was mailed.
    valid_until: Option<Timestamp>,
}

/// Confirms that it is the caller who makes the requests.
///
/// Changes of what opens an account need a sign-in or a re-authentication that is recent: the setting
/// `reauthentication.max_age`, by default 10 minutes. Send `password`. If the account has none, send
/// `strategy=email_otp` to have a code mailed to the verified primary address, and then `code`. Changes of second
/// factors need the second factor, if the user has one: `strategy=authenticator` or `backup_code` with `code`, or a
/// passkey in `credential`. The `methods` of the error say which. The session token is replaced. The sign-in does not
/// last longer for it, but counts as proved with what was sent too.
#[utoipa::path(post, path = "/me/reauthenticate",
    operation_id = "reauthenticate_user", tag = "Me", request_body = Fields,
    responses((status = 200, description = "Proved, or a code was mailed", body = Enveloped<ReauthenticationResponse>)))]
pub(crate) async fn reauthenticate(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { password, strategy, code, credential, address }): Body<Fields>,
) -> ApiResponse<ReauthenticationResponse> {
    let service = app.service();
    let reply = match (credential, password, code) {
        (Some(credential), ..) => prove_with_passkey(service, &caller, credential).await,
        (None, Some(password), _) => prove_with_password(service, &caller, password, address).await,
        (None, None, Some((mailed, factor))) => match strategy {
            Some(ProofMethod::Authenticator) => {
                prove_with_factor(service, &caller, SecondFactorMethod::Authenticator, factor).await
            }
            Some(ProofMethod::BackupCode) => {
                prove_with_factor(service, &caller, SecondFactorMethod::BackupCode, factor).await
            }
            _ => prove_with_code(service, &caller, &mailed).await,
        },
        (None, None, None) if strategy == Some(ProofMethod::EmailOtp) => {
            let sent = send_code(service, &caller, address).await;
            return ApiResponse::from(sent.map(|()| ReauthenticationResponse { proved: false, valid_until: None }));
        }
        (None, None, None) => Reply::failed(Problem::required(match strategy {
            Some(ProofMethod::Authenticator | ProofMethod::BackupCode) => "code",
            Some(ProofMethod::Passkey) => "credential",
            _ => "password",
        })),
    };
    let token = reply.result.as_ref().ok().map(|proved| proved.token.clone());
    let response = |valid_until| ReauthenticationResponse { proved: true, valid_until: Some(valid_until) };
    ApiResponse::from(reply.map(|proved| response(proved.valid_until))).with_session_token(&app, token)
}

/// Starts a re-authentication with a passkey.
///
/// Give `options` to `PublicKeyCredential.parseRequestOptionsFromJSON()`, and that to `navigator.credentials.get()`. The
/// challenge works once, within five minutes.
#[utoipa::path(post, path = "/me/reauthenticate/passkey/begin",
    operation_id = "begin_passkey_reauthentication", tag = "Me",
    responses((status = 200, description = "What to ask the browser for", body = Enveloped<PasskeyOptions>)))]
pub(crate) async fn begin_passkey(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<PasskeyOptions> {
    let reply = begin_passkey_proof(app.service(), &caller).await;
    ApiResponse::from(reply.map(|options| PasskeyOptions::new(&options)))
}
