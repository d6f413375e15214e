//! `GET` and `POST /me/notification-preferences`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::Problem;
use vestibule_core::notification::{NotificationPreferences, ShowPreferences, UpdatePreferences};

use crate::api_response::ApiResponse;
use crate::app::{App, CurrentCaller};
use crate::extract::{Body, FieldReader, FromFields};
use crate::openapi::Enveloped;

/// Which notifications the caller gets by mail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotificationPreferences)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the Frontend API")]
pub(crate) struct PreferencesResponse {
    /// Somebody asks to join an organization whose members the caller manages, or for an invitation to it.
    join_requests: bool,
    /// A request of the caller was approved or denied.
    request_answers: bool,
    /// An invitation that the caller sent was accepted or declined.
    invitation_answers: bool,
    /// An endpoint of webhooks of an organization whose settings the caller manages was disabled because it failed.
    webhook_failures: bool,
}

impl From<NotificationPreferences> for PreferencesResponse {
    fn from(preferences: NotificationPreferences) -> Self {
        let NotificationPreferences { join_requests, request_answers, invitation_answers, webhook_failures } =
            preferences;
        Self { join_requests, request_answers, invitation_answers, webhook_failures }
    }
}

/// The notifications that the caller wants. Absent fields are unchanged.
#[derive(Debug, ToSchema)]
#[schema(as = NotificationPreferencesUpdate)]
pub(crate) struct Fields {
    join_requests: Option<bool>,
    request_answers: Option<bool>,
    invitation_answers: Option<bool>,
    webhook_failures: Option<bool>,
}

impl FromFields for Fields {
    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        Ok(Self {
            join_requests: fields.flag("join_requests")?,
            request_answers: fields.flag("request_answers")?,
            invitation_answers: fields.flag("invitation_answers")?,
            webhook_failures: fields.flag("webhook_failures")?,
        })
    }
}

/// Shows which notifications the caller gets by mail.
#[utoipa::path(get, path = "/me/notification-preferences", operation_id = "show_notification_preferences", tag = "Me",
    responses((status = 200, description = "The preferences", body = Enveloped<PreferencesResponse>)))]
pub(crate) async fn show(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
) -> ApiResponse<PreferencesResponse> {
    ApiResponse::from(app.query(&caller, ShowPreferences).await.map(PreferencesResponse::from))
}

/// Changes which notifications the caller gets by mail.
///
/// Codes, security notices and invitations are always sent.
#[utoipa::path(post, path = "/me/notification-preferences", operation_id = "update_notification_preferences",
    tag = "Me", request_body = Fields,
    responses((status = 200, description = "The preferences", body = Enveloped<PreferencesResponse>)))]
pub(crate) async fn update(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Body(Fields { join_requests, request_answers, invitation_answers, webhook_failures }): Body<Fields>,
) -> ApiResponse<PreferencesResponse> {
    let update = UpdatePreferences { join_requests, request_answers, invitation_answers, webhook_failures };
    ApiResponse::from(app.run(&caller, update).await.map(PreferencesResponse::from))
}
