//! `POST /me/reauthenticate`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::password::Password;
use vestibule_core::proof::ProofMethod;
use vestibule_core::reauthentication::{prove_with_code, prove_with_password, send_code};
use vestibule_core::secret::SubmittedCode;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem, Reply};

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// The password, the code, or the request for a code.
#[derive(Debug, ToSchema)]
#[schema(as = Reauthentication)]
pub(crate) struct Fields {
    /// For an account with a password.
    #[schema(value_type = Option<String>)]
    password: Option<Password>,
    /// `password`, or `email_otp` to have a code mailed to the verified primary address, for an account without a
    /// password.
    #[schema(value_type = Option<String>, example = "email_otp")]
    strategy: Option<ProofMethod>,
    /// The code from the mail.
    #[schema(value_type = Option<String>, example = "042117")]
    code: Option<SubmittedCode>,
    /// The `address` of the `REAUTHENTICATION_REQUIRED` error, which the person was told. With a code, it is the one
    /// that the code was requested with.
    #[schema(value_type = Option<String>, format = Email)]
    address: Option<EmailAddress>,
}

impl FromFields for Fields {
    // REQUIRED_FIELD without any of the three.
    const ERRORS: &[Code] = &[Code::InvalidEmail, Code::RequiredField, Code::UnsupportedStrategy];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let mut text = |name| Ok::<_, Problem>(fields.text(name)?.filter(|text| !text.is_empty()));
        let (password, code, strategy) = (text("password")?, text("code")?, text("strategy")?);
        let address = text("address")?;
        let strategy = match strategy.as_deref().map(str::parse) {
            None => None,
            Some(Ok(strategy @ (ProofMethod::Password | ProofMethod::EmailOtp))) => Some(strategy),
            Some(_) => return Err(Code::UnsupportedStrategy.with_message("strategy is password or email_otp.")),
        };
        Ok(Self {
            password: password.map(Password::from_input),
            strategy,
            code: code.map(|code| SubmittedCode::from_input(&code)),
            address: address.map(|address| EmailAddress::parse(&address)).transpose()?,
        })
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
/// `strategy=email_otp` to have a code mailed to the verified primary address, and then `code`. The session token is
/// replaced. The sign-in does not last longer for it.
#[utoipa::path(post, path = "/me/reauthenticate",
    operation_id = "reauthenticate_user", tag = "Me", request_body = Fields,
    responses((status = 200, description = "Proved, or a code was mailed", body = Enveloped<ReauthenticationResponse>)))]
pub(crate) async fn reauthenticate(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { password, strategy, code, address }): Body<Fields>,
) -> ApiResponse<ReauthenticationResponse> {
    let service = app.service();
    let reply = match (password, code) {
        (Some(password), _) => prove_with_password(service, &caller, password, address).await,
        (None, Some(code)) => prove_with_code(service, &caller, &code).await,
        (None, None) if strategy != Some(ProofMethod::EmailOtp) => Reply::failed(Problem::required("password")),
        (None, None) => {
            let sent = send_code(service, &caller, address).await;
            return ApiResponse::from(sent.map(|()| ReauthenticationResponse { proved: false, valid_until: None }));
        }
    };
    let token = reply.result.as_ref().ok().map(|proved| proved.token.clone());
    let response = |valid_until| ReauthenticationResponse { proved: true, valid_until: Some(valid_until) };
    ApiResponse::from(reply.map(|proved| response(proved.valid_until))).with_session_token(&app, token)
}
