//! `/me/passkeys`: the caller's passkeys.

use axum::extract::State;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::Problem;
use vestibule_core::id::PasskeyId;
use vestibule_core::names::PasskeyName;
use vestibule_core::second_factor::{
    BeginPasskeyRegistration, DeletePasskey, FinishPasskeyRegistration, ListPasskeys, RenamePasskey,
    finish_passkey_registration,
};

use super::authenticator::RemovalFields;
use crate::api::credential::{Registration, RegistrationFields};
use crate::api::response::{MessageResponse, PasskeyOptions, PasskeyResponse};
use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields, Path, Query};
use crate::openapi::Enveloped;

/// Lists the caller's passkeys, oldest first.
#[utoipa::path(get, path = "/me/passkeys", operation_id = "list_passkeys", tag = "Me",
    responses((status = 200, description = "The passkeys", body = Enveloped<Vec<PasskeyResponse>>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<Vec<PasskeyResponse>> {
    let passkeys = app.query(&caller, ListPasskeys).await;
    ApiResponse::from(passkeys.map(|passkeys| passkeys.into_iter().map(PasskeyResponse::from).collect()))
}

/// Starts to add a passkey.
///
/// Give `options` to `PublicKeyCredential.parseCreationOptionsFromJSON()`, and that to `navigator.credentials.create()`.
/// The challenge works once, within five minutes. The page must be at the domain `options.rp.id` or below it, and its
/// origin must be that of this server or one in `allowed_origins`. It requires a recent proof of identity: with the
/// second factor, if the user has one.
#[utoipa::path(post, path = "/me/passkeys/register/begin", operation_id = "begin_passkey_registration", tag = "Me",
    responses((status = 200, description = "What to ask the browser for", body = Enveloped<PasskeyOptions>)))]
pub(crate) async fn begin(State(app): State<App>, CurrentCaller(caller): CurrentCaller) -> ApiResponse<PasskeyOptions> {
    let reply = app.run(&caller, BeginPasskeyRegistration).await;
    ApiResponse::from(reply.map(|options| PasskeyOptions::new(&options)))
}

/// The query of a new passkey.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NewPasskeyParams {
    /// What the user calls it. Without a name, it is named after the browser.
    #[param(value_type = Option<String>, max_length = 64, example = "Laptop")]
    name: Option<PasskeyName>,
    /// True to end all other sign-ins of the user.
    #[param(value_type = Option<bool>)]
    sign_out_others: bool,
}

impl FromFields for NewPasskeyParams {
    const ALLOW_UNKNOWN_FIELDS: bool = true;

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let name = fields.text("name")?.filter(|name| !name.trim().is_empty());
        Ok(Self {
            name: name.map(|name| PasskeyName::parse("name", &name)).transpose()?,
            sign_out_others: fields.flag("sign_out_others")?.unwrap_or_default(),
        })
    }
}

/// A passkey that was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedPasskey)]
pub(crate) struct AddedResponse {
    passkey: PasskeyResponse,
}

/// Adds a passkey.
///
/// Send the credential in `credential`, or as the body. The sign-in that makes the call counts as proved with the
/// passkey, and the session token is replaced.
#[utoipa::path(post, path = "/me/passkeys/register/finish",
    operation_id = "finish_passkey_registration", tag = "Me", params(NewPasskeyParams), request_body = RegistrationFields,
    responses((status = 200, description = "Added", body = Enveloped<AddedResponse>)))]
pub(crate) async fn finish(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(params): Query<NewPasskeyParams>,
    Body(Registration(credential)): Body<Registration>,
) -> ApiResponse<AddedResponse> {
    let NewPasskeyParams { name, sign_out_others: signs_out_others } = params;
    let registration = FinishPasskeyRegistration { credential, name, signs_out_others };
    let reply = finish_passkey_registration(app.service(), &caller, registration).await;
    let token = reply.result.as_ref().ok().map(|added| added.token.clone());
    let response = ApiResponse::from(reply.map(|added| AddedResponse { passkey: added.factor.into() }));
    response.with_session_token(&app, token)
}

/// The name of a passkey.
#[derive(Debug, ToSchema)]
#[schema(as = PasskeyChanges)]
pub(crate) struct NameFields {
    #[schema(value_type = String, max_length = 64, example = "Phone")]
    name: PasskeyName,
}

impl FromFields for NameFields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self { name: PasskeyName::parse("name", &fields.required_text("name")?)? })
    }
}

/// Renames one of the caller's passkeys.
#[utoipa::path(patch, path = "/me/passkeys/{id}", operation_id = "rename_passkey", tag = "Me",
    params(("id" = PasskeyId, Path, description = "The passkey")), request_body = NameFields,
    responses((status = 200, description = "Renamed", body = Enveloped<PasskeyResponse>)))]
pub(crate) async fn rename(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((id,)): Path<(PasskeyId,)>,
    Body(NameFields { name }): Body<NameFields>,
) -> ApiResponse<PasskeyResponse> {
    ApiResponse::from(app.run(&caller, RenamePasskey { id, name }).await.map(PasskeyResponse::from))
}

/// Deletes one of the caller's passkeys.
///
/// If it is the last one and the user has no authenticator, their `second_factor_policy` becomes `none`. It requires a
/// recent proof with a second factor.
#[utoipa::path(post, path = "/me/passkeys/{id}/delete", operation_id = "delete_passkey", tag = "Me",
    params(("id" = PasskeyId, Path, description = "The passkey")), request_body = Option<RemovalFields>,
    responses((status = 200, description = "Deleted", body = Enveloped<MessageResponse>)))]
pub(crate) async fn delete(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Path((id,)): Path<(PasskeyId,)>,
    Body(RemovalFields { sign_out_others: signs_out_others }): Body<RemovalFields>,
) -> ApiResponse<MessageResponse> {
    let reply = app.run(&caller, DeletePasskey { id, signs_out_others }).await;
    ApiResponse::from(reply.map(|()| MessageResponse::new("Passkey deleted")))
}
