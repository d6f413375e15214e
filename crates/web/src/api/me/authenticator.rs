//! `/me/authenticator`: the caller's authenticator app.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::AuthenticatorId;
use vestibule_core::second_factor::{
    DeleteAuthenticator, NewAuthenticator, StartAuthenticator, VerifyAuthenticator, verify_authenticator,
};
use vestibule_core::secret::SubmittedFactorCode;
use vestibule_core::time::Timestamp;
use vestibule_core::{Code, Problem};

use crate::api::response::{AuthenticatorResponse, MessageResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path};
use crate::openapi::Enveloped;
use crate::qr::qr_svg;

/// The number of codes that prove that an app has the secret.
const CODES: usize = 2;

/// An authenticator with its secret, which is shown here only.
#[derive(Serialize, ToSchema)]
#[schema(as = NewAuthenticator)]
pub(crate) struct NewAuthenticatorResponse {
    id: AuthenticatorId,
    /// The secret with its parameters, as apps read them from a QR code.
    otp_url: String,
    /// The secret in base32, to type into an app that cannot scan.
    totp_secret: String,
    /// The QR code of `otp_url`, as an `<svg>` element.
    qr_svg: String,
    created_at: Timestamp,
}

impl From<NewAuthenticator> for NewAuthenticatorResponse {
    fn from(started: NewAuthenticator) -> Self {
        let NewAuthenticator { id, secret, otp_url, created_at } = started;
        Self { id, qr_svg: qr_svg(&otp_url), otp_url, totp_secret: secret, created_at }
    }
}

/// Starts to set up an authenticator app.
///
/// Show `qr_svg` and `totp_secret`, and verify the authenticator with two codes within an hour. Until then the user signs
/// in as before. A second call replaces an authenticator that was not verified. It requires a recent proof of identity:
/// with the second factor, if the user has one.
#[utoipa::path(post, path = "/me/authenticator", operation_id = "start_authenticator", tag = "Me",
    responses((status = 200, description = "The secret", body = Enveloped<NewAuthenticatorResponse>)))]
pub(crate) async fn start(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<NewAuthenticatorResponse> {
    ApiResponse::from(app.run(&caller, StartAuthenticator).await.map(NewAuthenticatorResponse::from))
}

/// Two codes of a new authenticator.
#[derive(Debug, ToSchema)]
#[schema(as = AuthenticatorCodes)]
pub(crate) struct VerifyFields {
    /// The id from `POST /me/authenticator`.
    #[schema(value_type = String)]
    authenticator_id: AuthenticatorId,
    /// Two codes that the app shows one after the other. Also as one text, separated by a comma.
    #[schema(value_type = Vec<String>, example = json!(["042117", "630018"]))]
    codes: [SubmittedFactorCode; CODES],
    /// True to end all other sign-ins of the user.
    #[schema(value_type = Option<bool>)]
    sign_out_others: bool,
}

impl FromFields for VerifyFields {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidId];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            authenticator_id: fields.required_id("authenticator_id")?,
            codes: codes(fields)?,
            sign_out_others: fields.flag("sign_out_others")?.unwrap_or_default(),
        })
    }
}

fn codes(fields: &mut FieldReader) -> Result<[SubmittedFactorCode; CODES], Problem> {
    let texts = fields.texts("codes")?.filter(|texts| !texts.is_empty()).ok_or_else(|| Problem::required("codes"))?;
    let codes = texts.iter().flat_map(|text| text.split(',')).take(CODES + 1);
    let codes: Vec<_> = codes.map(SubmittedFactorCode::from_input).collect();
    codes.try_into().map_err(|_| Problem::field("codes", "send two codes that the app shows one after the other."))
}

/// Verifies a new authenticator with two consecutive codes.
///
/// From then on, the user signs in with a code of the app too: their `second_factor_policy` becomes `enforced` with the
/// first one. An authenticator that they had before stops working. The sign-in that makes the call counts as proved
/// with two factors, and the session token is replaced.
#[utoipa::path(post, path = "/me/authenticator/attempt-verification",
    operation_id = "verify_authenticator", tag = "Me", request_body = VerifyFields,
    responses((status = 200, description = "Verified", body = Enveloped<AuthenticatorResponse>)))]
pub(crate) async fn verify(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(fields): Body<VerifyFields>,
) -> ApiResponse<AuthenticatorResponse> {
    let VerifyFields { authenticator_id: id, codes, sign_out_others: signs_out_others } = fields;
    let submitted = VerifyAuthenticator { id, codes, signs_out_others };
    let reply = verify_authenticator(app.service(), &caller, submitted).await;
    let token = reply.result.as_ref().ok().map(|added| added.token.clone());
    let response = ApiResponse::from(reply.map(|added| AuthenticatorResponse::from(added.factor)));
    response.with_session_token(&app, token)
}

/// What else a removal does.
#[derive(Debug, ToSchema)]
#[schema(as = FactorRemoval)]
pub(crate) struct RemovalFields {
    /// True to end all other sign-ins of the user.
    #[schema(value_type = Option<bool>)]
    pub(super) sign_out_others: bool,
}

impl FromFields for RemovalFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { sign_out_others: fields.flag("sign_out_others")?.unwrap_or_default() })
    }
}

/// Removes the caller's authenticator.
///
/// The backup codes stop working with it. If the user has no passkey either, their `second_factor_policy` becomes
/// `none`. It requires a recent proof with a second factor.
#[utoipa::path(post, path = "/me/authenticator/{id}/delete", operation_id = "delete_authenticator", tag = "Me",
    params(("id" = AuthenticatorId, Path, description = "The authenticator")), request_body = Option<RemovalFields>,
    responses((status = 200, description = "Deleted", body = Enveloped<MessageResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((id,)): Path<(AuthenticatorId,)>,
    Body(RemovalFields { sign_out_others: signs_out_others }): Body<RemovalFields>,
) -> ApiResponse<MessageResponse> {
    let reply = app.run(&caller, DeleteAuthenticator { id, signs_out_others }).await;
    ApiResponse::from(reply.map(|()| MessageResponse::new("Authenticator deleted")))
}
